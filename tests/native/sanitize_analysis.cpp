// Runs texts through the whole native analysis, each in memory of exactly its size: to be built with sanitizers, which then see
// any byte read before or behind it. Terms must not depend on where a text lies, on what was remembered, on its neighbours or on
// threads. What is right is not known here: python -m tests.lexical.fuzz compares.
//
//     sanitize_analysis DATA FOLDER
//
// DATA is src/embedfn/lexical/data; FOLDER holds facts.bin of `python -m tests.kernels.words_sweep --write FOLDER` and what
// `python -m tests.lexical.fuzz --write FOLDER/texts.bin` wrote.
#include <iostream>
#include <memory>
#include <random>
#include <thread>

#include "inputs.hpp"
#include "native_rules.hpp"

namespace {

using Terms = std::vector<std::string>;

#if defined(__SANITIZE_THREAD__)
constexpr size_t ALIGNMENTS = 1;  // races do not depend on it
#else
constexpr size_t ALIGNMENTS = 16;
#endif
constexpr size_t SHORT = 80;  // bytes: such texts are tried at every alignment, longer ones at one
constexpr int THREADS = 3, CALLERS = 4;

// A text's characters in memory that ends with them, at an address of the given alignment.
class Placed {
public:
    // As Python keeps it, in the narrowest of ASCII, 1, 2 and 4 bytes a character.
    Placed(const std::u32string& text, size_t alignment) {
        char32_t widest = 0;
        for (const char32_t c : text) widest = std::max(widest, c);
        storage_.width = widest < 0x80 ? 0 : widest < 0x100 ? 1 : widest < 0x10000 ? 2 : 4;
        const size_t unit = storage_.width ? size_t(storage_.width) : 1;
        char* const at = allocate(text.size() * unit, alignment / unit * unit);
        for (size_t i = 0; i < text.size(); ++i) std::memcpy(at + i * unit, &text[i], unit);  // little-endian
        storage_.length = text.size();
    }
    // UTF-8 itself, which Python gives for ASCII only: what was written out then ends its memory too.
    Placed(std::string_view utf8, size_t alignment) {
        std::memcpy(allocate(utf8.size(), alignment), utf8.data(), utf8.size());
        storage_.length = utf8.size();
    }

    const embedfn::StrStorage& storage() const { return storage_; }

private:
    char* allocate(size_t size, size_t alignment) {
        memory_ = std::make_unique<char[]>(alignment + size);
        storage_.data = memory_.get() + alignment;
        return memory_.get() + alignment;
    }

    std::unique_ptr<char[]> memory_;
    embedfn::StrStorage storage_;
};

std::u32string decode(std::string_view utf8) {
    std::u32string text;
    for (size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i++]);
        const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        char32_t c = more ? lead & (0x3f >> more) : lead;
        for (int k = 0; k < more; ++k) c = c << 6 | (static_cast<unsigned char>(utf8[i++]) & 0x3f);
        text += c;
    }
    return text;
}

// In place of Python's rules: answers that depend on all the bytes asked about, so that all are read.
int ends_sentence(void*, const char* snippet, size_t size) {
    unsigned sum = 0;
    for (size_t i = 0; i < size; ++i) sum += static_cast<unsigned char>(snippet[i]);
    return sum % 2;
}

int part_terms(void*, const char* part, size_t size, int flags, embedfn::TermSink* sink) {
    sink->term(part, size);
    const std::string flagged = std::string(part, size) + char('0' + flags);
    if (size % 3 == 0) sink->term(flagged.data(), flagged.size());
    return 0;
}

// The analysis with its memory.
class Analysis {
public:
    explicit Analysis(const embedfn::PunktModel& model) : model_(model) {
        std::vector<std::string> dropped{"the", "and", "a", "is", "to"};
        for (const char c : std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")) dropped.emplace_back(1, c);
        steps_.lowercase();
        steps_.drop(dropped);
        steps_.lowercase();
        steps_.stem("english");
    }

    std::vector<Terms> run(std::vector<embedfn::StrStorage> texts, int n_threads) {
        std::vector<int64_t> indptr{0};
        for (const auto& text : texts) indptr.push_back(indptr.back() + int64_t(text.length));
        const embedfn::Callbacks callbacks{&texts, ends_sentence, part_terms};
        const auto results = embedfn::analyze_with(pool_, texts.data(), indptr.data(), int64_t(texts.size()), n_threads,
                                                   model_, &steps_, callbacks);
        std::vector<Terms> documents;
        for (const auto& result : results) {
            for (size_t text = 0; text + 1 < result.indptr.size(); ++text) {
                Terms terms;
                for (int64_t i = result.indptr[text]; i < result.indptr[text + 1]; ++i) {
                    const auto code = size_t(result.codes[size_t(i)]);
                    const int64_t start = result.offsets.at(code), end = result.offsets.at(code + 1);
                    terms.emplace_back(result.arena.data() + start, size_t(end - start));
                }
                documents.push_back(std::move(terms));
            }
        }
        return documents;
    }

private:
    embedfn::WorkerPool pool_;
    embedfn::WordSteps steps_;
    const embedfn::PunktModel& model_;
};

// The text's terms, the same wherever it lies and once they are remembered; `text` is what Placed takes.
template <class Text>
Terms everywhere(const embedfn::PunktModel& model, const Text& text, size_t number, int64_t& differences) {
    const bool is_short = text.size() <= SHORT;
    Analysis analysis(model);
    Terms first;
    for (size_t i = 0; i < (is_short ? ALIGNMENTS : 1); ++i) {
        const Placed placed(text, is_short ? i : (number + i) % ALIGNMENTS);
        Terms terms = analysis.run({placed.storage()}, 1).at(0);
        if (i == 0) first = std::move(terms);
        else differences += terms != first;
    }
    return first;
}

// All texts in one run, from new and from remembered forms, and from some threads of callers at once.
int64_t together(const embedfn::PunktModel& model, const std::vector<embedfn::StrStorage>& texts,
                 const std::vector<Terms>& wanted) {
    std::atomic<int64_t> differences{0};
    for (const int n_threads : {1, THREADS}) {
        Analysis analysis(model);
        for (int time = 0; time < 2; ++time) differences += analysis.run(texts, n_threads) != wanted;
        std::vector<std::thread> callers;
        for (int i = 0; i < CALLERS; ++i)
            callers.emplace_back([&] { differences += analysis.run(texts, n_threads) != wanted; });
        for (auto& caller : callers) caller.join();
    }
    return differences;
}

int64_t run_all(const embedfn::PunktModel& model, const std::string& data) {
    std::vector<Placed> placed;
    std::vector<embedfn::StrStorage> storage;
    std::vector<Terms> wanted;
    std::mt19937 random(1);
    int64_t differences = 0;
    for (size_t at = 0; at < data.size();) {
        const std::string_view utf8 = next_piece(data, at);
        const std::u32string text = decode(utf8);
        wanted.push_back(everywhere(model, text, placed.size(), differences));
        differences += everywhere(model, utf8, placed.size(), differences) != wanted.back();
        everywhere(model, utf8.substr(0, random() % (utf8.size() + 1)), placed.size(), differences);
        placed.emplace_back(text, 0);
        storage.push_back(placed.back().storage());
    }
    differences += together(model, storage, wanted);
    std::cout << "analysis: " << differences << " differences in " << placed.size() << " texts\n";
    return differences;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: sanitize_analysis DATA FOLDER\n";
        return 2;
    }
    return run_all(read_model(argv[1], argv[2]), read_file(std::string(argv[2]) + "/texts.bin")) != 0;
}
