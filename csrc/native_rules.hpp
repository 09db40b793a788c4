// Rules worked out in C++, and asked of Python where a step is unknown here or where only Python can tell. ASCII, most of what
// is met, has ways of its own; any other text takes them in bytes that stand for its characters (wide_text.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis.hpp"
#include "callbacks.hpp"
#include "plain_parts.hpp"
#include "punkt_break.hpp"
#include "stemmers.hpp"
#include "treebank.hpp"
#include "uax29.hpp"
#include "wide_break.hpp"
#include "wide_text.hpp"

namespace embedfn {

// What happens to one word behind the tokenizer, step by step.
class WordSteps {
public:
    void lowercase() {
        if (!is_lower_) steps_.push_back({Kind::lowercase, {}, nullptr});
        is_lower_ = true;
    }
    void drop(const std::vector<std::string>& words) {
        if (steps_.empty() || steps_.back().kind != Kind::drop) steps_.push_back({Kind::drop, {}, nullptr});
        Step& step = steps_.back();
        for (const std::string& word : words) {
            step.shapes.add(word);
            if (const Form form(bytes_of(word)); !step.words.find(form)) step.words.insert(form, 0);
        }
        note_dropped();
    }
    // False for a language without a stemmer.
    bool stem(std::string_view language) {
        const Stem stemmer = stemmer_of(language);
        steps_.push_back({Kind::stem, {}, stemmer});
        take_short_words_ &= stemmer && stemmer->short_ascii;
        return stemmer;
    }

    // Changes an ASCII word; false if a step drops it. `scratch` is overwritten.
    template <class Word> bool run(Word& word, StemScratch& scratch) const {
        for (const Step& step : steps_) {
            if (step.kind == Kind::lowercase) lowercase(word);
            else if (step.kind == Kind::stem) stem_ascii(step.stemmer, word, scratch);
            else if (step.drops(word)) return false;
        }
        return true;
    }

    // Whether words can be run as ShortWord.
    bool take_short_words() const { return take_short_words_; }

    // Whether a word of one ASCII character is dropped.
    bool drops_char(char c) const { return uint8_t(c) < dropped_.size() && dropped_[uint8_t(c)]; }

    enum class Fate { kept, dropped, unknown };

    // The same for any word in UTF-8; unknown where only Python can tell.
    Fate run_wide(std::string& word, const Characters& characters, std::string& lower, StemScratch& scratch) const {
        for (const Step& step : steps_) {
            if (step.kind == Kind::lowercase) {
                if (!lower_utf8(word, characters, lower)) return Fate::unknown;
                word.swap(lower);
            } else if (step.kind == Kind::drop) {
                if (step.drops(word)) return Fate::dropped;
            } else {
                stem_utf8(step.stemmer, word, scratch);
            }
        }
        return Fate::kept;
    }

private:
    enum class Kind { lowercase, drop, stem };
    struct Step {
        Kind kind;
        FormTable words;
        Stem stemmer = nullptr;
        WordShapes shapes = {};

        template <class Word> bool drops(const Word& word) const {
            // An empty word has no shape.
            return (word.empty() || shapes.may_have(word)) && words.find(Form(bytes_of(word)));
        }
    };

    static void lowercase(ShortWord& word) { word.lowercase(); }
    static void lowercase(std::string& word) {
        for (char& c : word) c = char(uint8_t(c - 'A') < 26 ? c | 0x20 : c);
    }

    void note_dropped() {
        StemScratch scratch;
        for (size_t c = 0; c < dropped_.size(); ++c) {
            std::string word(1, char(c));
            dropped_[c] = !run(word, scratch);
        }
    }

    std::vector<Step> steps_;
    std::array<bool, 128> dropped_{};
    bool is_lower_ = false, take_short_words_ = true;
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

    bool drops(char mark) const override { return steps_ && steps_->drops_char(mark); }

    bool ends_sentence(std::string_view snippet) override {
        if (is_ascii(snippet)) return has_break(model_, snippet);
        const auto decision = has_wide_break(model_, snippet, wide_);
        return decision ? *decision : python_.ends_sentence(snippet);
    }

