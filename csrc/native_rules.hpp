// Rules worked out in C++ where the text is ASCII, and asked of Python where it is not or where a step is unknown here.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "callbacks.hpp"
#include "plain_parts.hpp"
#include "punkt_break.hpp"
#include "stem_english.hpp"
#include "treebank.hpp"

namespace embedfn {

inline bool is_ascii(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return uint8_t(c) & 0x80; });
}

// What happens to one word behind the tokenizer, step by step.
class WordSteps {
public:
    void lowercase() {
        if (!is_lower_) steps_.push_back({Kind::lowercase, {}});
        is_lower_ = true;
    }
    void drop(const std::vector<std::string>& words) {
        if (steps_.empty() || steps_.back().kind != Kind::drop) steps_.push_back({Kind::drop, {}});
        FormTable& dropped = steps_.back().words;
        for (const std::string& word : words)
            if (const Form form(bytes_of(word)); !dropped.find(form)) dropped.insert(form, 0);
    }
    void stem() { steps_.push_back({Kind::stem, {}}); }

    // Changes an ASCII word; false if a step drops it.
    bool run(std::string& word) const {
        for (const Step& step : steps_) {
            if (step.kind == Kind::lowercase) {
                for (char& c : word) c = char(uint8_t(c - 'A') < 26 ? c | 0x20 : c);
            } else if (step.kind == Kind::drop) {
                if (step.words.find(Form(bytes_of(word)))) return false;
            } else {
                stem_english(word);
            }
        }
        return true;
    }

private:
    enum class Kind { lowercase, drop, stem };
    struct Step {
        Kind kind;
        FormTable words;
    };
    std::vector<Step> steps_;
    bool is_lower_ = false;  // stems stay in lower case
};

class NativeRules final : public Rules {
public:
    // `steps` is null where a step is not known here.
    NativeRules(const PunktModel& model, const WordSteps* steps, const Callbacks& callbacks)
        : model_(model), steps_(steps), python_(callbacks) {
        word_.reserve(64);
    }

    int plain_break(std::string_view word, std::string_view next) override {
        return embedfn::plain_break(model_, word, next);
    }

    bool drops(char mark) const override {
        std::string word(1, mark);
        return steps_ && !steps_->run(word);
    }

    bool ends_sentence(std::string_view snippet) override {
        return is_ascii(snippet) ? has_break(model_, snippet) : python_.ends_sentence(snippet);
    }

    void part_terms(std::string_view part, int flags, TermSink& sink) override {
        const auto take = [&](std::string_view word) {
            word_.assign(word);
            if (steps_->run(word_)) sink.term(bytes_of(word_));
        };
        if (steps_ && plain_words(part, flags, take)) return;
        if (!steps_ || !is_ascii(part)) return python_.part_terms(part, flags, sink);
        // A letter stands for the rest of the sentence, as in embedfn.lexical.fast: no rule looks further.
        const bool before = !(flags & PART_FIRST), after = !(flags & PART_FINAL);
        sentence_.clear();
        if (before) sentence_ += flags & PART_AFTER_LINE ? "x\n" : "x ";
        sentence_ += part;
        if (after) sentence_ += flags & PART_BEFORE_LINE ? "\nx" : " x";
        const auto& words = treebank_.words(sentence_);
        for (size_t i = before; i + after < words.size(); ++i) take(words[i]);
    }

    void text_terms(int64_t text, TermSink& sink) override { python_.text_terms(text, sink); }

private:
    const PunktModel& model_;
    const WordSteps* steps_;
    CallbackRules python_;
    Treebank treebank_;
    std::string sentence_, word_;
};

inline std::vector<Analyzed> analyze_with(WorkerPool& pool, const StrStorage* texts, const int64_t* indptr, int64_t n,
                                          int n_threads, const PunktModel& model, const WordSteps* steps,
                                          const Callbacks& callbacks) {
    return analyze_texts(pool, texts, indptr, n, n_threads,
                         [&] { return NativeRules(model, steps, callbacks); });
}

}  // namespace embedfn
