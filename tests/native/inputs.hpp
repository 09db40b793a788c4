// What the programs here read: files of pieces with their sizes before them, and Punkt's table.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "punkt_break.hpp"
#include "wide_chars.hpp"

// The file's bytes; an error without it.
inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The piece at `at`, four bytes of its size before it; `at` moves behind it.
inline std::string_view next_piece(const std::string& data, size_t& at) {
    uint32_t size = 0;
    for (int i = 0; i < 4; ++i) size |= uint32_t(static_cast<unsigned char>(data.at(at++))) << (8 * i);
    at += size;
    return std::string_view(data).substr(at - size, size);
}

inline embedfn::PunktModel read_words(const std::string& path) {
    embedfn::PunktModel model;
    std::istringstream lines(read_file(path));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream fields(line);
        std::string key, word, after;
        std::getline(fields, key, '\t');
        while (std::getline(fields, word, '\t')) {
            if (key == "abbreviation")
                model.add_abbreviation(word);
            else if (key == "starter")
                model.add_starter(word);
            else if (key == "collocation" && std::getline(fields, after, '\t'))
                model.add_collocation(word, after);
            else
                model.add_contexts(word, std::stoi(key.substr(key.find(' '))));
        }
    }
    return model;
}

// What Python says of each code point: lower case in the lower 24 bits, then alnum, islower, isupper, isspace.
inline std::vector<uint32_t> python_facts;

inline embedfn::CharFacts facts_of(uint32_t code) {
    const uint32_t known = python_facts.at(code), bits = known >> 24;
    const int facts = (bits & 1 ? embedfn::wide::re_word : 0) | (bits & 2 ? embedfn::wide::small : 0) |
                      (bits & 4 ? embedfn::wide::capital : 0);
    return {known & 0xffffff, uint8_t(facts), (bits & 8) != 0};
}

inline embedfn::Characters read_characters(const std::string& data, const std::string& folder) {
    const std::string bytes = read_file(folder + "/facts.bin");
    python_facts.resize(bytes.size() / 4);
    std::memcpy(python_facts.data(), bytes.data(), bytes.size());
    embedfn::Characters characters;
    std::istringstream lines(read_file(data + "/char_classes.txt"));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream fields(line);
        std::string name, range;
        fields >> name;
        while (fields >> range)
            characters.add_range(name, uint32_t(std::stoul(range, nullptr, 16)),
                                 uint32_t(std::stoul(range.substr(range.find('-') + 1), nullptr, 16)));
    }
    characters.ask_of(facts_of);
    return characters;
}

// The model, from embedfn/lexical/data and the facts that words_sweep wrote into a folder.
inline embedfn::PunktModel read_model(const std::string& data, const std::string& folder) {
    embedfn::PunktModel model = read_words(data + "/punkt_english.txt");
    model.characters = read_characters(data, folder);
    return model;
}