    void part_terms(const Form& part, TermSink& sink) override {
        const auto flags = int(part.tag());
        const auto take = [&](std::string_view word) {
            if (word.size() == 1 && steps_->drops_char(word[0])) return;
            if (word.size() <= ShortWord::MOST && steps_->take_short_words()) return run(ShortWord(word), sink);
            word_.assign(word);
            if (steps_->run(word_, scratch_)) sink.term(bytes_of(word_));
        };
        if (!steps_) return python_.part_terms(part, sink);
        if (const size_t size = steps_->take_short_words() ? one_word(part) : 0) {
            run(ShortWord(part.first, part.second, size), sink);
            if (size < part.size) take(part.text().substr(size));
            return;
        }
        if (plain_words(part.text(), flags, take)) return;
        // A letter stands for the rest of the sentence, as in embedfn.lexical.fast: no rule looks further.
        const bool before = !(flags & PART_FIRST), after = !(flags & PART_FINAL);
        sentence_.clear();
        if (before) sentence_ += flags & PART_AFTER_LINE ? "x\n" : "x ";
        sentence_ += part.text();
        if (after) sentence_ += flags & PART_BEFORE_LINE ? "\nx" : " x";
        if (is_ascii(part.text())) {
            const auto& words = treebank_.words(sentence_);
            for (size_t i = before; i + after < words.size(); ++i) take(words[i]);
        } else if (wide_terms(before, after)) {
            const char* from = terms_.data();
            for (const size_t size : sizes_) {
                sink.term(from, size);
                from += size;
            }
        } else {
            python_.part_terms(part, sink);
        }
    }

private:
    void run(ShortWord word, TermSink& sink) {
        if (steps_->run(word, scratch_)) sink.term(bytes_of(word));
    }

    // Puts the terms of sentence_, less the letters around, into terms_ and sizes_; false where only Python can tell.
    bool wide_terms(bool before, bool after) {
        using Fate = WordSteps::Fate;
        if (!wide_.read(sentence_, model_.characters)) return false;
        terms_.clear();
        sizes_.clear();
        const auto& words = treebank_.words(wide_.bytes());
        for (size_t i = before; i + after < words.size(); ++i) {
            wide_.restore(words[i], word_);
            const Fate fate = steps_->run_wide(word_, model_.characters, lower_, scratch_);
            if (fate == Fate::unknown) return false;
            if (fate == Fate::dropped) continue;
            terms_ += word_;
            sizes_.push_back(word_.size());
        }
        return true;
    }

    const PunktModel& model_;
    const WordSteps* steps_;
    CallbackRules python_;
    Treebank treebank_;
    WideText wide_;
    std::string sentence_, word_, lower_;
    StemScratch scratch_;
    std::string terms_;  // of one part, which are given out when all are known
    std::vector<size_t> sizes_;
};

// For walks whose parts are words already. `steps` must not be null.
class WordRules final : public Rules {
public:
    WordRules(const Characters& characters, const WordSteps* steps, const Callbacks& callbacks)
        : characters_(characters), steps_(*steps), python_(callbacks) {
        word_.reserve(64);
    }

    bool ends_sentence(std::string_view) override { return false; }

    void part_terms(const Form& part, TermSink& sink) override {
        using Fate = WordSteps::Fate;
        if (part.is_short() && steps_.take_short_words() && part.is_ascii()) {
            ShortWord word(part.first, part.second, part.size);
            if (steps_.run(word, scratch_)) sink.term(bytes_of(word));
            return;
        }
        word_.assign(part.text());
        Fate fate = Fate::kept;
        if (!is_ascii(part.text())) fate = steps_.run_wide(word_, characters_, lower_, scratch_);
        else if (!steps_.run(word_, scratch_)) fate = Fate::dropped;
        if (fate == Fate::kept) sink.term(bytes_of(word_));
        if (fate == Fate::unknown) python_.part_terms(part, sink);
    }

private:
    const Characters& characters_;
    const WordSteps& steps_;
    CallbackRules python_;
    std::string word_, lower_;
    StemScratch scratch_;
};

inline std::vector<Analyzed> analyze_with(WorkerPool& pool, const StrStorage* texts, const int64_t* indptr, int64_t n,
                                          int n_threads, const PunktModel& model, const WordSteps* steps,
                                          const Callbacks& callbacks) {
    return analyze_texts(
        pool, texts, indptr, n, n_threads, [&] { return NativeRules(model, steps, callbacks); },
        [](std::string_view text, Worker& worker) { SentenceWalk<Worker>(text, worker, worker.maps()).run(); },
        [](std::string_view text, Worker& worker) { return SentenceWalk<Worker>(text, worker, worker.maps()).cut(); });
}

// The same by Unicode's words.
inline std::vector<Analyzed> analyze_words(WorkerPool& pool, const StrStorage* texts, const int64_t* indptr, int64_t n,
                                           int n_threads, const WordBreakTable& table, const Characters& characters,
                                           const WordSteps* steps, const Callbacks& callbacks) {
    return analyze_texts(
        pool, texts, indptr, n, n_threads, [&] { return WordRules(characters, steps, callbacks); },
        [&](std::string_view text, Worker& worker) { WordWalk<Worker>(text, worker, table).run(); },
        [](std::string_view text, Worker&) {
            // No rule reaches over a space from one ASCII letter to another.
            const auto is_letter = [](char c) { return uint8_t((c | 0x20) - 'a') < 26; };
            for (size_t i = 2; i < text.size(); ++i)
                if (is_letter(text[i]) && text[i - 1] == ' ' && is_letter(text[i - 2])) return i;
            return text.size();
        });
}

}  // namespace embedfn
