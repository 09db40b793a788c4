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

// Scores of `length` keys to weights that have yet to be divided by their sum, which is returned. Room is read and written
// up to a whole register.
inline float softmax(float* scores, int64_t length, float scale) {
    const int64_t whole = length - length % LANES;
    const Ints is_key = lane_numbers() < Ints{} + int32_t(length - whole);  // in the last, partial register
    Vec top = every(-std::numeric_limits<float>::max());
    for (int64_t i = 0; i < whole; i += LANES) top = larger(top, load(scores + i));
    if (whole < length) top = larger(top, is_key ? load(scores + whole) : top);
    const float factor = scale * 1.44269504f;  // 1 / log(2)
    const Vec shift = every(-largest_of(top) * factor);
    Vec sums{};
    const auto weigh = [&](int64_t i) {
        const Vec weight = two_to_the(fused(load(scores + i), every(factor), shift));
        store(scores + i, weight);
        return weight;
    };
    for (int64_t i = 0; i < whole; i += LANES) sums += weigh(i);
    if (whole < length) sums += is_key ? weigh(whole) : Vec{};
    return sum_of(sums);
}

inline void attend(const Heads& heads, int64_t head, const float* qkv, int64_t length, float* mixed, float* scratch) {
    const int64_t size = heads.size, hidden = heads.count * size, padded = padded_to_panel(length);
    const int64_t padded_size = padded_to_panel(size);
    const float* const queries = qkv + head * size;
    float* const keys = scratch;
    float* const values = keys + size * padded;
    float* const scores = values + padded_size * length;
    float* const sums = scores + ROWS * padded;
    key_panels(queries + hidden, length, heads.qkv_stride, size, keys);
    value_panels(queries + 2 * hidden, length, heads.qkv_stride, size, values);
    const float scale = 1 / std::sqrt(float(size));
    row_tiles(length, [&](int64_t first, int count) {
        const Tile product = TILES[size_t(count - 1)];
        for (int64_t key = 0; key < padded; key += COLUMNS)
            product(queries + first * heads.qkv_stride, heads.qkv_stride,
                    keys + key / PANEL * PANEL * size + key % PANEL, size, nullptr, scores + key, padded, {});
        float totals[ROWS];
        for (int row = 0; row < count; ++row) totals[row] = softmax(scores + row * padded, length, scale);
        for (int64_t i = 0; i < padded_size; i += COLUMNS)
            product(scores, padded, values + i / PANEL * PANEL * length + i % PANEL, length, nullptr, sums + i,
                    padded_size, {});
        for (int row = 0; row < count; ++row) {
            const float share = 1 / totals[row];
            each_number(sums + row * padded_size, mixed + (first + row) * heads.mixed_stride + head * size, size,
                        [&](auto sum) { return sum * share; });
        }
    });
}
