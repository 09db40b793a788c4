// What the rules must know of characters beyond ASCII: each one's byte (wide_bytes.hpp) and its lower case. NLTK's classes
// are handed over as ranges; case, re's \w and white space are asked of the running interpreter, a page of characters at
// a time, when the first of them is met.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "wide_bytes.hpp"

namespace embedfn {

// What the interpreter says of a code point.
struct CharFacts {
    uint32_t lower = 0;  // 0 where lower case is several characters or depends on the neighbours
    uint8_t facts = 0;   // those of wide::re_word, small and capital that are true
    bool is_space = false;
};

// Filled once, then read by any number of threads; a copy shares the pages. An empty one knows nothing.
class Characters {
public:
    using Ask = CharFacts (*)(uint32_t code);

    // The last step of filling; `ask` is called from any thread, without the GIL.
    void ask_of(Ask ask) {
        ask_ = ask;
        pages_ = std::make_shared<Pages>();
    }

    // Adds to the class of this name: word, digit or space. Ranges ascend; both ends are included.
    void add_range(std::string_view name, uint32_t first, uint32_t last) {
        std::vector<uint32_t>& bounds = bounds_of(name);
        if (first > last || last > last_code || (!bounds.empty() && first < bounds.back()))
            throw std::invalid_argument("ranges of code points must ascend");
        bounds.push_back(first);
        bounds.push_back(last + 1);
    }

    wide::Byte byte_of(uint32_t code) const { return wide::Byte(entry(code) >> 24); }

    // The character in lower case, or 0 where only str.lower knows.
    uint32_t lower(uint32_t code) const { return entry(code) & 0xffffff; }

private:
    static constexpr uint32_t last_code = 0x10ffff;
    static constexpr size_t page_size = 256;
    using Page = std::array<uint32_t, page_size>;  // a byte in the upper 8 bits, lower case in the others

    struct Pages {
        std::array<std::atomic<const Page*>, (last_code + 1) / page_size> pages{};
        ~Pages() {
            for (const auto& page : pages) delete page.load();
        }
    };

    uint32_t entry(uint32_t code) const {
        if (!ask_ || code > last_code) return 0;
        std::atomic<const Page*>& slot = pages_->pages[code / page_size];
        const Page* page = slot.load(std::memory_order_acquire);
        return (page ? *page : filled(slot, code / page_size * page_size))[code % page_size];
    }

    // Several threads may fill one page; the first to be ready is kept.
    const Page& filled(std::atomic<const Page*>& slot, uint32_t first) const {
        auto page = std::make_unique<Page>();
        for (uint32_t i = 0; i < page_size; ++i) {
            const CharFacts known = ask_(first + i);
            (*page)[i] = uint32_t(describe(first + i, known)) << 24 | known.lower;
        }
        const Page* expected = nullptr;
        if (slot.compare_exchange_strong(expected, page.get(), std::memory_order_acq_rel)) return *page.release();
        return *expected;
    }

    wide::Byte describe(uint32_t code, const CharFacts& known) const {
        switch (code) {
            case 0xab: case 0x2018: case 0x201c: return wide::opening;
            case 0x201e: return wide::low_opening;
            case 0xbb: case 0x2019: case 0x201d: return wide::closing;
            case 0x2012: case 0x2013: case 0x2014: case 0x2015: return wide::dash;
            case 0x17f: return wide::long_s;
            case 0x131: return wide::small_dotless_i;
            case 0x130: return wide::capital_dotted_i;
            default: break;
        }
        const bool is_space = contains(spaces_, code);
        if (is_space != known.is_space) return wide::unknown;
        if (is_space) return wide::space;
        const int classes = (contains(words_, code) ? wide::word : 0) | (contains(digits_, code) ? wide::digit : 0);
        return wide::Byte(wide::ordinary | classes | known.facts);
    }

    static bool contains(const std::vector<uint32_t>& bounds, uint32_t code) {
        return (std::upper_bound(bounds.begin(), bounds.end(), code) - bounds.begin()) % 2;
    }

    std::vector<uint32_t>& bounds_of(std::string_view name) {
        if (name == "word") return words_;
        if (name == "digit") return digits_;
        if (name == "space") return spaces_;
        throw std::invalid_argument("the classes of characters are word, digit and space");
    }

    Ask ask_ = nullptr;
    std::vector<uint32_t> words_, digits_, spaces_;  // where each range begins and where it has ended
    std::shared_ptr<Pages> pages_;
};

}  // namespace embedfn
