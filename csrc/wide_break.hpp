// Punkt's decision for snippets in UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "punkt_break.hpp"
#include "wide_text.hpp"

namespace embedfn {
namespace punkt {

// A model that is asked about words of a snippet in bytes, and knows what they stand for.
class WideModel {
public:
    WideModel(const PunktModel& model, const WideText& snippet) : model_(model), snippet_(snippet) {}

    PunktModel::Word find(std::string_view word) const {
        if (is_ascii(word)) return model_.find(word);
        if (lower_utf8(snippet_.original(word), model_.characters, lower_)) return model_.find_lower(lower_);
        is_sure_ = false;
        return {};
    }

    bool may_hold_on(std::string_view word) const { return !is_ascii(word) || model_.may_hold_on(word); }

    bool stay_together(const PunktModel::Word& first, const PunktModel::Word& second) const {
        return model_.stay_together(first, second);
    }

    // False if some word's lower case is unknown, so that a decision may be wrong.
    bool is_sure() const { return is_sure_; }

private:
    const PunktModel& model_;
    const WideText& snippet_;
    mutable std::string lower_;
    mutable bool is_sure_ = true;
};

}  // namespace punkt

// has_break for any snippet in UTF-8; nothing where only Python can tell. `scratch` is overwritten.
inline std::optional<bool> has_wide_break(const PunktModel& model, std::string_view snippet, WideText& scratch) {
    if (!scratch.read(snippet, model.characters)) return std::nullopt;
    const punkt::WideModel known(model, scratch);
    const bool decision = has_break(known, scratch.bytes());
    return known.is_sure() ? std::optional(decision) : std::nullopt;
}

}  // namespace embedfn
