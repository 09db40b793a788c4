// A text in UTF-8 as one byte a character (wide_bytes.hpp), for rules written for bytes, and the way back; lower case.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "utf8.hpp"
#include "wide_chars.hpp"

namespace embedfn {

// Not to be shared between threads: it keeps the buffers.
class WideText {
public:
    // Takes a text, which must stay as it is. False if a character of it is unknown.
    bool read(std::string_view utf8, const Characters& characters) {
        utf8_ = utf8;
        bytes_.clear();
        starts_.clear();
        next_ = 0;
        const char *at = utf8.data(), *const end = at + utf8.size();
        while (at < end) {
            starts_.push_back(size_t(at - utf8.data()));
            if (!is_wide(*at)) {
                bytes_ += *at++;
                continue;
            }
            const wide::Byte byte = characters.byte_of(next_char(at));
            if (byte == wide::unknown) return false;
            bytes_ += char(byte);
        }
        starts_.push_back(utf8.size());
        return true;
    }

    std::string_view bytes() const { return bytes_; }

    // What a part of bytes() stands for.
    std::string_view original(std::string_view part) const {
        const size_t first = size_t(part.data() - bytes_.data());
        return between(first, first + part.size());
    }

    // Puts into `out` what a word stands for that rules have made of the bytes. They keep the characters beyond ASCII
    // and their order, but for white space, which is in no word: each stands for the next one of the text. So words
    // must be asked for in order, and all that are not ASCII.
    void restore(std::string_view word, std::string& out) {
        out.clear();
        for (const char c : word) {
            if (!is_wide(c)) {
                out += c;
                continue;
            }
            while (!is_wide(bytes_[next_]) || uint8_t(bytes_[next_]) == wide::space) ++next_;
            out += between(next_, next_ + 1);
            ++next_;
        }
    }

private:
    static bool is_wide(char c) { return uint8_t(c) & 0x80; }

    std::string_view between(size_t first, size_t last) const {
        return utf8_.substr(starts_[first], starts_[last] - starts_[first]);
    }

    std::string_view utf8_;
    std::string bytes_;
    std::vector<size_t> starts_;  // where each character's UTF-8 begins, and the end
    size_t next_ = 0;             // the first character that no restored word has reached
};

// Puts into `out` the word as str.lower has it; false where only that knows, for a capital sigma.
inline bool lower_utf8(std::string_view word, const Characters& characters, std::string& out) {
    out.clear();
    const char *at = word.data(), *const end = at + word.size();
    while (at < end) {
        uint32_t code = uint8_t(*at);
        if (code < 0x80) {
            ++at;
            if (code >= 'A' && code <= 'Z') code |= 0x20;
        } else {
            code = next_char(at);
            if (code == 0x130) {  // the only character that becomes two
                out += "i\xcc\x87";
                continue;
            }
            code = characters.lower(code);
            if (!code) return false;
        }
        append_utf8(&code, 1, out);
    }
    return true;
}

}  // namespace embedfn
