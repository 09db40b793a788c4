// Lists of suffixes, of which a step of a stemmer takes the first that a word or a part of it ends with. A list is a
// trie over the letters from the last to the first, made by the compiler: a look-up reads a word's own last letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace embedfn {
namespace stems {

// What a language's step does with a suffix, where that is not the same for all: the language's own number.
using Rule = uint8_t;

// A suffix and, where its step asks for that, what it puts in the place.
struct Suffix {
    std::u32string_view text;
    Rule rule = 0;
    std::u32string_view add = {};

    // Whether letters that end with the text have what else the suffix needs.
    constexpr bool fits(std::u32string_view) const { return true; }
};

template <auto& entries>
class SuffixTable {
public:
    constexpr SuffixTable() {
        for (size_t i = 0; i < std::size(entries); ++i) insert(uint16_t(i));
    }

    // The first entry in the list that fits the end of the letters, or null.
    auto find(std::u32string_view letters) const -> decltype(&entries[0]) {
        uint16_t best = none;
        const char32_t* letter = letters.data() + letters.size();
        size_t at = letters.empty() ? 0 : heads_[letter[-1] & 31];
        while (at) {
            const Node& node = nodes_[at];
            if (node.letter != letter[-1]) {
                at = node.sibling;
                continue;
            }
            if (node.entry < best && entries[node.entry].fits(letters)) best = node.entry;
            at = --letter == letters.data() ? 0 : node.child;
        }
        return best == none ? nullptr : &entries[best];
    }

    // The length of that entry's text, or 0.
    size_t length(std::u32string_view letters) const {
        const auto* entry = find(letters);
        return entry ? entry->text.size() : 0;
    }

private:
    static constexpr uint16_t none = 0xffff;

    // Places are those in nodes_, 0 being none.
    struct Node {
        char16_t letter = 0;
        uint16_t sibling = 0, child = 0, entry = none;
    };

    static constexpr size_t total_letters() {
        size_t total = 0;
        for (const auto& entry : entries) total += entry.text.size();
        return total;
    }

    constexpr void insert(uint16_t entry) {
        const std::u32string_view text = entries[entry].text;
        uint16_t* link = &heads_[text.back() & 31];
        for (size_t i = text.size(); i-- > 0;) {
            while (*link && nodes_[*link].letter != text[i]) link = &nodes_[*link].sibling;
            if (!*link) {
                *link = ++used_;
                nodes_[used_].letter = char16_t(text[i]);
            }
            Node& node = nodes_[*link];
            if (i == 0 && entry < node.entry) node.entry = entry;
            link = &node.child;
        }
    }

    Node nodes_[total_letters() + 1]{};
    uint16_t heads_[32]{}, used_ = 0;
};

}  // namespace stems
}  // namespace embedfn
