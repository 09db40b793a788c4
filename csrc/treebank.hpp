// Words of one sentence after the Penn Treebank, as NLTK 3.10 finds them: replacements put spaces around marks and
// clitics, and the text is then split at white space. The sentence has one byte a character: ASCII, or wide_bytes.hpp.
// embedfn/lexical/treebank.py is the definition of correct and lists the replacements. Those that cannot see each
// other's work share a pass here, each comment says why; a pass runs only when the sentence has a character that it is
// about, and looks a fixed number of characters around, so the time is linear. Source of the rules:
// nltk.tokenize.destructive (Apache-2.0).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "treebank_text.hpp"

namespace embedfn {
namespace treebank {

// A word that is cut in two; `second` is where its second half begins.
struct Contraction {
    std::string_view text;
    uint8_t second;
};

// "wanna" is cut before white space only. The apostrophes of two of them are kept by the passes before.
inline constexpr Contraction contractions[] = {
    {"cannot", 3}, {"d'ye", 1}, {"gimme", 3}, {"gonna", 3}, {"gotta", 3}, {"lemme", 3}, {"more'n", 4}, {"wanna", 3},
};

// Letters and pairs that each contraction needs, of what a text has and has twice running.
inline bool may_be_contracted(uint64_t seen, uint64_t doubled) {
    const auto may_be = [&](char twice, std::string_view others) {
        return (doubled & letter(twice)) && (seen & letters(others)) == letters(others);
    };
    return (seen & apostrophe) || may_be('n', "acot") || may_be('n', "ago") || may_be('n', "aw") || may_be('m', "eg") ||
           may_be('m', "el") || may_be('t', "ago");
}

}  // namespace treebank

// Not to be shared between threads: it keeps the buffers. What a sentence has is noted once: no pass adds what a later
// one asks for, but for apostrophes out of double quotes, and one that asks for what is gone changes nothing.
class Treebank {
public:
    // The words in order; they lie in `sentence` or in this object, and last as long as the first and until the
    // second is called again.
    const std::vector<std::string_view>& words(std::string_view sentence) {
        using namespace treebank;
        text_.start(sentence);
        if (text_.has(backtick | opening_quote) || sentence.substr(0, 1) == "\"") open_backticks();
        if (text_.has(quote)) open_quotes();
        if (text_.has(period)) detach_final_period();
        if (text_.has(comma | symbol) || text_.doubled(period)) set_marks_apart();
        if (text_.has(question | star | bracket | apostrophe) || text_.doubled(dash)) set_late_marks_apart();
        if (text_.has(quote | closing_quote)) close_quotes();
        if (text_.has(quote)) cut_clitics();
        if (may_be_contracted(text_.seen(), text_.doubles())) {
            cut_contractions();
            if (text_.has(apostrophe)) {
                cut_after_space("'tis");
                cut_after_space("'twas");
            }
        }
        text_.split(words_);
        return words_;
    }

private:
    using Writer = treebank::Writer;

    // Runs of backticks and opening quotes apart, then each pair of backticks; a double quote that begins the text is
    // such a pair.
    void open_backticks() {
        using namespace treebank;
        text_.replace(backtick | double_quote | opening_quote, [](std::string_view text, size_t at, Writer& out) {
            if (text[at] == '"') {
                out.put(at ? "\"" : " `` ");
                return at + 1;
            }
            if (text[at] != '`') {
                out.put_apart(text[at]);
                return at + 1;
            }
            size_t end = at;
            while (end < text.size() && text[end] == '`') ++end;
            out.put(' ');
            for (; at + 2 <= end; at += 2) out.put(" `` ");
            if (at < end) out.put('`');
            out.put(' ');
            return end;
        });
    }

    // Opening quotes: the double ones behind a space or a bracket, and an apostrophe before a word that is no clitic.
    // The second rule asks for a word character at one side and none at the other, which the first does not change.
    void open_quotes() {
        using namespace treebank;
        text_.replace(quote, [](std::string_view text, size_t at, Writer& out) {
            const uint64_t before = at ? kind_of(text[at - 1]) : 0;
            const bool is_single = text[at] == '\'';
            const bool is_pair = !is_single || (at + 1 < text.size() && text[at + 1] == '\'');
            if (is_pair && (before & (plain_space | opening_bracket))) {
                out.put(" `` ");
                return at + 1 + is_single;
            }
            out.put(text[at]);
            if (is_single && !(before & word) && (kind_at(text, at + 1) & word) && !is_clitic(text, at + 1))
                out.put(' ');
            return at + 1;
        });
    }

