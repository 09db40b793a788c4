// Self-attention of one head within one text, in cache: keys and values are copied once into panels, then a few queries
// at a time go through scores, softmax and the weighted sum. Included inside a tier's namespace.

// to[c][r] = from[r][c] for four rows and columns.
inline void transpose_four(const float* from, int64_t stride, float* to, int64_t to_stride) {
#ifdef EMBEDFN_SHUFFLES
    typedef float Four __attribute__((vector_size(16)));
    Four rows[4];
    for (int r = 0; r < 4; ++r) std::memcpy(&rows[r], from + r * stride, sizeof rows[r]);
    const Four low = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5), high = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
    const Four low2 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5), high2 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
    rows[0] = __builtin_shufflevector(low, low2, 0, 1, 4, 5);
    rows[1] = __builtin_shufflevector(low, low2, 2, 3, 6, 7);
    rows[2] = __builtin_shufflevector(high, high2, 0, 1, 4, 5);
    rows[3] = __builtin_shufflevector(high, high2, 2, 3, 6, 7);
    for (int c = 0; c < 4; ++c) std::memcpy(to + c * to_stride, &rows[c], sizeof rows[c]);
#else
    for (int r = 0; r < 4; ++r)
        for (int c = 0; c < 4; ++c) to[c * to_stride + r] = from[r * stride + c];
#endif
}

// Less than any score.
constexpr float LEAST = -std::numeric_limits<float>::max();

// Keys as the right factor of a product: panels of PANEL keys, each `size` rows of them; zeros behind the last key.
inline void key_panels(const float* keys, int64_t length, int64_t stride, int64_t size, float* panels) {
    for (int64_t first = 0; first < length; first += PANEL, keys += PANEL * stride, panels += size * PANEL) {
        const int64_t count = std::min<int64_t>(PANEL, length - first);
        if (count < PANEL) std::fill(panels, panels + size * PANEL, 0.0f);
        const int64_t fours = count - count % 4, size_fours = size - size % 4;
        for (int64_t key = 0; key < fours; key += 4)
            for (int64_t i = 0; i < size_fours; i += 4)
                transpose_four(keys + key * stride + i, stride, panels + i * PANEL + key, PANEL);
        for (int64_t key = 0; key < count; ++key)
            for (int64_t i = key < fours ? size_fours : 0; i < size; ++i) panels[i * PANEL + key] = keys[key * stride + i];
    }
}

// Values likewise: panels of PANEL components, each `length` rows of them.
inline void value_panels(const float* values, int64_t length, int64_t stride, int64_t size, float* panels) {
    for (int64_t first = 0; first < size; first += PANEL, panels += length * PANEL) {
        const int64_t count = std::min<int64_t>(PANEL, size - first);
        for (int64_t token = 0; token < length; ++token) {
            float* const row = panels + token * PANEL;
            each_number(values + token * stride + first, row, count, [](auto value) { return value; });
            for (int64_t i = count; i < PANEL; ++i) row[i] = 0;
        }
    }
}

// Scores of R queries, rows that begin `padded` apart, and each one's largest, spread over a register.
template <int R>
void score(const float* queries, int64_t stride, const float* keys, int64_t size, int64_t length, int64_t padded,
           float* scores, Vec* tops) {
    for (int r = 0; r < R; ++r) tops[r] = every(LEAST);
    for (int64_t key = 0; key < padded; key += COLUMNS, scores += COLUMNS)
        multiply<R>(queries, stride, keys + key / PANEL * PANEL * size + key % PANEL, size, nullptr, {},
                    [&](Vec (&sums)[R][VECS]) {
#pragma GCC unroll 2
            for (int v = 0; v < VECS; ++v) {
                const int64_t left = length - key - v * LANES;
                if (left < LANES) {  // room behind the last key must neither be the largest nor weigh anything
                    const Ints is_key = lane_numbers() < Ints{} + int32_t(std::max<int64_t>(0, left));
#pragma GCC unroll 14
                    for (int r = 0; r < R; ++r) sums[r][v] = is_key ? sums[r][v] : every(LEAST);
                }
#pragma GCC unroll 14
                for (int r = 0; r < R; ++r) {
                    store(scores + r * padded + v * LANES, sums[r][v]);
                    tops[r] = larger(tops[r], sums[r][v]);
                }
            }
        });
}

using Score = void (*)(const float*, int64_t, const float*, int64_t, int64_t, int64_t, float*, Vec*);

template <int... R> constexpr std::array<Score, sizeof...(R)> scores_of(std::integer_sequence<int, R...>) {
    return {score<R + 1>...};
}
constexpr auto SCORES = scores_of(std::make_integer_sequence<int, ROWS>());

// Scores of some rows to weights that have yet to be multiplied by `shares`.
inline void softmax(float* scores, const Vec* tops, int count, int64_t length, int64_t padded, float scale, float* shares) {
    const float factor = scale * 1.44269504f;  // 1 / log(2)
    float shifts[ROWS];
    for (int row = 0; row < count; ++row) shifts[row] = -largest_of(tops[row]) * factor;
    for (int row = 0; row < count; ++row, scores += padded) {
        const Vec shift = every(shifts[row]);
        Vec sums{};
        for (int64_t i = 0; i < length; i += LANES) {
            const Vec weight = two_to_the(fused(load(scores + i), every(factor), shift));
            store(scores + i, weight);
            sums += weight;
        }
        shares[row] = 1 / sum_of(sums);
    }
}

// For `count` queries of a text, rows of their own or of its `qkv`; `mixed` may be where they are.
inline void attend(const Heads& heads, int64_t head, const Queries& asked, const float* qkv, int64_t length, float* mixed,
                   float* scratch) {
    const int64_t size = heads.size, hidden = heads.count * size, padded = padded_to_panel(length);
    const int64_t padded_size = padded_to_panel(size);
    const float* const queries = asked.rows + head * size;
    qkv += head * size;
    float* const keys = scratch;
    float* const values = keys + size * padded;
    float* const scores = values + padded_size * length;
    float* const sums = scores + ROWS * padded;
    key_panels(qkv + hidden, length, heads.qkv_stride, size, keys);
    value_panels(qkv + 2 * hidden, length, heads.qkv_stride, size, values);
    const float scale = 1 / std::sqrt(float(size));
    row_tiles(asked.count, [&](int64_t first, int count) {
        const Tile product = TILES[size_t(count - 1)];
        Vec tops[ROWS];
        float shares[ROWS];
        SCORES[size_t(count - 1)](queries + first * asked.stride, asked.stride, keys, size, length, padded, scores, tops);
        softmax(scores, tops, count, length, padded, scale, shares);
        for (int64_t i = 0; i < padded_size; i += COLUMNS)
            product(scores, padded, values + i / PANEL * PANEL * length + i % PANEL, length, nullptr, sums + i,
                    padded_size, {});
        for (int row = 0; row < count; ++row) {
            const float share = shares[row];
            each_number(sums + row * padded_size, mixed + (first + row) * heads.mixed_stride + head * size, size,
                        [&](auto sum) { return sum * share; });
        }
    });
}
