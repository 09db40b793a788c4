// The greatest number in each column of a product, for runs of its rows, as column_peaks.hpp has it, but products of bytes
// come first: they bound the true ones, and only what might be greater than what is known is made from floats.
// Included inside a tier's namespace, behind byte_tile.hpp.

// Which of LANES numbers are above the others, a bit each.
inline uint32_t above(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }

// The products of two rows of numbers, summed up; always in the same order.
inline float dot(const float* a, const float* b, int64_t count) {
    Vec sums[4] = {};
    int64_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES)
        for (int v = 0; v < 4; ++v) sums[v] = fused(load(a + i + v * LANES), load(b + i + v * LANES), sums[v]);
    for (; i + LANES <= count; i += LANES) sums[0] = fused(load(a + i), load(b + i), sums[0]);
    float rest = 0;
    for (; i < count; ++i) rest += a[i] * b[i];
    return sum_of((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}

// Raises peaks[t * PANEL + c] to the greatest of rows [indptr[t], indptr[t + 1]) times the panel's column c where that is
// greater. Row indptr[0] is the first of `rows`, of its codes and of its bounds.
inline void bounded_peaks(const BoundedRows& rows, const int64_t* indptr, int64_t runs, const BoundedLayer& layer,
                          int64_t panel, float* peaks) {
    const int64_t width = layer.bytes.inputs, quads = padded_to_quad(width) / 4, first_column = panel * PANEL;
    const float* const weights = layer.weights + first_column * width;
    const int8_t* const bytes = byte_panel(layer.bytes, panel);
    alignas(64) int32_t sums[ROWS * COLUMNS];
    for (int64_t column = 0; column < PANEL; column += COLUMNS) {
        const int64_t at = first_column + column;
        Vec scales[VECS], totals[VECS], misses[VECS], norms[VECS];
        for (int v = 0; v < VECS; ++v) {
            scales[v] = load(layer.bytes.scales + at + v * LANES);
            totals[v] = scales[v] * load(layer.bytes.sums + at + v * LANES);
            misses[v] = load(layer.misses + at + v * LANES);
            norms[v] = load(layer.norms + at + v * LANES);
        }
        for (int64_t t = 0; t < runs; ++t) {
            float* const known = peaks + t * PANEL + column;
            const int64_t begin = indptr[t] - indptr[0], end = indptr[t + 1] - indptr[0];
            const int64_t tiles = (end - begin + ROWS - 1) / ROWS;
            for (int64_t i = 0; i < tiles; ++i) {
                const int64_t row = begin + (end - begin) * i / tiles;
                const int count = int(begin + (end - begin) * (i + 1) / tiles - row);
                BYTE_TILES[size_t(count - 1)](rows.codes.codes + row * rows.codes.stride, rows.codes.stride,
                                              bytes + column * 4, quads, sums);
                // Row by row only where any of the rows might matter.
                const auto most = [&](int r, int v) {
                    const ByteRange range = rows.codes.ranges[row + r];
                    const RowBound bound = rows.bounds[row + r];
                    Ints whole;
                    std::memcpy(&whole, sums + r * COLUMNS + v * LANES, sizeof whole);
                    Vec sum = fused(misses[v], every(bound.norm), norms[v] * every(bound.miss));
                    sum = fused(totals[v], every(range.low), sum);
                    return fused(scales[v] * every(range.step), __builtin_convertvector(whole, Vec), sum);
                };
                Vec tops[VECS];
                for (int v = 0; v < VECS; ++v) tops[v] = most(0, v);
                for (int r = 1; r < count; ++r)
                    for (int v = 0; v < VECS; ++v) tops[v] = larger(tops[v], most(r, v));
                for (int v = 0; v < VECS; ++v) {
                    if (!above(tops[v], load(known + v * LANES))) continue;
                    for (int r = 0; r < count; ++r) {
                        uint32_t open = above(most(r, v), load(known + v * LANES));
                        for (; open; open &= open - 1) {
                            const int c = v * LANES + __builtin_ctz(open);
                            const float product =
                                dot(rows.floats + (row + r) * width, weights + (column + c) * width, width);
                            known[c] = std::max(known[c], product);
                        }
                    }
                }
            }
        }
    }
}
