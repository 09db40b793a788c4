// AVX-512: sixteen floats. Included inside a tier's namespace.

constexpr int LANES = 16;
typedef float Vec __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));

inline Vec fused(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
// With a mask of all lanes, which costs nothing: GCC 12 warns of the plain form (its bug 105593).
inline Vec larger(Vec a, Vec b) { return _mm512_mask_max_ps(a, 0xffff, a, b); }
inline void halves(Vec v, __m256 (&parts)[2]) { std::memcpy(parts, &v, sizeof v); }
inline float sum_of(Vec v) {
    __m256 parts[2];
    halves(v, parts);
    const __m256 eight = _mm256_add_ps(parts[0], parts[1]);
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}
inline float largest_of(Vec v) {
    __m256 parts[2];
    halves(v, parts);
    const __m256 eight = _mm256_max_ps(parts[0], parts[1]);
    __m128 top = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    top = _mm_max_ps(top, _mm_movehl_ps(top, top));
    return _mm_cvtss_f32(_mm_max_ss(top, _mm_movehdup_ps(top)));
}
