// Four products of bytes at a time, AVX-512 VNNI. Included inside a tier's namespace.

// Four weights of each of LANES outputs, signed, and four numbers of a row, unsigned.
struct WeightQuads {
    __m512i bytes;
    explicit WeightQuads(const int8_t* from) { std::memcpy(&bytes, from, sizeof bytes); }
};
struct RowQuad {
    __m512i bytes;
    explicit RowQuad(const uint8_t* from) {
        int32_t four;
        std::memcpy(&four, from, sizeof four);
        bytes = _mm512_set1_epi32(four);
    }
};
inline Ints add_products(Ints sums, const WeightQuads& weights, const RowQuad& row) {
    return Ints(_mm512_dpbusd_epi32(__m512i(sums), row.bytes, weights.bytes));
}