    // A whole word that keeps the apostrophe before it.
    static bool is_clitic(std::string_view text, size_t at) {
        using namespace treebank;
        constexpr uint64_t singles = letters("mtsdn") | long_s;
        if ((kind_at(text, at) & singles) && !(kind_at(text, at + 1) & word)) return true;
        if (!follows(text, at, "re") && !follows(text, at, "ve") && !follows(text, at, "ll")) return false;
        return !(kind_at(text, at + 2) & word);
    }

    // Sets the last period apart when it follows another character than a period and nothing follows it but closing
    // marks and then white space, which is lost. What Python tries again later can only move spaces.
    void detach_final_period() {
        using namespace treebank;
        const std::string_view text = text_.text();
        const size_t at = text.rfind('.');
        if (at == text.npos || at == 0 || text[at - 1] == '.') return;
        size_t end = at + 1;
        while (kind_at(text, end) & (closing_bracket | quote | closing_quote | plain_space)) ++end;
        for (size_t i = end; i < text.size(); ++i)
            if (!(kind_of(text[i]) & space)) return;
        Writer out = text_.begin(0, 3);
        out.put(text.substr(0, at));
        out.put_apart('.');
        out.put(text.substr(at + 1, end - at - 1));
        out.put(' ');
        text_.finish(out);
    }

    // Commas and colons before no digit or at the end; then runs of periods; then symbols. The first rule takes the
    // character behind its mark too, which spares that one if it is a comma; the others only add spaces around.
    void set_marks_apart() {
        using namespace treebank;
        const uint64_t marks = comma | symbol | text_.doubled(period);
        text_.replace(marks, [](std::string_view text, size_t at, Writer& out) {
            const char mark = text[at];
            const uint64_t kind = kind_of(mark);
            if (kind & symbol) {
                out.put_apart(mark);
                return at + 1;
            }
            if (kind & period) {
                size_t end = at;
                while (end < text.size() && text[end] == '.') ++end;
                const bool is_run = end - at > 1;
                if (is_run) out.put(' ');
                out.put(text.substr(at, end - at));
                if (is_run) out.put(' ');
                return end;
            }
            const uint64_t after = kind_at(text, at + 1);
            if (after & digit) {
                out.put(mark);
                return at + 1;
            }
            out.put_apart(mark);
            if (!(after & comma)) return at + 1;
            out.put(text[at + 1]);
            return at + 2;
        });
    }

    // Question and exclamation marks; then an apostrophe between another character and a space; then stars, brackets
    // and pairs of dashes. The second rule sees the spaces of the first, not of the last.
    void set_late_marks_apart() {
        using namespace treebank;
        const uint64_t marks = question | apostrophe | star | bracket | text_.doubled(dash);
        text_.replace(marks, [](std::string_view text, size_t at, Writer& out) {
            const char mark = text[at];
            const uint64_t kind = kind_of(mark);
            if (kind & apostrophe) {
                const bool is_before_space = kind_at(text, at + 1) & (plain_space | question);
                if (at && text[at - 1] != '\'' && is_before_space)
                    out.put_apart(mark);
                else
                    out.put(mark);
                return at + 1;
            }
            if (!(kind & dash)) {
                out.put_apart(mark);
                return at + 1;
            }
            const bool is_pair = at + 1 < text.size() && text[at + 1] == '-';
            out.put(is_pair ? " -- " : "-");
            return at + 1 + is_pair;
        });
    }

