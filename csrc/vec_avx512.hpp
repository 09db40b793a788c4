// AVX-512: sixteen floats. Included inside a tier's namespace.

constexpr int LANES = 16;
typedef float Vec __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));

inline Vec fused(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
// With a mask of all lanes, which costs nothing: GCC 12 warns of the plain form (its bug 105593).
inline Vec larger(Vec a, Vec b) { return _mm512_mask_max_ps(a, 0xffff, a, b); }
