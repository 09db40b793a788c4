// The registers that every machine of the compiler's target has. Included inside a tier's namespace.

constexpr int LANES = 4;
typedef float Vec __attribute__((vector_size(16)));
typedef int32_t Ints __attribute__((vector_size(16)));
typedef int16_t Shorts __attribute__((vector_size(16)));

#if defined(__ARM_NEON)
inline Vec fused(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
#else
inline Vec fused(Vec a, Vec b, Vec c) { return a * b + c; }
#endif
inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }
inline float sum_of(Vec v) { return (v[0] + v[1]) + (v[2] + v[3]); }
inline float largest_of(Vec v) { return std::max(std::max(v[0], v[1]), std::max(v[2], v[3])); }
// Products of 16-bit numbers, summed two by two.
inline Ints pair_products(Shorts a, Shorts b) {
#if defined(__x86_64__)
    return Ints(_mm_madd_epi16(__m128i(a), __m128i(b)));
#else
    Ints sums;
    for (int i = 0; i < LANES; ++i) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
    return sums;
#endif
}
