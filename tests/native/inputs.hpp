// What the programs here read: files of pieces with their sizes before them, and Punkt's table.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "punkt_break.hpp"

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

inline embedfn::PunktModel read_model(const std::string& path) {
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
