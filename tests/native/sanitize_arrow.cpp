// Reads texts from Arrow arrays in every layout, each buffer being memory of exactly its size: to be built with sanitizers, which
// then see any byte read outside. Sound arrays must give their texts, whole, sliced and joined; in damaged ones a fault must be found, or
// every text lie in a buffer and be UTF-8.
//
//     sanitize_arrow FOLDER
//
// FOLDER holds what `python -m tests.lexical.fuzz --write FOLDER/texts.bin` wrote.
#include <iostream>
#include <random>

#include "arrow.hpp"
#include "inputs.hpp"

namespace {

using namespace embedfn;
using Texts = std::vector<std::string>;
std::mt19937 random_bits(1);

int64_t below(int64_t n) { return int64_t(random_bits() % uint64_t(n)); }

int64_t living = 0;      // structures that nobody has released
int64_t damaged_at = 0;  // the text that was damaged last, or one behind them all

// An array with its buffers, each an allocation of its own size at any alignment.
struct Memory {
    std::vector<std::pair<std::unique_ptr<char[]>, size_t>> kept;
    std::vector<const void*> buffers;
    std::unique_ptr<ArrowArray> dictionary;
    static constexpr size_t SHIFTS = 8;

    void add(const std::string& bytes) {
        const size_t shift = size_t(below(SHIFTS));
        kept.emplace_back(std::make_unique<char[]>(shift + bytes.size()), shift);
        std::memcpy(kept.back().first.get() + shift, bytes.data(), bytes.size());
        buffers.push_back(kept.back().first.get() + shift);
    }
};

template <class Struct> void release(Struct* given) {
    delete static_cast<Memory*>(given->private_data);
    given->release = nullptr;
    --living;
}

template <class Number> void put(std::string& bytes, Number number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// What of an array is to be damaged.
enum Damage { nothing, bytes, places, nulls, indices, damages };

struct Made {
    ArrowSchema schema{};
    ArrowArray array{};
};

// The strings, behind `offset` others, as "u", "U" or "vu".
ArrowArray strings(const Texts& texts, int64_t offset, std::string_view format, Damage damage) {
    auto memory = std::make_unique<Memory>();
    std::string valid, places_bytes, sizes;
    Texts data(1);
    const auto n = int64_t(texts.size());
    const bool is_view = format == "vu";
    const auto put_offset = [&](int64_t value) {
        if (format == "u") put(places_bytes, int32_t(value));
        else put(places_bytes, value);
    };
    Texts all(size_t(offset), "left out");
    all.insert(all.end(), texts.begin(), texts.end());
    const int64_t damaged = offset + (damaged_at = below(n + 1));
    int64_t total = 0;
    for (const std::string& text : all) total += int64_t(text.size());
    for (size_t i = 0; i < all.size(); ++i) {
        const bool is_damaged = damage == places && int64_t(i) == damaged;
        if (!is_view) {
            put_offset(is_damaged ? below(2 * total + 99) - 9 : int64_t(data[0].size()));
            data[0] += all[i];
        } else if (all[i].size() <= 12) {
            put(places_bytes, is_damaged ? int32_t(random_bits()) : int32_t(all[i].size()));
            places_bytes += (all[i] + std::string(12, '\0')).substr(0, 12);
        } else {
            if (below(3) == 0) data.emplace_back();
            put(places_bytes, is_damaged && below(2) ? int32_t(random_bits() % 99) - 9 : int32_t(all[i].size()));
            places_bytes += all[i].substr(0, 4);
            put(places_bytes, is_damaged && below(2) ? int32_t(random_bits() % 9) - 3 : int32_t(data.size() - 1));
            put(places_bytes, is_damaged && below(2) ? int32_t(random_bits()) : int32_t(data.back().size()));
            data.back() += all[i];
        }
    }
    if (!is_view) put_offset(total);
    if (damage == bytes)
        for (std::string& one : data)
            if (!one.empty()) one[size_t(below(int64_t(one.size())))] ^= char(1 << below(8));
    const bool has_nulls = damage == nulls;
    if (has_nulls || below(2)) {
        valid.assign((all.size() + 7) / 8, '\xff');
        if (has_nulls && damaged < int64_t(all.size())) valid[size_t(damaged / 8)] ^= char(1 << damaged % 8);
    }
    memory->add(valid);
    if (valid.empty()) memory->buffers.back() = nullptr;
    memory->add(places_bytes);
    for (const std::string& one : data) {
        memory->add(one);
        if (one.empty() && below(2)) memory->buffers.back() = nullptr;
        put(sizes, int64_t(one.size()));
    }
    if (is_view) memory->add(sizes);
    ++living;
    ArrowArray array{n, has_nulls ? -1 : 0, offset, int64_t(memory->buffers.size()), 0, memory->buffers.data(),
                     nullptr, nullptr, release<ArrowArray>, nullptr};
    array.private_data = memory.release();
    return array;
}

// As strings() or, with the format of indices, as a dictionary of them that the array goes through once.
Made made(const Texts& texts, std::string_view format, char index, Damage damage) {
    Made result;
    const int64_t offset = below(3);
    ArrowSchema& schema = result.schema;
    ++living;
    schema.format = format.data();
    schema.release = release<ArrowSchema>;
    if (!index) {
        result.array = strings(texts, offset, format, damage);
        return result;
    }
    static ArrowSchema values;
    values.format = format.data();
    schema.dictionary = &values;
    static std::string index_format;
    index_format.assign(1, index);
    schema.format = index_format.data();
    auto memory = std::make_unique<Memory>();
    memory->dictionary = std::make_unique<ArrowArray>(strings(texts, below(3), format, damage));
    std::string numbers;
    const auto n = int64_t(texts.size()), damaged = below(n + 1);
    for (int64_t i = -offset; i < n; ++i) {
        const int64_t number = damage == indices && i == damaged ? int64_t(random_bits()) - (1 << 30) : std::max<int64_t>(i, 0);
        const int width = index == 'c' || index == 'C' ? 1 : index == 's' || index == 'S' ? 2 : index == 'i' || index == 'I' ? 4 : 8;
        numbers.append(reinterpret_cast<const char*>(&number), size_t(width));  // little-endian
    }
    memory->buffers.push_back(nullptr);
    memory->add(numbers);
    ++living;
    result.array = {n, 0, offset, 2, 0, memory->buffers.data(), nullptr, memory->dictionary.get(),
                    [](ArrowArray* given) {
                        auto* const values = static_cast<Memory*>(given->private_data)->dictionary.get();
                        values->release(values);
                        release(given);
                    },
                    nullptr};
    result.array.private_data = memory.release();
    return result;
}

Texts read(const ArrowTexts& texts) {
    Texts result;
    for (const StrStorage& text : texts.storage().texts) result.emplace_back(static_cast<const char*>(text.data), text.length);
    return result;
}

int64_t check(const Texts& texts, std::string_view format, char index, Damage damage) {
    Made given = made(texts, format, index, damage);
    ArrowReader reader(given.schema, given.array);
    ArrowTexts found, none;
    if (!reader.has_texts() || !reader.next(found) || reader.next(none)) return 1;
    const auto n = int64_t(texts.size());
    int64_t position = -1;
    const TextFault fault = found.first_fault(position);
    if (damage != nothing) {
        const int64_t sound = fault == TextFault::none ? n : position;
        const bool is_missed = damage == nulls && (sound != damaged_at || (sound < n && fault != TextFault::null));
        return is_missed + (int64_t(read(found.slice(0, sound)).size()) != sound);
    }
    if (fault != TextFault::none || found.size() != n || read(found) != texts) return 1;
    const int64_t start = below(n + 1), stop = start + below(n - start + 1);
    ArrowTexts joined = found.slice(start, stop);
    joined.append(found);
    Texts wanted(texts.begin() + start, texts.begin() + stop);
    wanted.insert(wanted.end(), texts.begin(), texts.end());
    const int64_t first = below(joined.size() + 1);
    found = ArrowTexts();
    const Texts rest(wanted.begin() + first, wanted.end());
    return (read(joined) != wanted) + (read(joined.slice(first, joined.size())) != rest);
}

// A stream of some arrays and then its end, or an error; each structure is to be released once.
struct Stream {
    std::vector<Texts> arrays;
    bool fails;
    size_t next = 0;

    static Stream& of(ArrowArrayStream* stream) { return *static_cast<Stream*>(stream->private_data); }
    static int get_schema(ArrowArrayStream*, ArrowSchema* schema) {
        *schema = {};
        schema->format = "vu";
        schema->release = release<ArrowSchema>;
        ++living;
        return 0;
    }
    static int get_next(ArrowArrayStream* stream, ArrowArray* array) {
        Stream& here = of(stream);
        *array = {};
        if (here.next < here.arrays.size()) *array = strings(here.arrays[here.next++], below(3), "vu", nothing);
        else if (here.fails) return 5;
        return 0;
    }
    static const char* get_last_error(ArrowArrayStream* stream) { return of(stream).next % 2 ? "no more" : nullptr; }
    static void release_stream(ArrowArrayStream* stream) {
        stream->release = nullptr;
        --living;
    }
};

int64_t check_stream(const std::vector<Texts>& arrays, bool fails) {
    Stream source{arrays, fails};
    ArrowArrayStream stream{Stream::get_schema, Stream::get_next, Stream::get_last_error, Stream::release_stream, &source};
    ++living;
    ArrowReader reader(stream);
    ArrowTexts all, some;
    Texts wanted;
    for (const Texts& texts : arrays) wanted.insert(wanted.end(), texts.begin(), texts.end());
    bool failed = false;
    try {
        while (reader.next(some)) all.append(some);
        if (reader.next(some)) return 1;
    } catch (const std::runtime_error& error) {
        failed = !std::string_view(error.what()).empty();
    }
    all.append(all);
    Texts twice = wanted;
    twice.insert(twice.end(), wanted.begin(), wanted.end());
    return (failed != fails) + (read(all) != twice);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: sanitize_arrow FOLDER\n";
        return 2;
    }
    const std::string data = read_file(std::string(argv[1]) + "/texts.bin");
    int64_t differences = 0, arrays = 0;
    for (size_t at = 0; at < data.size();) {
        Texts texts;
        for (int64_t n = below(20); n > 0 && at < data.size(); --n) {
            const std::string_view text = next_piece(data, at);
            if (is_utf8(bytes_of(text), false)) texts.emplace_back(text);
        }
        for (const char* format : {"u", "U", "vu"})
            for (const char index : {'\0', 'c', 'C', 's', 'S', 'i', 'I', 'l', 'L'})
                for (int damage = 0; damage < (index ? damages : indices); ++damage, ++arrays)
                    differences += check(texts, format, index, Damage(damage));
    }
    for (size_t n = 0; n < 50; ++n)
        for (const bool fails : {false, true}) {
            std::vector<Texts> streamed(n);
            for (Texts& texts : streamed) texts.assign(size_t(below(5)), std::string(size_t(below(20)), 'x'));
            differences += check_stream(streamed, fails);
            arrays += int64_t(n);
        }
    std::cout << "arrow: " << differences << " differences in " << arrays << " arrays, " << living << " not released\n";
    return differences || living;
}