    // A plain space at both ends and for all white space, and closing quotes apart, the pairs of apostrophes before
    // the double quotes. Without quotes of ASCII, what white space is left does not matter.
    void close_quotes() {
        using namespace treebank;
        const std::string_view text = text_.text();
        Writer out = text_.begin(quote | closing_quote, 2);
        out.put(' ');
        for (size_t at = 0; at < text.size(); ++at) {
            const uint64_t kind = kind_of(text[at]);
            if (!(kind & (quote | closing_quote | space))) {
                out.put(text[at]);
            } else if (kind & space) {
                out.put(' ');
            } else if (kind & closing_quote) {
                out.put_apart(text[at]);
            } else if ((kind & double_quote) || (at + 1 < text.size() && text[at + 1] == '\'')) {
                at += (kind & apostrophe) != 0;
                out.put(" '' ");
            } else {
                out.put('\'');
            }
        }
        out.put(' ');
        text_.finish(out);
    }

    // Clitics before a space and behind neither space nor apostrophe: first the short ones, then the long ones, which
    // see the space that is put before a short one.
    void cut_clitics() {
        using namespace treebank;
        text_.replace(apostrophe, [](std::string_view text, size_t at, Writer& out) {
            const auto has_stem = [&](size_t i) { return !(kind_of(text[i - 1]) & (plain_space | apostrophe)); };
            const auto ends = [&](size_t i) {
                return text[i] == ' ' || (text[i] == '\'' && is_short_clitic(text, i));
            };
            if (has_stem(at)) {
                if (is_short_clitic(text, at) || (is_long_clitic(text.substr(at + 1, 2)) && ends(at + 3))) {
                    out.put(' ');
                } else if (is_negation(text.substr(at - 1, 3)) && has_stem(at - 1) && ends(at + 2)) {
                    out.at[-1] = ' ';
                    out.put(text[at - 1]);
                }
            }
            out.put('\'');
            return at + 1;
        });
    }

    // With a space behind it; the text ends with one, so that there is something to look at.
    static bool is_short_clitic(std::string_view text, size_t apostrophe) {
        constexpr uint64_t singles = treebank::letters("smd");
        return text[apostrophe + 1] == ' ' ||
               ((treebank::kind_of(text[apostrophe + 1]) & singles) && text[apostrophe + 2] == ' ');
    }

    static bool is_long_clitic(std::string_view letters) {
        return letters == "ll" || letters == "LL" || letters == "re" || letters == "RE" || letters == "ve" ||
               letters == "VE";
    }

    static bool is_negation(std::string_view letters) { return letters == "n't" || letters == "N'T"; }

    // Contractions that are whole words. What one leaves has a boundary where there was one, and each ends where
    // another cannot begin: one pass does for all.
    void cut_contractions() {
        using namespace treebank;
        constexpr uint64_t first = letters("cdglmw");
        text_.replace(first, [](std::string_view text, size_t at, Writer& out) {
            if (at == 0 || !(kind_of(text[at - 1]) & re_word)) {
                for (const Contraction& contraction : contractions) {
                    const size_t size = contraction.text.size();
                    if (!follows(text, at, contraction.text)) continue;
                    const uint64_t after = kind_at(text, at + size);
                    if (after & re_word) continue;
                    // The end of the text stands for the space that Python puts there.
                    if (contraction.text[0] == 'w' && at + size < text.size() && !(after & split_space)) continue;
                    put_halves(text.substr(at, size), contraction.second, out);
                    return at + size;
                }
            }
            out.put(text[at]);
            return at + 1;
        });
    }

    // The halves of a contraction, as everywhere in Python: " 1 2 ".
    static void put_halves(std::string_view whole, size_t second, Writer& out) {
        out.put(' ');
        out.put(whole.substr(0, second));
        out.put(' ');
        out.put(whole.substr(second));
        out.put(' ');
    }

    // 'tis and 'twas behind a space, which may be one that the cuts before this one left.
    void cut_after_space(std::string_view contraction) {
        using namespace treebank;
        text_.replace(apostrophe, [&](std::string_view text, size_t at, Writer& out) {
            const size_t size = contraction.size();
            if (at && text[at - 1] == ' ' && follows(text, at, contraction) && !(kind_at(text, at + size) & re_word)) {
                put_halves(text.substr(at, size), 2, out);
                return at + size;
            }
            out.put('\'');
            return at + 1;
        });
    }

    treebank::Rewriting text_;
    std::vector<std::string_view> words_;
};

}  // namespace embedfn
