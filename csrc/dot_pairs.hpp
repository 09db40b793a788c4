// Four products of bytes at a time by way of 16-bit numbers, whose products cannot overflow: the instruction that takes
// bytes themselves sums two products in 16 bits and cuts what does not fit. Included inside a tier's namespace.

// Of each four bytes the first and third, then the second and fourth; signed, and with the row's unsigned.
struct WeightQuads {
    Shorts even, odd;
    explicit WeightQuads(const int8_t* from) {
        Shorts bytes;
        std::memcpy(&bytes, from, sizeof bytes);
        even = (bytes << 8) >> 8;
        odd = bytes >> 8;
    }
};
struct RowQuad {
    Shorts even, odd;
    explicit RowQuad(const uint8_t* from) {
        int32_t four;
        std::memcpy(&four, from, sizeof four);
        const Shorts bytes = Shorts(Ints{} + four);
        even = bytes & int16_t(255);
        odd = (bytes >> 8) & int16_t(255);
    }
};
inline Ints add_products(Ints sums, const WeightQuads& weights, const RowQuad& row) {
    return sums + (pair_products(weights.even, row.even) + pair_products(weights.odd, row.odd));
}
