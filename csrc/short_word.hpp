// A word of ASCII that fits two machine words, while the steps behind a tokenizer change it: no memory is asked for and no byte
// gone through by itself where that can be helped. What stemmers ask of a word has the names that std::string has for it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "byte_maps.hpp"
#include "form.hpp"

namespace embedfn {

class ShortWord {
public:
    static constexpr size_t MOST = Form::SHORT;

    ShortWord() = default;
    // The bytes as a short form has them, zeros behind them.
    ShortWord(uint64_t first, uint64_t second, size_t size) : size_(size) { write(first, second); }
    // A word of at most MOST bytes, of which each is read, and nothing around them.
    explicit ShortWord(std::string_view word) : size_(word.size()) {
        const char* const from = word.data();
        uint64_t first = 0, second = 0;
        if (size_ > 8) {
            first = read_word(from);
            second = read_word(from + size_ - 8) >> (8 * (16 - size_));
        } else {
            std::memcpy(&first, from, size_);
        }
        write(first, second);
    }

    size_t size() const { return size_; }
    bool empty() const { return !size_; }
    const char* data() const { return bytes_; }
    char& operator[](size_t i) { return bytes_[i]; }
    char operator[](size_t i) const { return bytes_[i]; }
    char& back() { return bytes_[size_ - 1]; }
    char back() const { return bytes_[size_ - 1]; }
    char* begin() { return bytes_; }
    char* end() { return bytes_ + size_; }
    operator std::string_view() const { return {bytes_, size_}; }
    Bytes bytes() const { return {bytes_, size_, bytes_ + sizeof bytes_}; }

    void pop_back() { --size_; }
    // Stems never grow beyond the word that they are of.
    void operator+=(char c) { bytes_[size_++] = c; }
    void replace(size_t at, size_t, std::string_view add) {
        if (!add.empty()) std::memcpy(bytes_ + at, add.data(), add.size());
        size_ = at + add.size();
    }
    void erase_first() {
        --size_;
        std::memmove(bytes_, bytes_ + 1, size_);
    }
    void assign(std::string_view word) {
        size_ = word.size();
        std::memcpy(bytes_, word.data(), size_);
    }

    // ASCII's letters; all bytes must be ASCII.
    void lowercase() {
        const auto lowered = [](uint64_t word) {
            constexpr uint64_t each = 0x0101010101010101;
            const uint64_t from_a = word + each * (0x80 - 'A'), behind_z = word + each * (0x7f - 'Z');
            return word | (from_a & ~behind_z & (each * 0x80)) >> 2;
        };
        write(lowered(read_word(bytes_)), lowered(read_word(bytes_ + 8)));
    }

    // Bit i says whether byte i is one of the letters; those behind the word are not told.
    template <size_t n> uint32_t bits_of(const char (&letters)[n]) const {
#if EMBEDFN_SSE2
        const __m128i bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(bytes_));
        __m128i found = _mm_setzero_si128();
        for (size_t i = 0; i + 1 < n; ++i) found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(letters[i])));
        return uint32_t(_mm_movemask_epi8(found));
#else
        uint32_t bits = 0;
        for (size_t at = 0; at < size_; ++at)
            for (size_t i = 0; i + 1 < n; ++i) bits |= uint32_t(bytes_[at] == letters[i]) << at;
        return bits;
#endif
    }

private:
    // In one piece, as which it is read again.
    void write(uint64_t first, uint64_t second) {
#if EMBEDFN_SSE2
        _mm_store_si128(reinterpret_cast<__m128i*>(bytes_), _mm_set_epi64x(int64_t(second), int64_t(first)));
#else
        std::memcpy(bytes_, &first, 8);
        std::memcpy(bytes_ + 8, &second, 8);
#endif
    }

    alignas(16) char bytes_[2 * MOST];
    size_t size_ = 0;
};

inline Bytes bytes_of(const ShortWord& word) { return word.bytes(); }

}  // namespace embedfn
