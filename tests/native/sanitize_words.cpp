// Replays inputs of the native words, stems and breaks and compares with the results that Python gave: to be built
// with sanitizers, or with full optimisation to see what each costs. Each input lies alone in memory of its size.
//
//     sanitize_words DATA FOLDER
//
// DATA is src/embedfn/lexical/data; FOLDER is what `python -m tests.kernels.words_sweep --write FOLDER` and the same of
// stems_sweep wrote.
#include <chrono>
#include <cstring>
#include <iostream>
#include <memory>
#include <vector>

#include "inputs.hpp"
#include "stemmers.hpp"
#include "treebank.hpp"
#include "wide_break.hpp"
#include "wide_text.hpp"

namespace {

struct Case {
    std::unique_ptr<char[]> bytes;
    size_t size;
    std::string expected;

    std::string_view input() const { return {bytes.get(), size}; }
};

std::vector<Case> read_cases(const std::string& path) {
    const std::string data = read_file(path);
    size_t at = 0;
    std::vector<Case> cases;
    while (at < data.size()) {
        const std::string_view input = next_piece(data, at);
        auto bytes = std::make_unique<char[]>(input.size());
        std::memcpy(bytes.get(), input.data(), input.size());
        cases.push_back({std::move(bytes), input.size(), std::string(next_piece(data, at))});
    }
    return cases;
}

// Compares, then times runs whose results are not looked at. The number of differences.
template <class Compute, class Run>
int replay(const std::string& folder, const std::string& stage, Compute compute, Run run) {
    const std::vector<Case> cases = read_cases(folder + "/" + stage + ".bin");
    int differences = 0;
    for (const Case& one : cases) differences += compute(one.input()) != one.expected;
    size_t sum = 0;
    const auto start = std::chrono::steady_clock::now();
    for (const Case& one : cases) sum += run(one.input());
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    std::cout << stage << ": " << differences << " differences in " << cases.size() << " inputs, "
              << spent.count() / double(std::max<size_t>(cases.size(), 1)) << " ns each (" << sum << ")\n";
    return differences;
}

// The stages with characters beyond ASCII.
int replay_wide(const embedfn::PunktModel& model, const std::string& folder) {
    embedfn::Treebank treebank;
    embedfn::WideText wide;
    std::string word, joined;
    const auto words = [&](std::string_view input) {
        joined.clear();
        if (!wide.read(input, model.characters)) return size_t(0);
        for (const std::string_view found : treebank.words(wide.bytes())) {
            wide.restore(found, word);
            joined += (joined.empty() ? "" : "\n") + word;
        }
        return joined.size();
    };
    const auto has_break = [&](std::string_view input) {
        const auto decision = embedfn::has_wide_break(model, input, wide);
        return !decision ? "unknown" : *decision ? "True" : "False";
    };
    const auto lower = [&](std::string_view input) { return embedfn::lower_utf8(input, model.characters, word); };
    int differences = replay(
        folder, "wide_words", [&](std::string_view input) { return words(input), joined; }, words);
    differences += replay(folder, "wide_break", has_break,
                          [&](std::string_view input) { return size_t(has_break(input)[0]); });
    differences += replay(
        folder, "wide_lower", [&](std::string_view input) { return lower(input), word; }, lower);
    return differences;
}

// The stem of a word, with memory that has no room beyond it; the same for a word that lacks its last byte.
std::string checked_stem(const embedfn::Stemmer& stemmer, std::string_view input) {
    std::string stem, other;
    for (const size_t lacking : {size_t(!input.empty()), size_t(0)}) {
        const std::vector<char> bytes(input.begin(), input.end() - std::ptrdiff_t(lacking));
        embedfn::StemScratch decoded, scratch;
        embedfn::code_points({bytes.data(), bytes.size()}, decoded);
        stem.assign(bytes.begin(), bytes.end());
        embedfn::stem_utf8(&stemmer, stem, scratch);
        stemmer.letters(decoded);
        other.clear();
        embedfn::append_utf8(decoded.data(), decoded.size(), other);
    }
    if (stemmer.short_ascii && input.size() <= embedfn::ShortWord::MOST && embedfn::is_ascii(input)) {
        embedfn::ShortWord word(input);
        stemmer.short_ascii(word);
        if (std::string_view(word) != stem) return "not the stem of the short word";
    }
    return stem == other ? stem : "not the stem of the code points";
}

int replay_stems(const std::string& folder) {
    std::string word;
    embedfn::StemScratch scratch;
    int differences = 0;
    for (const embedfn::Stemmer& stemmer : embedfn::stems::all)
        differences += replay(
            folder, "stem_" + std::string(stemmer.language),
            [&](std::string_view input) { return checked_stem(stemmer, input); },
            [&](std::string_view input) {
                word.assign(input);
                embedfn::stem_utf8(&stemmer, word, scratch);
                return word.size();
            });
    return differences;
}

int replay_all(const std::string& data, const std::string& folder) {
    const embedfn::PunktModel model = read_model(data, folder);
    embedfn::Treebank treebank;
    std::string word;
    const auto stem = [&](std::string_view input) {
        word.assign(input);
        for (char& c : word) c = embedfn::treebank::lower(c);
        embedfn::stem_english(word);
        return word.size();
    };
    int differences = replay(
        folder, "stem", [&](std::string_view input) { return stem(input), word; }, stem);
    differences += replay(
        folder, "words",
        [&](std::string_view input) {
            std::string joined;
            for (const std::string_view found : treebank.words(input))
                joined += (joined.empty() ? "" : "\n") + std::string(found);
            return joined;
        },
        [&](std::string_view input) { return treebank.words(input).size(); });
    differences += replay(
        folder, "break",
        [&](std::string_view input) { return embedfn::has_break(model, input) ? "True" : "False"; },
        [&](std::string_view input) { return size_t(embedfn::has_break(model, input)); });
    return differences + replay_wide(model, folder) + replay_stems(folder);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: sanitize_words DATA FOLDER\n";
        return 2;
    }
    return replay_all(argv[1], argv[2]) != 0;
}
