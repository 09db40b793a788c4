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

inline float sum_of(Vec v) {
    float lanes[LANES];
    store(lanes, v);
    for (int width = LANES / 2; width; width /= 2)
        for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
    return lanes[0];
}

inline float largest_of(Vec v) {
    float lanes[LANES];
    store(lanes, v);
    return *std::max_element(lanes, lanes + LANES);
}

// e^x to 1.2e-7 of itself for x from -87 to 88; smaller x count as -87.
inline Vec exponential(Vec x) {
    const Vec magic = every(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number, in the low bits
    x = larger(x, every(-87.0f));
    const Vec shifted = fused(x, every(1.44269504f), magic);
    const Vec whole = shifted - magic;
    // x - whole * log(2), the logarithm in two parts
    Vec rest = fused(whole, every(-0.693359375f), x);
    rest = fused(whole, every(2.12194440e-4f), rest);
    // Taylor's series: the last term is below 2^-24 of the whole for |rest| <= log(2) / 2
    Vec sum = every(1.0f / 5040);
    sum = fused(sum, rest, every(1.0f / 720));
    sum = fused(sum, rest, every(1.0f / 120));
    sum = fused(sum, rest, every(1.0f / 24));
    sum = fused(sum, rest, every(1.0f / 6));
    sum = fused(sum, rest, every(0.5f));
    sum = fused(sum, rest, every(1.0f));
    sum = fused(sum, rest, every(1.0f));
    return from_bits(bits_of(sum) + ((bits_of(shifted) - bits_of(magic)) << 23));
}
