// Replays inputs of the native words, stems and breaks and compares with the results that Python gave: to be built
// with sanitizers, or with full optimisation to see what each costs. Each input lies alone in memory of its size.
//
//     sanitize_words PUNKT_TABLE FOLDER
//
// FOLDER is what `python -m tests.kernels.words_sweep --write FOLDER` wrote.
#include <chrono>
#include <cstring>
#include <iostream>
#include <memory>
#include <vector>

#include "inputs.hpp"
#include "stem_english.hpp"
#include "treebank.hpp"

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

int replay_all(const std::string& table, const std::string& folder) {
    const embedfn::PunktModel model = read_model(table);
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
    return differences;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: sanitize_words PUNKT_TABLE FOLDER\n";
        return 2;
    }
    return replay_all(argv[1], argv[2]) != 0;
}
