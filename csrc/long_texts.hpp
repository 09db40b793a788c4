// A text longer than a thread's share, cut into stretches that threads analyze apart: where a cut changes nothing, which the
// walk knows. What they give is put together again as one text's.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "worker.hpp"

namespace embedfn {

// What one task analyzes: whole texts, or a stretch of text `first`.
struct Stretch {
    int64_t first, last;
    std::string_view part;

    bool is_part() const { return part.data() != nullptr; }
};

// cut(window, worker) gives a place in a window, which begins behind ASCII white space, at which the text may be cut, or the
// window's size.
template <class Cut>
void cut_text(std::string_view text, int64_t number, size_t length, Worker& worker, Cut&& cut,
              std::vector<Stretch>& stretches) {
    constexpr size_t WINDOW = 1 << 16;
    size_t start = 0;
    for (size_t wanted = length; wanted < text.size(); wanted = std::max(wanted, start) + length) {
        const size_t space = text.find(' ', wanted);
        if (space == text.npos) break;
        const size_t first = text.find_first_not_of(" \t\n\v\f\r", space);
        if (first == text.npos) break;
        const std::string_view window = text.substr(first, WINDOW);
        const size_t place = cut(window, worker);
        if (place >= window.size()) continue;
        stretches.push_back({number, number + 1, text.substr(start, first + place - start)});
        start = first + place;
    }
    stretches.push_back({number, number + 1, text.substr(start)});
}

// The terms of stretches that follow each other, as those of one text.
inline Analyzed joined(const Analyzed* parts, size_t n) {
    TermTable terms;
    Analyzed whole;
    size_t size = 0;
    for (size_t i = 0; i < n; ++i) size += parts[i].codes.size();
    whole.codes.reserve(size);
    for (const Analyzed* part = parts; part < parts + n; ++part) {
        std::vector<int32_t> ids(size_t(part->n_terms()));
        const char* const arena = part->arena.data();
        for (size_t id = 0; id < ids.size(); ++id) {
            const auto start = size_t(part->offsets[id]), end = size_t(part->offsets[id + 1]);
            ids[id] = terms.insert(Form({arena + start, end - start, arena + part->arena.size()}));
        }
        int32_t* out = whole.codes.extend(part->codes.size());
        for (size_t i = 0; i < part->codes.size(); ++i) out[i] = ids[size_t(part->codes[i])];
    }
    whole.arena = terms.arena();
    whole.offsets = terms.offsets();
    whole.indptr.push_back(int64_t(whole.codes.size()));
    return whole;
}

}  // namespace embedfn
