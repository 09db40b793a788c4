// Products of pairs of rows by seven products in place of eight: Strassen's algorithm (1969), once, in Winograd's form of
// fifteen sums. A pair's rows, halves of a chunk of the inputs and a pair of panels are its two by two blocks. So nothing of
// a row's result depends on rows outside its pair. Included inside a tier's namespace.
//
// With the rows x and y of a pair in halves, x1 x2 and y1 y2, and weights w11 w12 of the first half and w21 w22 of the second,
//   s1 = y1 + y2   s2 = s1 - x1   s3 = x1 - y1   s4 = x2 - s2   t1 = w12 - w11   t2 = w22 - t1   t3 = w22 - w12   t4 = w21 - t2
//   p = x1 w11   q = s1 t1   u = p + s2 t2   v = u + s3 t3
// the outputs are p + x2 w21 and q + u + s4 w22 of x, and v + y2 t4 and q + v of y.

// s1 to s4 of pairs of rows that begin `stride` apart, for a chunk of twice `half` inputs, a multiple of LANES.
inline void pair_sums(const float* rows, int64_t pairs, int64_t stride, int64_t half, float* sums) {
    for (int64_t pair = 0; pair < pairs; ++pair, rows += 2 * stride, sums += pair_sums_stride(2 * half)) {
        const float *const x = rows, *const y = rows + stride;
        for (int64_t k = 0; k < half; k += LANES) {
            const Vec x1 = load(x + k), y1 = load(y + k), s1 = y1 + load(y + half + k), s2 = s1 - x1;
            store(sums + k, s1);
            store(sums + half + k, s2);
            store(sums + 2 * half + k, x1 - y1);
            store(sums + 3 * half + k, load(x + half + k) - s2);
        }
    }
}

// A tile's right factor: another less one that is kept, too, at `to`.
struct KeptDifference {
    const float *from, *less;
    float* to;

    void ask(int64_t k) const {
        Columns{from}.ask(k);
        Columns{less}.ask(k);
    }
    Vec operator()(int64_t k, int v) const {
        const int64_t at = k * PANEL + v * LANES;
        const Vec result = load(from + at) - load(less + at);
        store(to + at, result);
        return result;
    }
};

// What a tile is made of: pairs of rows and their sums, the columns' weights, and where t1 to t4 are kept. The weights that
// will be used next lie `next` numbers further; the tile asks for theirs from byte `asked` on, `step` for each product.
struct PairFactors {
    const float *rows, *sums;
    int64_t stride, sums_stride, half;
    const float *w11, *w12, *w21, *w22;
    float* differences;
    int64_t next, asked, step;
};

// Where a tile's outputs begin, at the bias or at what the chunks before made of them, and where they go.
struct PairOutputs {
    const float* from;
    float* to;
    int64_t from_stride, to_stride;
};

// R pairs' outputs in both panels. The first tile of some columns works t1 to t4 out as it goes, for itself and those behind
// it: that is two registers in thirty, and no memory for a second form of the weights.
template <int R, bool FIRST> void pair_tile(const PairFactors& of, const PairOutputs& out, float* kept) {
    constexpr int64_t TILE = R * COLUMNS;
    float *const ps = kept, *const qs = ps + TILE, *const us = qs + TILE;
    const int64_t size = of.half * PANEL, half = of.half;
    float *const t1 = of.differences, *const t2 = t1 + size, *const t3 = t2 + size, *const t4 = t3 + size;
    const auto at = [](float* tile, int r, int v) { return tile + r * COLUMNS + v * LANES; };
    const auto start = [&](int row, int panel, int v) {
        return load(out.from + row * out.from_stride + panel * PANEL + v * LANES);
    };
    const auto give = [&](int row, int panel, int v, Vec sum) {
        store(out.to + row * out.to_stride + panel * PANEL + v * LANES, sum);
    };
    const auto difference = [](const float* from, const float* less, float* to) {
        if constexpr (FIRST) return KeptDifference{from, less, to};
        else return (void)from, (void)less, Columns{to};
    };
    const auto asking = [&](const float* weights) {
        return Ahead{reinterpret_cast<const char*>(weights + of.next) + of.asked, of.step};
    };
    const int64_t two = 2 * of.stride, sums = of.sums_stride;
    {
        Vec q[R][VECS] = {};
        accumulate<R>(q, of.sums, sums, difference(of.w12, of.w11, t1), half, asking(of.w12));
        each_register<R>([&](int r, int v) { store(at(qs, r, v), q[r][v]); });
    }
    {
        Vec sum[R][VECS] = {};
        accumulate<R>(sum, of.rows, two, Columns{of.w11}, half, asking(of.w11));
        each_register<R>([&](int r, int v) { store(at(ps, r, v), sum[r][v]); });
        accumulate<R>(sum, of.sums + half, sums, difference(of.w22, t1, t2), half, {});
        each_register<R>([&](int r, int v) { store(at(us, r, v), sum[r][v]); });
        accumulate<R>(sum, of.sums + 2 * half, sums, difference(of.w22, of.w12, t3), half, {});
        each_register<R>([&](int r, int v) {
            const Vec q = load(at(qs, r, v)), u = load(at(us, r, v));
            store(at(us, r, v), sum[r][v]);
            give(2 * r + 1, 1, v, q + sum[r][v] + start(2 * r + 1, 1, v));
            sum[r][v] = q + u + start(2 * r, 1, v);
        });
        accumulate<R>(sum, of.sums + 3 * half, sums, Columns{of.w22}, half, asking(of.w22));
        each_register<R>([&](int r, int v) { give(2 * r, 1, v, sum[r][v]); });
    }
    Vec sum[R][VECS];
    each_register<R>([&](int r, int v) { sum[r][v] = load(at(ps, r, v)) + start(2 * r, 0, v); });
    accumulate<R>(sum, of.rows + half, two, Columns{of.w21}, half, asking(of.w21));
    each_register<R>([&](int r, int v) {
        give(2 * r, 0, v, sum[r][v]);
        sum[r][v] = load(at(us, r, v)) + start(2 * r + 1, 0, v);
    });
    accumulate<R>(sum, of.rows + of.stride + half, two, difference(of.w21, t2, t4), half, {});
    each_register<R>([&](int r, int v) { give(2 * r + 1, 0, v, sum[r][v]); });
}

