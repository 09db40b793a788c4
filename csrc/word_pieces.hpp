// WordPiece (Wu et al. 2016, as BERT has it): a word becomes the longest pieces of a vocabulary, from left to right.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "form_table.hpp"

namespace embedfn {

class WordPieces {
public:
    // A word of more than `max_chars` characters, or with no pieces, is `unknown`.
    WordPieces(int32_t unknown, size_t max_chars, bool lowercase)
        : unknown_(unknown), max_chars_(max_chars), lowercase_(lowercase) {}

    // A piece that begins a word or, without the prefix that says so, continues one.
    void add(std::string_view piece, int32_t id, bool continues) {
        if (piece.empty()) return;
        const Form form(bytes_of(piece), continues);
        if (!table_.find(form)) table_.insert(form, id);
        longest_ = std::max(longest_, piece.size());
    }

    // Appends the pieces of a word of ASCII letters and digits that fits().
    void split(std::string_view word, std::vector<int32_t>& ids) const {
        if (word.size() > max_chars_) return ids.push_back(unknown_);
        char lowered[MAX_WORD + Form::SHORT] = {};
        for (size_t i = 0; i < word.size(); ++i)
            lowered[i] = lowercase_ && word[i] >= 'A' && word[i] <= 'Z' ? char(word[i] + 32) : word[i];
        const size_t first_id = ids.size();
        for (size_t start = 0; start < word.size();) {
            size_t size = std::min(longest_, word.size() - start);
            const int32_t* id = nullptr;
            for (; size; --size) {
                id = table_.find(Form(Bytes{lowered + start, size, lowered + sizeof lowered}, start > 0));
                if (id) break;
            }
            if (!id) {
                ids.resize(first_id);
                return ids.push_back(unknown_);
            }
            ids.push_back(*id);
            start += size;
        }
    }

    // Words are worked on in a buffer.
    bool fits(std::string_view word) const { return word.size() <= MAX_WORD || word.size() > max_chars_; }

private:
    static constexpr size_t MAX_WORD = 128;

    FormTable table_;
    size_t longest_ = 0;
    int32_t unknown_;
    size_t max_chars_;
    bool lowercase_;
};

}  // namespace embedfn
