// LayerNorm (Ba et al. 2016, arXiv 1607.06450) of a sum. Included inside a tier's namespace.

// out[r] = LayerNorm(given[r] + other[r]) for rows that begin `stride` apart; `out` may be one of the others.
inline void add_and_normalise(const float* given, const float* other, float* out, int64_t rows, int64_t stride,
                              const Norm& norm) {
    const int64_t width = norm.width, whole = width - width % LANES;
    for (int64_t row = 0; row < rows; ++row, given += stride, other += stride, out += stride) {
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
    }
}