using PairTile = void (*)(const PairFactors&, const PairOutputs&, float*);

template <bool FIRST, int... R> constexpr std::array<PairTile, sizeof...(R)> pair_tiles_of(std::integer_sequence<int, R...>) {
    return {pair_tile<R + 1, FIRST>...};
}
// [r - 1] makes r pairs.
constexpr auto FIRST_PAIR_TILES = pair_tiles_of<true>(std::make_integer_sequence<int, ROWS>());
constexpr auto PAIR_TILES = pair_tiles_of<false>(std::make_integer_sequence<int, ROWS>());

// What `linear` makes, of pairs of rows and of pairs of panels [first, last), as far as inputs from `begin` on for one chunk;
// chunks go one after another. The activation follows the last one.
inline void linear_of_pairs(const PairedRows& left, const Linear& layer, int64_t begin, int64_t first, int64_t last,
                            Activation activation, float* out, int64_t out_stride, float* scratch) {
    const int64_t half = layer.pair_chunk() / 2, panel = PANEL * layer.inputs, end = begin + 2 * half;
    const int64_t tiles = (left.pairs + ROWS - 1) / ROWS * (PANEL / COLUMNS);
    const int64_t step = (PANEL * int64_t(sizeof(float)) + tiles - 1) / tiles;
    const int64_t sums_stride = pair_sums_stride(2 * half);
    for (int64_t pair = first; pair < last; ++pair) {
        const float* const weights = layer.weights + 2 * pair * panel + begin * PANEL;
        // Behind the last pair of panels the next chunk begins.
        const int64_t next = pair + 1 < last ? 2 * panel : 2 * half * PANEL - 2 * (pair - first) * panel;
        int64_t asked = 0;
        for (int64_t column = 0; column < PANEL; column += COLUMNS)
            row_tiles(left.pairs, [&](int64_t row, int count) {
                const float* const w = weights + column;
                float* const to = out + 2 * row * out_stride + 2 * pair * PANEL + column;
                const PairFactors factors{left.rows + 2 * row * left.stride + begin, left.sums + row * sums_stride, left.stride,
                                          sums_stride, half, w, w + panel, w + half * PANEL, w + panel + half * PANEL,
                                          scratch + column, next, asked, step};
                const PairOutputs outputs = begin ? PairOutputs{to, to, out_stride, out_stride}
                                                  : PairOutputs{layer.bias + 2 * pair * PANEL + column, to, 0, out_stride};
                (row ? PAIR_TILES : FIRST_PAIR_TILES)[size_t(count - 1)](factors, outputs, scratch + 4 * half * PANEL);
                if (end == layer.inputs)
                    for (int64_t side = 0; side < 2; ++side)
                        activate(activation, to + side * PANEL, 2 * count, COLUMNS, out_stride);
                asked += step * half;
            });
    }
}
