// LayerNorm (Ba et al. 2016, arXiv 1607.06450) of a sum. Included inside a tier's namespace.

// out = LayerNorm(given + other), where `out` may be one of the others; returns what it scales by before its weight.
inline float normalise_sum(const float* given, const float* other, float* out, const Norm& norm) {
    const int64_t width = norm.width, whole = width - width % LANES;
    Vec sums{};
    float rest = 0;
    for (int64_t i = 0; i < whole; i += LANES) {
        const Vec value = load(given + i) + load(other + i);
        store(out + i, value);
        sums += value;
    }
    for (int64_t i = whole; i < width; ++i) rest += out[i] = given[i] + other[i];
    const float mean = (sum_of(sums) + rest) / float(width);
    Vec squares{};
    rest = 0;
    for (int64_t i = 0; i < whole; i += LANES) {
        const Vec off = load(out + i) - every(mean);
        squares = fused(off, off, squares);
    }
    for (int64_t i = whole; i < width; ++i) rest += (out[i] - mean) * (out[i] - mean);
    const float scale = 1 / std::sqrt((sum_of(squares) + rest) / float(width) + norm.epsilon);
    for (int64_t i = 0; i < whole; i += LANES) {
        const Vec off = (load(out + i) - every(mean)) * every(scale);
        store(out + i, fused(off, load(norm.weight + i), load(norm.bias + i)));
    }
    for (int64_t i = whole; i < width; ++i) out[i] = (out[i] - mean) * scale * norm.weight[i] + norm.bias[i];
    return scale;
}

// The same for rows that begin `stride` apart.
inline void add_and_normalise(const float* given, const float* other, float* out, int64_t rows, int64_t stride,
                              const Norm& norm) {
    for (int64_t row = 0; row < rows; ++row) normalise_sum(given + row * stride, other + row * stride, out + row * stride, norm);
}

// A token's LayerNorm, and what a layer makes of it (first_layer.hpp): `width` numbers, a multiple of LANES.
inline void embed(const Embedding& word, const Embedding& position, const Norm& norm, const float* shift, int64_t width,
                  float* hidden, float* out) {
    const Vec scale = every(normalise_sum(word.components, position.components, hidden, norm));
    for (int64_t i = 0; i < width; i += LANES)
        store(out + i, fused(load(word.products + i) + load(position.products + i), scale, load(shift + i)));
}
