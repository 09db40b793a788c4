// What an analysis finds, and the numbers of terms in it: a worker's ids in the order in which this run of texts meets them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "codes.hpp"
#include "term_table.hpp"
#include "text_memory.hpp"

namespace embedfn {

// Terms of a run of texts: codes[indptr[i]] to codes[indptr[i + 1]] of text i, each the place of a term in the list,
// which holds the distinct ones in first-seen order (one may stand twice if memory was emptied between).
struct Analyzed {
    LargeVector<char> arena;
    LargeVector<int64_t> offsets = {0};
    Codes codes;
    LargeVector<int64_t> indptr = {0};
    // Lists of one source begin alike; 0 where that is not known.
    uint64_t source = 0;

    int32_t n_terms() const { return int32_t(offsets.size() - 1); }
    // The first n terms of a table, where there are none yet.
    void add_first(const TermTable& terms, int32_t n) {
        offsets.assign(terms.offsets().begin(), terms.offsets().begin() + n + 1);
        arena.assign(terms.arena().begin(), terms.arena().begin() + offsets.back());
    }
    int32_t add(const Bytes& term) {
        arena.insert(arena.end(), term.from, term.from + term.size);
        offsets.push_back(int64_t(arena.size()));
        return int32_t(offsets.size() - 2);
    }
};

// Ids are 1 above those of a table of terms. As long as each term new to the result has the id behind that of the last new one, codes
// are ids less 1, and the result gets its terms all at once: so it is with a table that began empty, and with the same texts again.
class Numbering {
public:
    // `terms` as it is now, and whose ids will be given.
    void begin(Analyzed& result, const TermTable& terms) {
        result_ = &result;
        terms_ = &terms;
        is_in_order_ = true;
        is_fresh_ = !terms.size();
        in_order_ = 0;
    }

    // Whether the table began empty, and ids are those that it gave since.
    bool is_fresh() const { return is_fresh_; }

    void add(const int32_t* ids, size_t n) {
        int32_t* const out = result_->codes.extend(n);
        if (is_in_order_ && add_in_order(ids, n, out)) return;
        if (codes_.size() <= size_t(terms_->size())) codes_.resize(size_t(terms_->size()) + 1, -1);
        for (size_t i = 0; i < n; ++i) {
            int32_t& code = codes_[size_t(ids[i])];
            if (code < 0) {
                code = result_->add(terms_->bytes_of(ids[i] - 1));
                coded_.push_back(ids[i]);
            }
            out[i] = code;
        }
    }

    // Whether codes are ids less 1 so far.
    bool is_in_order() const { return is_in_order_; }

    void add(const TextMemory::Terms& text) {
        if (is_in_order_ && (text.before == in_order_ || text.behind <= in_order_)) {
            result_->codes.add(text.memory, text.first, text.size);
            in_order_ = std::max(in_order_, text.behind);
            return;
        }
        const int32_t* const numbers = text.memory->begin() + text.first;
        ids_.resize(text.size);
        for (size_t i = 0; i < text.size; ++i) ids_[i] = numbers[i] + 1;
        add(ids_.data(), text.size);
    }

    // The result is whole, or ids will be given anew.
    void end() {
        end_order();
        for (const int32_t id : coded_) codes_[size_t(id)] = -1;
        coded_.clear();
    }

private:
    static void copy(const int32_t* ids, size_t n, int32_t* out) {
        for (size_t i = 0; i < n; ++i) out[i] = ids[i] - 1;
    }

    // False where ids are not in order.
    bool add_in_order(const int32_t* ids, size_t n, int32_t* out) {
        if (is_fresh_) {
            copy(ids, n, out);
            return true;
        }
        int32_t last = in_order_, beyond = 0;
        for (size_t i = 0; i < n; ++i) {
            last += ids[i] == last + 1;
            beyond |= last - ids[i];  // below 0 once an id is
            out[i] = ids[i] - 1;
        }
        if (beyond >= 0) {
            in_order_ = last;
            return true;
        }
        end_order();
        codes_.resize(size_t(terms_->size()) + 1, -1);
        for (int32_t id = 1; id <= result_->n_terms(); ++id) {
            codes_[size_t(id)] = id - 1;
            coded_.push_back(id);
        }
        return false;
    }

    // The result gets the terms that came in order.
    void end_order() {
        if (is_in_order_) result_->add_first(*terms_, is_fresh_ ? terms_->size() : in_order_);
        is_in_order_ = is_fresh_ = false;
    }

    Analyzed* result_ = nullptr;
    const TermTable* terms_ = nullptr;
    bool is_in_order_ = true, is_fresh_ = true;
    int32_t in_order_ = 0;  // terms that came in order; not counted in a table that began empty
    // Codes of terms in the result, -1 where not in it yet; the terms that have one. While in order, of none.
    std::vector<int32_t> codes_, coded_;
    std::vector<int32_t> ids_;  // of a text that is remembered
};

}  // namespace embedfn
