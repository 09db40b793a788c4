// Products of matrices, a tile at a time: a tile of the result stays in registers while the factors go by. Each of its
// numbers is a bias and then products added one after another, so that it depends neither on how many rows there are nor
// on which of them this is. Included inside a tier's namespace.

constexpr int VECS = 2;  // registers across a tile
constexpr int COLUMNS = VECS * LANES;
// AVX-512 has 32 registers, the others 16: sums, VECS of one factor, one of the other.
constexpr int ROWS = LANES == 16 ? 14 : 6;
static_assert(PANEL % COLUMNS == 0, "a panel is cut into whole tiles");

// What a tile asks the second-level cache to fetch meanwhile: `step` bytes from `from` for each product of a number.
struct Ahead {
    const char* from = nullptr;
    int64_t step = 0;
};

// f(row, register) for each register of a tile of R rows.
template <int R, class F> [[gnu::always_inline]] inline void each_register(F&& f) {
#pragma GCC unroll 14
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < VECS; ++v) f(r, v);
}

// A tile's right factor where it lies: rows of a panel.
struct Columns {
    const float* from;

    void ask(int64_t k) const {
        // Asking for what is past the end of memory does nothing.
        __builtin_prefetch(from + (k + 8) * PANEL);
        if (COLUMNS * sizeof(float) > 64) __builtin_prefetch(from + (k + 8) * PANEL + 16);
    }
    Vec operator()(int64_t k, int v) const { return load(from + k * PANEL + v * LANES); }
};

// sums[r] += sum over k of left[r][k] * right[k] for R rows and COLUMNS columns, in registers; right(k, v) is a register.
template <int R, class Right>
[[gnu::always_inline]] inline void accumulate(Vec (&sums)[R][VECS], const float* left, int64_t left_stride, const Right& right,
                                              int64_t depth, Ahead ahead) {
    // An address for each three rows, the others by the stride: one each would not fit the registers.
    constexpr int BASES = (R + 2) / 3;
    const float* bases[BASES];
    for (int i = 0; i < BASES; ++i) bases[i] = left + 3 * i * left_stride;
    for (int64_t k = 0; k < depth; ++k) {
        right.ask(k);
        __builtin_prefetch(ahead.from, 0, 2);
        __builtin_prefetch(ahead.from + (ahead.step > 64 ? 64 : 0), 0, 2);
        ahead.from += ahead.step;
        Vec columns[VECS];
#pragma GCC unroll 2
        for (int v = 0; v < VECS; ++v) columns[v] = right(k, v);
#pragma GCC unroll 14
        for (int r = 0; r < R; ++r) {
            const Vec factor = every(bases[r / 3][r % 3 * left_stride]);
#pragma GCC unroll 2
            for (int v = 0; v < VECS; ++v) sums[r][v] = fused(factor, columns[v], sums[r][v]);
        }
#pragma GCC unroll 5
        for (int i = 0; i < BASES; ++i) ++bases[i];
    }
}

// Passes sums[r][v] to `finish`: start + sum over k of left[r][k] * right[k]; `start` null is zeros.
template <int R, class Finish>
[[gnu::always_inline]] inline void multiply(const float* left, int64_t left_stride, const float* right, int64_t depth,
                                            const float* start, Ahead ahead, Finish&& finish) {
    Vec sums[R][VECS];
    each_register<R>([&](int r, int v) { sums[r][v] = start ? load(start + v * LANES) : Vec{}; });
    accumulate<R>(sums, left, left_stride, Columns{right}, depth, ahead);
    finish(sums);
}

// out[r][c] = start[c] + sum over k of left[r][k] * right[k][c].
template <int R>
void tile(const float* left, int64_t left_stride, const float* right, int64_t depth, const float* start, float* out,
          int64_t out_stride, Ahead ahead) {
    multiply<R>(left, left_stride, right, depth, start, ahead, [&](Vec (&sums)[R][VECS]) {
        each_register<R>([&](int r, int v) { store(out + r * out_stride + v * LANES, sums[r][v]); });
    });
}

using Tile = void (*)(const float*, int64_t, const float*, int64_t, const float*, float*, int64_t, Ahead);

template <int... R> constexpr std::array<Tile, sizeof...(R)> tiles_of(std::integer_sequence<int, R...>) {
    return {tile<R + 1>...};
}
// TILES[r - 1] makes r rows.
constexpr auto TILES = tiles_of(std::make_integer_sequence<int, ROWS>());

// Calls f(first, rows) for runs of at most ROWS rows, as even as can be: a tile of few rows costs more a row.
template <class F> void row_tiles(int64_t rows, F&& f) {
    const int64_t tiles = (rows + ROWS - 1) / ROWS;
    for (int64_t i = 0; i < tiles; ++i) {
        const int64_t first = rows * i / tiles;
        f(first, int(rows * (i + 1) / tiles - first));
    }
}

// Columns first * PANEL to last * PANEL of activation(left * layer + bias). A panel of weights stays in the second-level
// cache while the rows go by; meanwhile the next one is fetched, a part with each tile.
inline void linear(const float* left, int64_t rows, int64_t left_stride, const Linear& layer, int64_t first, int64_t last,
                   Activation activation, float* out, int64_t out_stride) {
    const int64_t tiles = (rows + ROWS - 1) / ROWS * (PANEL / COLUMNS);
    const int64_t step = (PANEL * int64_t(sizeof(float)) + tiles - 1) / tiles;
    for (int64_t panel = first; panel < last; ++panel) {
        const float* const weights = layer.weights + panel * PANEL * layer.inputs;
        Ahead ahead{reinterpret_cast<const char*>(weights + PANEL * layer.inputs), step};
        for (int64_t column = 0; column < PANEL; column += COLUMNS)
            row_tiles(rows, [&](int64_t row, int count) {
                float* const to = out + row * out_stride + panel * PANEL + column;
                TILES[size_t(count - 1)](left + row * left_stride, left_stride, weights + column, layer.inputs,
                                         layer.bias + panel * PANEL + column, to, out_stride, ahead);
                activate(activation, to, count, COLUMNS, out_stride);
                ahead.from += step * layer.inputs;
            });
    }
}
