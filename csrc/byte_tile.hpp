// Products of matrices of bytes, a tile at a time. Sums are whole numbers, so that every tier gets the same ones. Included
// inside a tier's namespace, behind its dot_*.hpp.

constexpr int VECS = 2;
constexpr int COLUMNS = VECS * LANES;
constexpr int ROWS = LANES == 16 ? 14 : 4;

// A row's smallest number and a 255th of what its numbers span become its range; each number becomes the code of the
// nearest of the 256 steps. `codes` has the stride of `given`.
inline void encode_rows(const float* given, int64_t rows, int64_t width, int64_t stride, uint8_t* codes,
                        ByteRange* ranges) {
    typedef uint8_t Bytes __attribute__((vector_size(LANES)));
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number, in the low bits
    const int64_t whole = width - width % LANES;
    for (int64_t row = 0; row < rows; ++row, given += stride, codes += stride) {
        Vec top = every(given[0]), bottom = every(-given[0]);
        for (int64_t i = 0; i < whole; i += LANES) {
            const Vec values = load(given + i);
            top = larger(top, values);
            bottom = larger(bottom, -values);
        }
        float high = largest_of(top), low = -largest_of(bottom);
        for (int64_t i = whole; i < width; ++i) {
            high = std::max(high, given[i]);
            low = std::min(low, given[i]);
        }
        const float span = high - low, factor = span > 0 ? 255 / span : 0;
        ranges[row] = {low, span / 255};
        for (int64_t i = 0; i < whole; i += LANES) {
            const Vec shifted = (load(given + i) - every(low)) * every(factor) + every(magic);
            const Bytes bytes = __builtin_convertvector(bits_of(shifted), Bytes);
            std::memcpy(codes + i, &bytes, sizeof bytes);
        }
        for (int64_t i = whole; i < width; ++i) {
            const float shifted = (given[i] - low) * factor + magic;
            uint32_t bits;
            std::memcpy(&bits, &shifted, sizeof bits);
            codes[i] = uint8_t(bits);
        }
    }
}

// sums[r][c] = the sum over k of left[r][k] * right[k][c] for R rows and COLUMNS columns.
template <int R>
void byte_tile(const uint8_t* left, int64_t left_stride, const int8_t* right, int64_t quads, int32_t* out) {
    Ints sums[R][VECS] = {};
    for (int64_t k = 0; k < quads; ++k, left += 4, right += 4 * PANEL) {
        __builtin_prefetch(right + 32 * PANEL);
        if (COLUMNS > 16) __builtin_prefetch(right + 32 * PANEL + 64);
        const WeightQuads columns[VECS] = {WeightQuads(right), WeightQuads(right + 4 * LANES)};
#pragma GCC unroll 14
        for (int r = 0; r < R; ++r) {
            const RowQuad row(left + r * left_stride);
#pragma GCC unroll 2
            for (int v = 0; v < VECS; ++v) sums[r][v] = add_products(sums[r][v], columns[v], row);
        }
    }
#pragma GCC unroll 14
    for (int r = 0; r < R; ++r) std::memcpy(out + r * COLUMNS, sums[r], sizeof sums[r]);
}

using ByteTile = void (*)(const uint8_t*, int64_t, const int8_t*, int64_t, int32_t*);

template <int... R> constexpr std::array<ByteTile, sizeof...(R)> byte_tiles_of(std::integer_sequence<int, R...>) {
    return {byte_tile<R + 1>...};
}
constexpr auto BYTE_TILES = byte_tiles_of(std::make_integer_sequence<int, ROWS>());

// f(row, count, column, sums) for all tiles of the panels first to last.
template <class F> void each_byte_tile(const ByteRows& left, const Linear& layer, int64_t first, int64_t last, F&& f) {
    alignas(64) int32_t sums[ROWS * COLUMNS];
    const int64_t tiles = (left.rows + ROWS - 1) / ROWS, quads = padded_to_quad(layer.inputs) / 4;
    for (int64_t panel = first; panel < last; ++panel)
        for (int64_t column = 0; column < PANEL; column += COLUMNS)
            for (int64_t i = 0; i < tiles; ++i) {
                const int64_t row = left.rows * i / tiles;
                const int count = int(left.rows * (i + 1) / tiles - row);
                BYTE_TILES[size_t(count - 1)](left.codes + row * left.stride, left.stride,
                                              byte_panel(layer, panel) + column * 4, quads, sums);
                f(row, count, panel * PANEL + column, sums);
            }
}

inline void byte_products(const ByteRows& left, const Linear& layer, int32_t* out, int64_t out_stride) {
    each_byte_tile(left, layer, 0, layer.panels(), [&](int64_t row, int count, int64_t column, const int32_t* sums) {
        for (int r = 0; r < count; ++r)
            std::memcpy(out + (row + r) * out_stride + column, sums + r * COLUMNS, COLUMNS * sizeof(int32_t));
    });
}

// Columns first * PANEL to last * PANEL of activation(rows * layer + bias). With numbers of low + step * code, a sum of
// products with weights of scale * byte is scale * (step * sum of codes * bytes + low * sum of bytes).
inline void byte_linear(const ByteRows& left, const Linear& layer, int64_t first, int64_t last,
                        const ByteActivation& activation, float* out, int64_t out_stride) {
    each_byte_tile(left, layer, first, last, [&](int64_t row, int count, int64_t column, const int32_t* sums) {
        float* const to = out + row * out_stride + column;
        for (int v = 0; v < COLUMNS; v += LANES) {
            const Vec scales = load(layer.scales + column + v), bias = load(layer.bias + column + v);
            const Vec totals = load(layer.sums + column + v);
            for (int r = 0; r < count; ++r) {
                Ints whole;
                std::memcpy(&whole, sums + r * COLUMNS + v, sizeof whole);
                const ByteRange& range = left.ranges[row + r];
                const Vec product = fused(every(range.step), __builtin_convertvector(whole, Vec), every(range.low) * totals);
                store(to + r * out_stride + v, fused(scales, product, bias));
            }
        }
        if (activation.kind != Activation::NONE) activation.apply(activation.kind, to, count, COLUMNS, out_stride);
    });
}

constexpr ByteKernels BYTE_KERNELS = {encode_rows, byte_products, byte_linear};
