// Forms of a batch that are not remembered yet. Their terms are worked out while the batch is gone through, which asks for the
// cache lines in the table of terms; ids are given when all have been asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules.hpp"
#include "term_table.hpp"

namespace embedfn {

class NewForms final : TermSink {
public:
    struct NewForm {
        size_t place;        // where the caller wants the ids
        int32_t* value;      // the caller's
        size_t first, last;  // of the terms
        size_t n_terms() const { return last - first; }
    };

    // Works out the terms of a part; returns how many there are.
    size_t add(const Form& part, Rules& rules, size_t place, int32_t* value, const TermTable& table) {
        table_ = &table;
        const size_t first = terms_.size();
        rules.part_terms(part, *this);
        forms_.push_back({place, value, first, terms_.size()});
        return terms_.size() - first;
    }

    // The same terms are wanted at another place as well; how many.
    size_t add_again(size_t number, size_t place) {
        const NewForm form = forms_[number];
        forms_.push_back({place, nullptr, form.first, form.last});
        return form.n_terms();
    }

    size_t size() const { return forms_.size(); }
    // The forms in the order in which they were added.
    const std::vector<NewForm>& forms() const { return forms_; }

    // Gives a form's terms ids, `base` above the table's.
    void number(const NewForm& form, TermTable& table, int32_t base, int32_t* ids) const {
        for (size_t i = form.first; i < form.last; ++i) {
            Form term = terms_[i].term;
            if (!term.is_short()) term.from = arena_.data() + terms_[i].place;  // only now, since the arena moves while it grows
            *ids++ = base + table.insert(term);
        }
    }

    void clear() {
        forms_.clear();
        terms_.clear();
        arena_.clear();
    }

private:
    void term(const Bytes& bytes) override {
        const Form term(bytes);
        terms_.push_back({term, arena_.size()});
        table_->prefetch(term);
        if (!term.is_short()) arena_.append(bytes.from, bytes.size);
    }

    struct Spelled {
        Form term;
        size_t place;  // in arena_, of a long term
    };
    std::vector<NewForm> forms_;
    std::vector<Spelled> terms_;
    std::string arena_;
    const TermTable* table_ = nullptr;
};

}  // namespace embedfn
