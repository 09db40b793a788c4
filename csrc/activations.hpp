// What stands between a transformer's two wide linear layers. Included inside a tier's namespace.

// x times the normal distribution function, with an error below 1.6e-7 of max(1, |x|). That function less a half, divided
// by x, is a polynomial in x^2 here: the best of its degree for |x| <= 5.5, fitted to erf by reweighted least squares at
// Chebyshev's nodes, in t = 2 (x / 5.5)^2 - 1 so that its terms stay small. Beyond 5.5 the function is 0 or 1.
inline Vec gelu(Vec x) {
    constexpr float LIMIT = 5.5f;
    static constexpr float TERMS[] = {
        -0.000201104704f, 0.000605709327f, -0.000646414352f, 0.00080267404f, -0.00226540747f, 0.00451937364f,
        -0.00691989809f, 0.0102899875f, -0.0149649587f, 0.0203454867f, -0.0260540619f, 0.0320729986f,
        -0.038792368f, 0.0477374829f, -0.0641723499f, 0.12855193f};
    const Vec t = fused(x * x, every(2 / (LIMIT * LIMIT)), every(-1.0f));
    // Even and odd powers apart, so that fewer steps wait for one another.
    const Vec square = t * t;
    Vec even = every(TERMS[1]), odd = every(TERMS[0]);
    for (size_t i = 2; i < std::size(TERMS); i += 2) {
        odd = fused(odd, square, every(TERMS[i]));
        even = fused(even, square, every(TERMS[i + 1]));
    }
    const Vec sum = fused(odd, t, even);
    const Vec inside = x * fused(x, sum, every(0.5f));
    const Vec tail = x < every(-LIMIT) ? Vec{} : inside;
    return x > every(LIMIT) ? x : tail;
}

// GELU by way of tanh, Hendrycks & Gimpel 2016: x (1 + tanh u) / 2 = x / (1 + e^(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3).
inline Vec gelu_tanh(Vec x) {
    const Vec exponent = every(-2.30220819f) * fused(every(0.044715f) * x * x, x, x);  // of 2: -2 sqrt(2 / pi) / log(2)
    const Vec quotient = x / (every(1.0f) + two_to_the(exponent));
    return exponent > every(126.0f) ? Vec{} : quotient;
}

inline Vec relu(Vec x) { return larger(x, Vec{}); }

// A function, over `rows` rows of `width` numbers, a multiple of LANES.
template <Vec (*F)(Vec)> void each(float* values, int rows, int width, int64_t stride) {
    for (int row = 0; row < rows; ++row)
        for (int i = 0; i < width; i += LANES) store(values + row * stride + i, F(load(values + row * stride + i)));
}

inline void activate(Activation activation, float* values, int rows, int width, int64_t stride) {
    switch (activation) {
        case Activation::NONE: break;
        case Activation::GELU: each<gelu>(values, rows, width, stride); break;
        case Activation::GELU_TANH: each<gelu_tanh>(values, rows, width, stride); break;
        case Activation::RELU: each<relu>(values, rows, width, stride); break;
    }
}

// values *= factors.
inline void times(float* values, const float* factors, int64_t count) {
    const int64_t whole = count - count % LANES;
    for (int64_t i = 0; i < whole; i += LANES) store(values + i, load(values + i) * load(factors + i));
    for (int64_t i = whole; i < count; ++i) values[i] *= factors[i];
}
