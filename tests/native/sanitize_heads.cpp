// Runs what stands behind an encoder over random hidden states, on every tier and on one to seven threads: SPLADE's head with
// bounds and without, linear layers on tokens, greatest weights of tokens, late interaction, means of rows. To be built with
// sanitizers: inputs and results are memory of exactly their size, which begins at any float. What comes out is judged in
// tests/kernels; here it must be the same, to the bit, on any number of threads and of each text alone.
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "late_interaction.hpp"
#include "mean_rows.hpp"
#include "own_linear.hpp"
#include "splade_head.hpp"
#include "token_heads.hpp"

namespace {

using namespace embedfn;

const std::vector<int64_t> LENGTHS = {0, 1, 40, 2, 13, 14, 15, 0, 6, 7, 300, 28, 29, 1, 0};
const std::vector<int64_t> NONE = {0, 0}, SINGLE = {1};
const int64_t WIDTHS[] = {1, 3, 16, 63, 65, 130}, OUTPUTS[] = {1, 32, 33, 500};
constexpr int THREADS[] = {2, 3, 7};

uint32_t state = 1;
float random_number() {
    state = state * 1664525 + 1013904223;
    return float((state >> 16) % 1000) * 1e-3f - 0.5f;
}

// Numbers that end where their memory does and begin `shift` numbers behind where it begins.
template <class T> class Exact {
public:
    explicit Exact(int64_t size, int64_t shift = 0)
        : memory_(std::make_unique<T[]>(size_t(size + shift))), shift_(shift), size_(size) {}

    T* data() const { return memory_.get() + shift_; }
    size_t bytes() const { return size_t(size_) * sizeof(T); }
    bool operator==(const Exact& other) const {
        return size_ == other.size_ && (!size_ || !std::memcmp(data(), other.data(), bytes()));
    }

private:
    std::unique_ptr<T[]> memory_;
    int64_t shift_, size_;
};

Exact<float> random_floats(int64_t size, int64_t shift = 0) {
    Exact<float> table(size, shift);
    for (int64_t i = 0; i < size; ++i) table.data()[i] = random_number();
    return table;
}

Exact<int64_t> offsets_of(const std::vector<int64_t>& lengths) {
    Exact<int64_t> indptr(int64_t(lengths.size()) + 1);
    for (size_t i = 0; i < lengths.size(); ++i) indptr.data()[i + 1] = indptr.data()[i] + lengths[i];
    return indptr;
}

void require(bool same, const char* what) {
    if (!same) throw std::runtime_error(std::string(what) + ": other bits");
}

// A sparse matrix's arrays.
struct Rows {
    Exact<int64_t> indptr;
    Exact<int32_t> words;
    Exact<float> weights;

