// The greatest number in each column of a product, for runs of its rows; the product itself never leaves the registers.
// Included inside a tier's namespace, behind matrix_tile.hpp.

// peaks[c] = max(peaks[c], left[r] . right[c] over R rows), for COLUMNS columns.
template <int R>
void peak_tile(const float* left, int64_t left_stride, const float* right, int64_t depth, float* peaks, Ahead ahead) {
    multiply<R>(left, left_stride, right, depth, nullptr, ahead, [&](const Vec (&sums)[R][VECS]) {
#pragma GCC unroll 2
        for (int v = 0; v < VECS; ++v) {
            Vec top = load(peaks + v * LANES);
#pragma GCC unroll 14
            for (int r = 0; r < R; ++r) top = larger(top, sums[r][v]);
            store(peaks + v * LANES, top);
        }
    });
}

using PeakTile = void (*)(const float*, int64_t, const float*, int64_t, float*, Ahead);

template <int... R> constexpr std::array<PeakTile, sizeof...(R)> peak_tiles_of(std::integer_sequence<int, R...>) {
    return {peak_tile<R + 1>...};
}
constexpr auto PEAK_TILES = peak_tiles_of(std::make_integer_sequence<int, ROWS>());

// peaks[t * PANEL + c] = the greatest of rows [indptr[t], indptr[t + 1]) of left, times the panel's column c, for each run
// of rows t; -infinity for a run without any. Row indptr[0] is left's first. Meanwhile the next panel is fetched.
inline void column_peaks(const float* left, const int64_t* indptr, int64_t runs, const Linear& layer, int64_t panel,
                         float* peaks) {
    const float* const weights = layer.weights + panel * PANEL * layer.inputs;
    std::fill(peaks, peaks + runs * PANEL, -std::numeric_limits<float>::infinity());
    int64_t tiles = 0;
    for (int64_t t = 0; t < runs; ++t) tiles += (indptr[t + 1] - indptr[t] + ROWS - 1) / ROWS;
    tiles = std::max<int64_t>(1, tiles * (PANEL / COLUMNS));
    const int64_t step = (PANEL * int64_t(sizeof(float)) + tiles - 1) / tiles;
    Ahead ahead{reinterpret_cast<const char*>(weights + PANEL * layer.inputs), step};
    for (int64_t column = 0; column < PANEL; column += COLUMNS)
        for (int64_t t = 0; t < runs; ++t)
            row_tiles(indptr[t + 1] - indptr[t], [&](int64_t row, int count) {
                const float* const from = left + (indptr[t] - indptr[0] + row) * layer.inputs;
                PEAK_TILES[size_t(count - 1)](from, layer.inputs, weights + column, layer.inputs,
                                              peaks + t * PANEL + column, ahead);
                ahead.from += step * layer.inputs;
            });
}
