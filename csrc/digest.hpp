// The checksum of a saved section: XXH64 of each 16 KiB, and XXH64 of those. Four lanes go side by side, which is as fast as
// memory, and the pieces can be shared out among threads or, by NumPy, go side by side themselves.
//
// Source of XXH64: Yann Collet's specification of xxHash (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), seed 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hash.hpp"
#include "parallel.hpp"

namespace embedfn {

class Xxh64 {
public:
    static uint64_t of(const char* at, size_t size) {
        const char* const end = at + size;
        uint64_t hash = PRIME_5;
        if (size >= 32) {
            uint64_t lanes[4] = {PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1};
            for (; end - at >= 32; at += 32)
                for (int i = 0; i < 4; ++i) lanes[i] = round(lanes[i], read_word(at + 8 * i));
            hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
            for (const uint64_t lane : lanes) hash = (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
        }
        hash += size;
        for (; end - at >= 8; at += 8) hash = rotate(hash ^ round(0, read_word(at)), 27) * PRIME_1 + PRIME_4;
        if (end - at >= 4) {
            uint32_t half;
            std::memcpy(&half, at, sizeof half);
            hash = rotate(hash ^ (half * PRIME_1), 23) * PRIME_2 + PRIME_3;
            at += 4;
        }
        for (; at < end; ++at) hash = rotate(hash ^ (uint8_t(*at) * PRIME_5), 11) * PRIME_1;
        hash = (hash ^ (hash >> 33)) * PRIME_2;
        hash = (hash ^ (hash >> 29)) * PRIME_3;
        return hash ^ (hash >> 32);
    }

private:
    static constexpr uint64_t PRIME_1 = 0x9E3779B185EBCA87, PRIME_2 = 0xC2B2AE3D27D4EB4F, PRIME_3 = 0x165667B19E3779F9,
                              PRIME_4 = 0x85EBCA77C2B2AE63, PRIME_5 = 0x27D4EB2F165667C5;

    static uint64_t rotate(uint64_t word, int by) { return (word << by) | (word >> (64 - by)); }
    static uint64_t round(uint64_t lane, uint64_t word) { return rotate(lane + word * PRIME_2, 31) * PRIME_1; }
};

inline uint64_t digest(const char* data, int64_t size, int n_threads) {
    constexpr int64_t piece = 1 << 14, run = 64;
    std::vector<uint64_t> digests(size_t((size + piece - 1) / piece));
    const int64_t n = int64_t(digests.size()), runs = (n + run - 1) / run;
    run_tasks(runs, useful_threads(size / 64, n_threads), [&](int64_t task) {
        for (int64_t i = task * run; i < std::min(n, (task + 1) * run); ++i)
            digests[size_t(i)] = Xxh64::of(data + i * piece, size_t(std::min(piece, size - i * piece)));
    });
    return Xxh64::of(reinterpret_cast<const char*>(digests.data()), digests.size() * sizeof(uint64_t));
}

}  // namespace embedfn
