// Token ids of texts for tokenizers that see a text as parts, each for itself: what stands between ASCII white space, and
// ASCII punctuation and Chinese characters one by one. What a part becomes is worked out once and remembered; words of
// ASCII letters and digits by WordPieces, all others by whoever is asked.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "form_table.hpp"
#include "parallel.hpp"
#include "utf8.hpp"
#include "word_pieces.hpp"

namespace embedfn {

// A part that the memory did not have when a run of texts was scanned.
struct FreshPart {
    std::string text;
    size_t first = 0, count = 0;  // its ids in Scanned::ids
    bool asked = false;           // someone else must say them
};

// A run of texts, scanned. A code is a token's id or, below zero, -1 - n for the fresh part n.
struct Scanned {
    std::vector<int32_t> codes;
    std::vector<int64_t> ends;  // of each text, in codes
    std::vector<FreshPart> fresh;
    std::vector<int32_t> ids;
    FormTable numbers;  // of fresh parts
};

// What becomes of a text's ids: at most `room` of them, its first ones or, with `keep_end`, its last, between two lists.
struct Frame {
    size_t room = size_t(-1);
    bool keep_end = false;
    std::vector<int32_t> before, after;
};

class PartTokens {
public:
    // `joined`: ASCII characters, beside letters and digits, that do not end a part.
    PartTokens(WordPieces pieces, std::string_view joined, bool chinese_apart)
        : pieces_(std::move(pieces)), chinese_apart_(chinese_apart) {
        for (int c = 0; c < 256; ++c) {
            const bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
            const bool mark = c > 32 && c < 127 && !letter && !(c >= '0' && c <= '9');
            kinds_[c] = c == ' ' || c == '\t' || c == '\n' || c == '\r' ? SPACE
                        : !mark                                         ? (c > 32 && c < 127 ? PLAIN : OTHER)
                        : joined.find(char(c)) == joined.npos           ? MARK
                                                                        : OTHER;
        }
    }

    // Scans texts first to last; `frame` says how many ids are wanted of each.
    void scan(const StrStorage* texts, int64_t first, int64_t last, const Frame& frame, Scanned& result) const {
        const std::shared_lock<std::shared_mutex> reading(lock_);
        std::string buffer;
        const size_t enough = frame.keep_end ? size_t(-1) : frame.room;
        for (int64_t i = first; i < last; ++i) {
            scan(as_utf8(texts[i], buffer), enough, result);
            result.ends.push_back(int64_t(result.codes.size()));
        }
    }

    // Appends the framed ids of scanned texts, all of whose fresh parts have theirs, and each text's number of them.
    static void frame(const Scanned& scanned, const Frame& frame, std::vector<int32_t>& ids, std::vector<int64_t>& lengths) {
        ids.reserve(scanned.codes.size() + scanned.ends.size() * (frame.before.size() + frame.after.size()));
        int64_t at = 0;
        for (const int64_t end : scanned.ends) {
            const size_t start = ids.size();
            ids.insert(ids.end(), frame.before.begin(), frame.before.end());
            const size_t first = ids.size();
            for (; at < end; ++at) {
                const int32_t code = scanned.codes[size_t(at)];
                if (code >= 0) {
                    ids.push_back(code);
                } else {
                    const FreshPart& part = scanned.fresh[size_t(-1 - code)];
                    const auto from = scanned.ids.begin() + ptrdiff_t(part.first);
                    ids.insert(ids.end(), from, from + ptrdiff_t(part.count));
                }
            }
            const size_t count = ids.size() - first;
            if (count > frame.room) {
                const auto from = ids.begin() + ptrdiff_t(first);
                if (frame.keep_end) ids.erase(from, from + ptrdiff_t(count - frame.room));
                else ids.resize(first + frame.room);
            }
            ids.insert(ids.end(), frame.after.begin(), frame.after.end());
            lengths.push_back(int64_t(ids.size() - start));
        }
    }

