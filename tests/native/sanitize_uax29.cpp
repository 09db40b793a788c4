// Replays texts through the native words of UAX #29, with SIMD and without, and compares with what the Python twin gave: to be
// built with sanitizers. Each text lies alone in memory of its size; each is also cut short in places, and damaged, which
// may give any words but must not read outside it.
//
//     sanitize_uax29 FOLDER
//
// FOLDER is what `python -m tests.lexical.uax29_sweep --write FOLDER` wrote.
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "uax29.hpp"

namespace {

// The file's bytes; an error without it.
std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

uint32_t read_number(const std::string& data, size_t at) {
    uint32_t number = 0;
    for (size_t i = 0; i < 4; ++i) number |= uint32_t(static_cast<unsigned char>(data.at(at + i))) << (8 * i);
    return number;
}

embedfn::WordBreakTable read_table(const std::string& path) {
    const std::string data = read_file(path);
    std::vector<embedfn::CodeRange> ranges;
    for (size_t at = 0; at < data.size(); at += 12)
        ranges.push_back({read_number(data, at), read_number(data, at + 4), uint8_t(read_number(data, at + 8))});
    return embedfn::WordBreakTable(ranges);
}

// Words' places as text; every word must lie inside the text, behind the one before.
struct Spans {
    std::string_view text;
    size_t behind = 0;
    std::string found;

    void plain_part(std::string_view word) {
        const size_t start = size_t(word.data() - text.data());
        if (word.data() < text.data() + behind || word.empty() || start + word.size() > text.size())
            throw std::runtime_error("a word out of place");
        behind = start + word.size();
        found += std::to_string(start) + " " + std::to_string(behind) + "\n";
    }
};

std::string words(std::string_view given, const embedfn::WordBreakTable& table, embedfn::FindWordBits find_bits) {
    const auto bytes = std::make_unique<char[]>(given.size());
    if (!given.empty()) std::memcpy(bytes.get(), given.data(), given.size());
    Spans spans{{bytes.get(), given.size()}, 0, {}};
    embedfn::WordWalk<Spans>(spans.text, spans, table, find_bits).run();
    return spans.found;
}

int replay(const std::string& folder) {
    const embedfn::WordBreakTable table = read_table(folder + "/uax29_ranges.bin");
    const std::string data = read_file(folder + "/uax29.bin");
    size_t at = 0;
    const auto next = [&] {
        const size_t size = read_number(data, at);
        at += 4 + size;
        return std::string_view(data).substr(at - size, size);
    };
    const auto& ways = embedfn::ways_to_word_bits();
    int texts = 0, differences = 0;
    for (uint32_t chosen = 1; at < data.size(); ++texts) {
        const std::string_view text = next(), expected = next();
        for (const auto way : ways) {
            differences += words(text, table, way) != expected;
            for (size_t size = 0; size < text.size(); size += 1 + text.size() / 16) words(text.substr(0, size), table, way);
        }
        std::string damaged(text);
        for (char& byte : damaged) {
            chosen = chosen * 1664525 + 1013904223;
            if (chosen >> 29 == 0) byte = char(chosen >> 16);
        }
        for (const auto way : ways) differences += words(damaged, table, way) != words(damaged, table, ways.front());
    }
    std::cout << "uax29: " << differences << " differences in " << texts << " texts\n";
    return differences;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: sanitize_uax29 FOLDER\n";
        return 2;
    }
    return replay(argv[1]) != 0;
}
