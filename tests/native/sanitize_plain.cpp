// The quick ways through plain parts and breaks (plain_parts.hpp) beside those for any: all short parts of some characters with every
// flag that can matter, and all short words before some others. To be built with sanitizers; each part is memory of its size.
//
//     sanitize_plain DATA FOLDER
//
// As sanitize_analysis.
#include <functional>
#include <iostream>
#include <memory>

#include "inputs.hpp"
#include "native_rules.hpp"

namespace {

using namespace embedfn;
using Words = std::vector<std::string>;

// Calls f for all texts of 1 to `longest` of these characters.
void each_text(std::string_view characters, size_t longest, const std::function<void(const std::string&)>& f) {
    std::vector<std::string> shorter{""};
    for (size_t size = 1; size <= longest; ++size) {
        std::vector<std::string> texts;
        for (const auto& text : shorter)
            for (const char c : characters) texts.push_back(text + c);
        for (const auto& text : texts) f(text);
        shorter = std::move(texts);
    }
}

// The flags that sentences.hpp keeps for a part.
int kept(std::string_view part, int flags) {
    const char *const from = part.data(), *const end = from + part.size();
    int mask = 0;
    if (*from == '"' || *from == '\'') mask |= PART_FIRST | PART_AFTER_LINE;
    if (end[-1] == '\'') mask |= PART_BEFORE_LINE | PART_FINAL;
    const char* const tail = before_closers(from, end);
    if (tail > from && tail[-1] == '.') mask |= PART_FINAL;
    return flags & mask;
}

struct Compared {
    int64_t parts = 0, plain = 0, differences = 0;

    void check(bool is_right, const std::string& what) {
        differences += !is_right;
        if (!is_right && differences < 10) std::cout << "differs: " << what << "\n";
    }
};

void compare_part(const std::string& given, Treebank& treebank, Compared& compared) {
    const auto bytes = std::make_unique<char[]>(given.size());
    std::memcpy(bytes.get(), given.data(), given.size());
    const std::string_view part(bytes.get(), given.size());
    for (int flags = 0; flags < 16; ++flags) {
        const bool is_first = flags & PART_FIRST, is_final = flags & PART_FINAL;
        if (kept(part, flags) != flags || (is_first && flags & PART_AFTER_LINE) || (is_final && flags & PART_BEFORE_LINE)) continue;
        std::string sentence = is_first ? "" : flags & PART_AFTER_LINE ? "x\n" : "x ";
        sentence += part;
        if (!is_final) sentence += flags & PART_BEFORE_LINE ? "\nx" : " x";
        const auto& all = treebank.words(sentence);
        const Words wanted(all.begin() + !is_first, all.end() - !is_final);
        Words found;
        ++compared.parts;
        const std::string what = given + " with flags " + std::to_string(flags);
        if (plain_words(part, flags, [&](std::string_view word) { found.emplace_back(word); })) {
            ++compared.plain;
            compared.check(found == wanted, what);
        }
        if (const size_t size = one_word(Form(bytes_of(part), uint32_t(flags)))) {
            found = {given.substr(0, size)};
            if (size < given.size()) found.push_back(given.substr(size));
            compared.check(found == wanted, what + ", as one word");
        }
    }
}

void compare_break(const PunktModel& model, const std::string& word, const std::string& next, Compared& compared) {
    const int known = plain_break(model, word, next);
    ++compared.parts;
    if (known < 0) return;
    ++compared.plain;
    const std::string snippet = word + " " + next;
    static WideText wide;
    const bool wanted = is_ascii(snippet) ? has_break(model, snippet) : has_wide_break(model, snippet, wide).value();
    compared.check(known == wanted, word + " before " + next);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: sanitize_plain DATA FOLDER\n";
        return 2;
    }
    const PunktModel model = read_model(argv[1], argv[2]);
    Compared words, breaks;
    Treebank treebank;
    const auto part = [&](const std::string& text) { compare_part(text, treebank, words); };
    for (const char* characters : {"an1.,:\"`-(;", "1.,:\"`-<?*a", "a.-\"\x1c\x01/='"}) each_text(characters, 5, part);
    for (const char* characters : {"gontamiel", "gonGAN.", "canot."}) each_text(characters, 5, part);
    for (const char* word : {"gonna", "cannot", "Lemme", "more"})
        for (const char c : std::string_view(" .,:;\"'`-/_1a(&"))
            if (c != ' ') part(std::string(word) + c), part(c + std::string(word)), part(std::string(word) + c + word);
    const std::vector<const char*> followers{"a", "A", "The", "the,", "1", "..", ".", "(a", "-", "--", "\"A", "a.b", "A.", "'s", "1.", "a?", "(A!", "x.)",
                                             "\xc3\xa9", "_", "I", "he"};
    const auto with_all = [&](const std::string& word) {
        for (const char* next : followers) compare_break(model, word + ".", next, breaks);
    };
    for (const char* characters : {"aAe1.-)_,/", "a1.(\"`'?:-#", "aI-`&*]!"}) each_text(characters, 4, with_all);
    for (const char* word : {"e.g", "i.e", "dr", "Mr", "U.S", "etc", "no", "vs", "x-dr", "dr-x", "inc", "st", "1", "3", "a", "p.m"})
        for (const char* before : {"", "(", "x.(", "`", "``", "\"", "'", "a?)", "a:", "-", "--", "#", "\xc3\xa9)", "3.", "x,"}) with_all(std::string(before) + word);
    for (const auto& [name, compared] : {std::pair{"words", words}, std::pair{"breaks", breaks}})
        std::cout << "plain " << name << ": " << compared.differences << " differences in " << compared.parts << ", of which "
                  << compared.plain << " are plain\n";
    return words.differences + breaks.differences != 0;
}