    // Remembers the fresh parts.
    void learn(const Scanned& scanned) {
        const std::unique_lock<std::shared_mutex> writing(lock_);
        for (const FreshPart& part : scanned.fresh) {
            if (part.text.size() > MAX_PART) continue;
            const Form form(bytes_of(part.text));
            if (memory_.find(form)) continue;
            if (memory_.size() >= MAX_FORMS || memory_.bytes() + ids_.size() * sizeof(int32_t) > MAX_BYTES) {
                memory_ = FormTable();
                ids_.clear();
                spans_.clear();
            }
            const auto from = scanned.ids.begin() + ptrdiff_t(part.first);
            if (part.count == 1) {
                memory_.insert(form, *from);
            } else {
                spans_.push_back({uint32_t(ids_.size()), uint32_t(part.count)});
                ids_.insert(ids_.end(), from, from + ptrdiff_t(part.count));
                memory_.insert(form, -int32_t(spans_.size()));
            }
        }
    }

    size_t size() const {
        const std::shared_lock<std::shared_mutex> reading(lock_);
        return memory_.size();
    }

private:
    static constexpr size_t MAX_FORMS = 1 << 19, MAX_BYTES = size_t(1) << 26, MAX_PART = 64;
    enum Kind : uint8_t { PLAIN, OTHER, SPACE, MARK };
    struct Span {
        uint32_t first, count;
    };

    void scan(std::string_view text, size_t enough, Scanned& result) const {
        const char* at = text.data();
        const char* const end = at + text.size();
        size_t known = 0;
        while (at < end && known < enough) {
            const Kind kind = kind_of(*at);
            const char* const from = at;
            if (kind == SPACE) {
                ++at;
                continue;
            }
            bool plain = false;
            if (kind == MARK) {
                ++at;
            } else if (is_chinese(at, end)) {
                at += 3;
            } else {
                uint8_t seen = 0;
                do seen |= kind_of(*at++);
                while (at < end && kind_of(*at) < SPACE && !is_chinese(at, end));
                plain = seen == PLAIN;
            }
            known += part({from, size_t(at - from), end}, plain, result);
        }
    }

    Kind kind_of(char c) const { return Kind(kinds_[uint8_t(c)]); }

    // U+4E00 to U+9FFF, which are tokens by themselves and change nothing around them.
    bool is_chinese(const char* at, const char* end) const {
        const auto lead = uint8_t(*at);
        if (lead < 0xe4 || lead > 0xe9 || !chinese_apart_ || end - at < 3) return false;
        return lead > 0xe4 || uint8_t(at[1]) >= 0xb8;
    }

    // Appends a part's codes; how many ids they are sure to become.
    size_t part(const Bytes& bytes, bool plain, Scanned& result) const {
        const Form form(bytes);
        if (const int32_t* const known = memory_.find(form)) {
            if (*known >= 0) {
                result.codes.push_back(*known);
                return 1;
            }
            const Span span = spans_[size_t(-1 - *known)];
            const auto from = ids_.begin() + ptrdiff_t(span.first);
            result.codes.insert(result.codes.end(), from, from + ptrdiff_t(span.count));
            return span.count;
        }
        const int32_t* const number = result.numbers.find(form);
        const size_t place = number ? size_t(*number) : result.fresh.size();
        if (!number) {
            result.numbers.insert(form, int32_t(place));
            FreshPart fresh;
            fresh.text.assign(bytes.from, bytes.size);
            fresh.first = result.ids.size();
            fresh.asked = !plain || !pieces_.fits(fresh.text);
            if (!fresh.asked) pieces_.split(fresh.text, result.ids);
            fresh.count = result.ids.size() - fresh.first;
            result.fresh.push_back(std::move(fresh));
        }
        result.codes.push_back(-1 - int32_t(place));
        return result.fresh[place].count;
    }

    WordPieces pieces_;
    std::array<uint8_t, 256> kinds_{};
    bool chinese_apart_;
    mutable std::shared_mutex lock_;
    FormTable memory_;  // a value is the one id of a part or, below zero, -1 - n for the span n
    std::vector<Span> spans_;
    std::vector<int32_t> ids_;
};

// Scans texts on up to n_threads threads; the runs are in the order of the texts. `indptr` weighs the texts.
inline std::vector<Scanned> scan_texts(const PartTokens& parts, const StrStorage* texts, const int64_t* indptr,
                                       int64_t n, int n_threads, const Frame& frame) {
    const int threads = useful_threads(indptr[n] + n, n_threads);
    const auto bounds = split_rows(indptr, n, threads);
    std::vector<Scanned> runs(bounds.size() - 1);
    run_tasks(int64_t(runs.size()), threads,
              [&](int64_t i) { parts.scan(texts, bounds[size_t(i)], bounds[size_t(i) + 1], frame, runs[size_t(i)]); });
    return runs;
}

}  // namespace embedfn
