// Loads, sums and elementary functions of a tier's registers. Included inside a tier's namespace, behind its vec_*.hpp.

inline Vec load(const float* from) {
    Vec v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
inline void store(float* to, Vec v) { std::memcpy(to, &v, sizeof v); }
inline Vec every(float value) { return value - Vec{}; }
inline Ints bits_of(Vec v) { return Ints(v); }
inline Vec from_bits(Ints v) { return Vec(v); }

// 0, 1, 2 and so on.
inline Ints lane_numbers() {
    Ints lanes;
    for (int i = 0; i < LANES; ++i) lanes[i] = i;
    return lanes;
}

// f(Vec) over whole registers of `count` numbers from `from` to `to`, f(float) over the rest.
template <class F> void each_number(const float* from, float* to, int64_t count, F&& f) {
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) store(to + i, f(load(from + i)));
    for (; i < count; ++i) to[i] = f(from[i]);
}

// 2^x to 8e-8 of itself for x from -126 to 127; smaller x count as -126.
inline Vec two_to_the(Vec x) {
    // The best polynomial of its degree for 2^x, |x| <= 1/2, relative to it; fitted at Chebyshev's nodes.
    static constexpr float TERMS[] = {0.000153458066f, 0.00133999309f, 0.00961848907f, 0.0555032864f,
                                      0.240226462f,    0.693147182f,   1.0f};
    const Vec magic = every(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number, in the low bits
    x = larger(x, every(-126.0f));
    const Vec shifted = x + magic;
    const Vec rest = x - (shifted - magic);
    // By halves (Estrin), so that fewer steps wait for one another.
    const Vec square = rest * rest;
    const Vec low = fused(rest, every(TERMS[5]), every(TERMS[6])), middle = fused(rest, every(TERMS[3]), every(TERMS[4]));
    const Vec high = fused(square, every(TERMS[0]), fused(rest, every(TERMS[1]), every(TERMS[2])));
    const Vec sum = fused(square, fused(square, high, middle), low);
    return from_bits(bits_of(sum) + (bits_of(shifted) << 23));
}
