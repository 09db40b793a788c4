// A str's storage as UTF-8. ASCII is used in place; one, two and four bytes a character are written out, lone surrogates
// as three bytes, as Python's "surrogatepass" does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace embedfn {

inline bool is_ascii(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return uint8_t(c) & 0x80; });
}

// Where a Python str keeps its characters. `width` is 1, 2 or 4 bytes each, or 0 for ASCII, and for UTF-8 from elsewhere.
struct StrStorage {
    const void* data = nullptr;
    size_t length = 0;
    int width = 0;
};

// Its bytes as they are.
inline std::string_view stored_bytes(const StrStorage& text) {
    return {static_cast<const char*>(text.data), text.length * size_t(text.width ? text.width : 1)};
}

template <class Unit> void append_utf8(const Unit* units, size_t n, std::string& out) {
    constexpr size_t run = 64;
    char bytes[4 * run];
    for (size_t start = 0; start < n; start += run) {
        char* end = bytes;
        for (size_t i = start; i < n && i < start + run; ++i) {
            const uint32_t c = units[i];
            if (c < 0x80) {
                *end++ = char(c);
            } else if (c < 0x800) {
                *end++ = char(0xc0 | c >> 6);
                *end++ = char(0x80 | (c & 0x3f));
            } else if (c < 0x10000) {
                *end++ = char(0xe0 | c >> 12);
                *end++ = char(0x80 | (c >> 6 & 0x3f));
                *end++ = char(0x80 | (c & 0x3f));
            } else {
                *end++ = char(0xf0 | c >> 18);
                *end++ = char(0x80 | (c >> 12 & 0x3f));
                *end++ = char(0x80 | (c >> 6 & 0x3f));
                *end++ = char(0x80 | (c & 0x3f));
            }
        }
        out.append(bytes, size_t(end - bytes));
    }
}

// The character at `at`, which then points behind it, in a text as append_utf8 writes it.
inline uint32_t next_char(const char*& at) {
    const auto tail = [&] { return uint32_t(uint8_t(*at++) & 0x3f); };
    const uint32_t lead = uint8_t(*at++);
    if (lead < 0x80) return lead;
    uint32_t code = lead & (lead < 0xe0 ? 0x1f : lead < 0xf0 ? 0x0f : 0x07);
    if (lead >= 0xf0) code = code << 6 | tail();
    if (lead >= 0xe0) code = code << 6 | tail();
    return code << 6 | tail();
}

// Replaces `out` by the code points of what append_utf8 writes. Reads no byte beyond the text, whatever that holds.
inline void code_points(std::string_view utf8, std::u32string& out) {
    out.resize(utf8.size());
    char32_t* next = out.data();
    for (size_t i = 0; i < utf8.size();) {
        const auto byte = uint8_t(utf8[i++]);
        size_t more = byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        char32_t c = more ? byte & (0x3f >> more) : byte;
        for (; more && i < utf8.size(); --more) c = c << 6 | (uint8_t(utf8[i++]) & 0x3f);
        *next++ = c;
    }
    out.resize(size_t(next - out.data()));
}

// The text in UTF-8: a view of the str itself where that is ASCII, else of `buffer`.
inline std::string_view as_utf8(const StrStorage& text, std::string& buffer) {
    if (text.width == 0) return {static_cast<const char*>(text.data), text.length};
    buffer.clear();
    if (text.width == 1) append_utf8(static_cast<const uint8_t*>(text.data), text.length, buffer);
    else if (text.width == 2) append_utf8(static_cast<const uint16_t*>(text.data), text.length, buffer);
    else append_utf8(static_cast<const uint32_t*>(text.data), text.length, buffer);
    return buffer;
}

}  // namespace embedfn
