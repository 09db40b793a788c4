// Runs random encoders over texts of many lengths, on every tier and on one to three threads: to be built with sanitizers.
// Tables and results are memory of exactly their size. What comes out is judged in tests/kernels/test_encoder.py; here it
// must only be the same, to the bit, on any number of threads.
#include <algorithm>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

#include "encoder_forward.hpp"

namespace {

using namespace embedfn;

constexpr int64_t WORDS = 10, KNOWN = 200, LENGTHS[] = {300, 100, 41, 40, 40, 33, 32, 31, 17, 16, 15, 9, 8, 7, 3, 2, 1, 1};
const EncoderShape SHAPES[] = {
    {64, 96, 2, 2, Activation::GELU, 1e-12f},
    {60, 100, 5, 2, Activation::GELU_TANH, 1e-12f},
    {7, 3, 7, 1, Activation::RELU, 1e-3f},
    {256, 1024, 4, 2, Activation::GELU, 1e-12f},  // large enough for several threads
    {256, 160, 4, 1, Activation::GELU, 1e-12f},  // narrower behind attention than before it
};

uint32_t state = 1;
float random_number() {
    state = state * 1664525 + 1013904223;
    return float((state >> 16) % 1000) * 1e-3f - 0.5f;
}

std::unique_ptr<float[]> random_table(int64_t size) {
    auto table = std::make_unique<float[]>(size_t(size));
    for (int64_t i = 0; i < size; ++i) table[size_t(i)] = random_number();
    return table;
}

void fill(const Linear& layer) {
    const auto weights = random_table(layer.inputs * layer.outputs), bias = random_table(layer.outputs);
    EncoderWeights::set(layer, weights.get(), bias.get());
}

void fill(const Norm& norm) {
    const auto weight = random_table(norm.width), bias = random_table(norm.width);
    EncoderWeights::set(norm, weight.get(), bias.get());
}

// As BERT is or, `turning`, with gates and with queries and keys that positions turn.
void check(Simd simd, EncoderShape shape, bool bytes, bool turning) {
    shape.bytes = bytes;
    shape.gated = turning;
    const ByteKernels* const kernels = byte_kernels(simd);
    EncoderWeights weights(shape);
    fill(weights.first_norm());
    for (int64_t i = 0; i < shape.layers; ++i) {
        const EncoderLayer& layer = weights.layer(i);
        for (const Linear* linear : {&layer.qkv, &layer.mix, &layer.widen, &layer.narrow}) fill(*linear);
        if (turning) fill(layer.gate);
        for (const Norm* norm : {&layer.mix_norm, &layer.narrow_norm}) fill(*norm);
    }
    std::vector<int64_t> indptr = {0}, ids, positions;
    for (const int64_t length : LENGTHS) {
        for (int64_t i = 0; i < length; ++i) {
            ids.push_back((i * i + length) % WORDS);
            positions.push_back(i);
        }
        indptr.push_back(int64_t(ids.size()));
    }
    const int64_t n_places = turning ? 1 : LENGTHS[0];
    const auto words = random_table(WORDS * shape.hidden), places = random_table(n_places * shape.hidden);
    const auto turns = random_table(LENGTHS[0] * shape.hidden / shape.heads);
    EncoderInput input{words.get(), places.get(), ids.data(), positions.data(), indptr.data(), int64_t(indptr.size()) - 1};
    if (turning) input.turns = turns.get();
    const FirstLayer layer(weights, *encoder_kernels(simd), places.get(), std::min(n_places, KNOWN));
    const size_t size = ids.size() * size_t(shape.hidden);
    const auto first = std::make_unique<float[]>(size), other = std::make_unique<float[]>(size);
    encode(weights, layer, *encoder_kernels(simd), input, 1, first.get(), kernels);
    for (const int threads : {2, 3}) {
        encode(weights, layer, *encoder_kernels(simd), input, threads, other.get(), kernels);
        if (std::memcmp(first.get(), other.get(), size * sizeof(float))) throw std::runtime_error("threads change bits");
    }
    // One token of each text alone.
    std::vector<int64_t> reads;
    for (size_t i = 1; i < indptr.size(); ++i) reads.push_back(indptr[i - 1] + (indptr[i] - indptr[i - 1]) * int64_t(i % 3) / 3);
    EncoderInput some = input;
    some.reads = reads.data();
    const auto read = std::make_unique<float[]>(reads.size() * size_t(shape.hidden));
    for (const int threads : {1, 2, 3}) {
        encode(weights, layer, *encoder_kernels(simd), some, threads, read.get(), kernels);
        for (size_t i = 0; i < reads.size(); ++i)
            if (std::memcmp(&read[i * size_t(shape.hidden)], &first[size_t(reads[i] * shape.hidden)], size_t(shape.hidden) * sizeof(float)))
                throw std::runtime_error("reading few tokens changes bits");
    }
    // One text alone, which threads share step by step.
    const int64_t alone[] = {0, LENGTHS[0]};
    EncoderInput one = input;
    one.indptr = alone, one.n_texts = 1;
    encode(weights, layer, *encoder_kernels(simd), one, 2, other.get(), kernels);
    if (std::memcmp(first.get(), other.get(), size_t(LENGTHS[0] * shape.hidden) * sizeof(float)))
        throw std::runtime_error("neighbours change bits");
}

}  // namespace

int main() {
    int tiers = 0;
    for (const Simd simd : {Simd::BASELINE, Simd::AVX2, Simd::AVX512}) {
        if (!encoder_kernels(simd)) continue;
        for (const EncoderShape& shape : SHAPES)
            for (const bool bytes : {false, true})
                for (const bool turning : {false, true})
                    if (!turning || shape.hidden / shape.heads % 2 == 0) check(simd, shape, bytes, turning);
        ++tiers;
    }
    std::cout << "encoder: " << tiers << " tiers\n";
}