    bool operator==(const Rows& other) const {
        return indptr == other.indptr && words == other.words && weights == other.weights;
    }
    bool row_is(int64_t row, const Rows& other) const {
        const int64_t start = indptr.data()[row], count = indptr.data()[row + 1] - start;
        return count == other.indptr.data()[1] &&
               !std::memcmp(words.data() + start, other.words.data(), other.words.bytes()) &&
               !std::memcmp(weights.data() + start, other.weights.data(), other.weights.bytes());
    }
};

template <class Find> Rows splade_rows(int64_t n_texts, Find&& find) {
    SpladeRows found;
    find(found);
    Exact<int64_t> indptr(n_texts + 1);
    found.write_indptr(indptr.data());
    const int64_t count = indptr.data()[n_texts];
    Rows rows{std::move(indptr), Exact<int32_t>(count), Exact<float>(count)};
    found.write(rows.indptr.data(), 1, rows.words.data(), rows.weights.data());
    return rows;
}

// `rows_of(input, threads)` must give the same on any number of threads, and of each text alone.
template <class RowsOf> void check_head(const std::vector<int64_t>& lengths, int64_t width, RowsOf&& rows_of) {
    const Exact<int64_t> indptr = offsets_of(lengths);
    const int64_t n_texts = int64_t(lengths.size()), tokens = indptr.data()[n_texts];
    const Exact<float> hidden = random_floats(tokens * width, width % 3);
    const Rows first = rows_of(HeadInput{hidden.data(), indptr.data(), n_texts}, 1);
    for (const int threads : THREADS)
        require(first == rows_of(HeadInput{hidden.data(), indptr.data(), n_texts}, threads), "splade");
    for (int64_t text = 0; text < n_texts; ++text) {
        const Exact<int64_t> one = offsets_of({lengths[size_t(text)]});
        Exact<float> own(lengths[size_t(text)] * width);
        std::memcpy(own.data(), hidden.data() + indptr.data()[text] * width, own.bytes());
        require(first.row_is(text, rows_of(HeadInput{own.data(), one.data(), 1}, 1)), "splade, a text alone");
    }
}

void check_splade(Simd simd, int64_t width, int64_t words) {
    const EncoderKernels& kernels = *encoder_kernels(simd);
    const Exact<float> weights = random_floats(words * width, 1), bias = random_floats(words);
    const OwnLinear decoder(width, words, weights.data(), bias.data());
    for (const auto* lengths : {&LENGTHS, &NONE, &SINGLE}) {
        check_head(*lengths, width, [&](const HeadInput& input, int threads) {
            return splade_rows(input.n_texts,
                               [&](SpladeRows& rows) { rows.find(decoder.layer(), kernels, input, threads); });
        });
        if (!bounded_peaks(simd) || width > MOST_BYTE_INPUTS) continue;
        const BoundedDecoder bounded(width, words, weights.data(), bias.data(), simd);
        check_head(*lengths, width, [&](const HeadInput& input, int threads) {
            return splade_rows(input.n_texts, [&](SpladeRows& rows) { rows.find(bounded, input, threads); });
        });
    }
}

void check_layers(Simd simd, int64_t width, int64_t outputs) {
    const EncoderKernels& kernels = *encoder_kernels(simd);
    const Exact<float> weights = random_floats(outputs * width), bias = random_floats(outputs);
    const OwnLinear layer(width, outputs, weights.data(), bias.data());
    const Exact<float> scale = random_floats(outputs), shift = random_floats(outputs);
    const Norm norm{scale.data(), shift.data(), outputs, 1e-12f};
    for (const int64_t tokens : {1, 127, 128, 300}) {
        const Exact<float> hidden = random_floats(tokens * width, width % 2);
        for (const bool unit : {false, true}) {
            const Exact<float> first(tokens * outputs), other(tokens * outputs, 1);
            project_tokens(layer.layer(), kernels, hidden.data(), tokens, unit, 1, first.data());
            project_tokens(layer.layer(), kernels, hidden.data(), tokens, unit, 3, other.data());
            require(first == other, "a layer on tokens");
        }
        const Exact<float> first(tokens * outputs), other(tokens * outputs);
        for (const Activation activation : {Activation::GELU, Activation::GELU_TANH, Activation::RELU, Activation::NONE}) {
            transform_states(layer.layer(), activation, norm, kernels, hidden.data(), tokens, 1, first.data());
            transform_states(layer.layer(), activation, norm, kernels, hidden.data(), tokens, 3, other.data());
            require(first == other, "the layer before the head");
        }
    }
}

void check_max_sim(Simd simd, int64_t width, int64_t vectors) {
    const EncoderKernels& kernels = *encoder_kernels(simd);
    const Exact<float> weights = random_floats(vectors * width), zeros(vectors);
    const OwnLinear query(width, vectors, weights.data(), zeros.data());
    std::vector<int64_t> lengths;
    for (int repeat = 0; repeat < 3; ++repeat)
        for (const int64_t length : LENGTHS)
            if (length) lengths.push_back(length);
    std::vector<Exact<float>> documents;
    std::vector<const float*> places;
    for (size_t i = 0; i < lengths.size(); ++i) {
        documents.push_back(random_floats(lengths[i] * width, int64_t(i % 4)));
        places.push_back(documents.back().data());
    }
    const int64_t n = int64_t(lengths.size());
    const Exact<int64_t> indptr = offsets_of(lengths);
    const Exact<float> first(n), other(n);
    max_sim(query.layer(), kernels, places.data(), indptr.data(), n, 1, first.data());
    for (const int threads : THREADS) {
        max_sim(query.layer(), kernels, places.data(), indptr.data(), n, threads, other.data());
        require(first == other, "late interaction");
    }
}

Rows token_rows(const Exact<int64_t>& ids, const Exact<float>& weights, const Exact<int64_t>& indptr, int64_t n_texts,
                const Exact<uint8_t>& skipped, int threads) {
    TokenMaxima maxima;
    maxima.find(ids.data(), weights.data(), indptr.data(), n_texts, skipped.data(), threads);
    Exact<int64_t> starts(n_texts + 1);
    const int64_t count = maxima.write_indptr(starts.data());
    Rows rows{std::move(starts), Exact<int32_t>(count), Exact<float>(count)};
    maxima.write(indptr.data(), rows.words.data(), rows.weights.data());
    return rows;
}

// Large enough for several threads.
std::vector<int64_t> many_lengths() {
    std::vector<int64_t> lengths(400, 150);
    lengths.insert(lengths.end(), LENGTHS.begin(), LENGTHS.end());
    return lengths;
}

void check_token_maxima() {
    constexpr int64_t WORDS = 70;
    const std::vector<int64_t> lengths = many_lengths();
    const Exact<int64_t> indptr = offsets_of(lengths);
    const int64_t n_texts = int64_t(lengths.size()), tokens = indptr.data()[n_texts];
    const Exact<int64_t> ids(tokens);
    for (int64_t i = 0; i < tokens; ++i) ids.data()[i] = (i * i + i / 7) % WORDS;
    const Exact<uint8_t> skipped(WORDS);
    skipped.data()[3] = skipped.data()[WORDS - 1] = 1;
    const Exact<float> weights = random_floats(tokens, 1);
    const Rows first = token_rows(ids, weights, indptr, n_texts, skipped, 1);
    for (const int threads : THREADS)
        require(first == token_rows(ids, weights, indptr, n_texts, skipped, threads), "greatest weights of tokens");
}

template <class Number> void check_means(int64_t dim) {
    constexpr int64_t WORDS = 50;
    const std::vector<int64_t> lengths = many_lengths();
    const Exact<int64_t> indptr = offsets_of(lengths);
    const int64_t n = int64_t(lengths.size()), entries = indptr.data()[n];
    const Exact<Number> table(WORDS * dim, dim % 2);
    for (size_t i = 0; i < table.bytes(); ++i) reinterpret_cast<uint8_t*>(table.data())[i] = uint8_t(i % 61);
    const Exact<int32_t> rows(entries);
    for (int64_t i = 0; i < entries; ++i) rows.data()[i] = int32_t((i * i + 1) % WORDS);
    const Exact<float> scales = random_floats(entries);
    if (!rows_lie_within(rows.data(), entries, WORDS)) throw std::runtime_error("means: a row lies beyond");
    for (const float* by : {static_cast<const float*>(nullptr), static_cast<const float*>(scales.data())}) {
        const Exact<float> first(n * dim), other(n * dim, 1);
        mean_rows(table.data(), dim, rows.data(), by, indptr.data(), n, 1, first.data());
        for (const int threads : THREADS) {
            mean_rows(table.data(), dim, rows.data(), by, indptr.data(), n, threads, other.data());
            require(first == other, "means");
        }
    }
}

}  // namespace

int main() {
    int tiers = 0, bounded = 0;
    for (const Simd simd : {Simd::BASELINE, Simd::AVX2, Simd::AVX512}) {
        if (!encoder_kernels(simd)) continue;
        for (const int64_t width : WIDTHS)
            for (const int64_t outputs : OUTPUTS) {
                check_splade(simd, width, outputs);
                check_layers(simd, width, outputs);
                check_max_sim(simd, width, outputs);
            }
        check_splade(simd, 128, 30'522);
        ++tiers;
        bounded += bounded_peaks(simd) != nullptr;
    }
    check_token_maxima();
    for (const int64_t dim : {1, 31, 64, 100}) {
        check_means<float>(dim);
        check_means<Half>(dim);
        check_means<int8_t>(dim);
    }
    std::cout << "heads: " << tiers << " tiers, " << bounded << " with bounds\n";
}
