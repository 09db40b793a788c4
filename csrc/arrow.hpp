// Texts read where they lie in Arrow's memory: arrays of strings as any library hands them over by the Arrow C data interface.
// Nothing of it is trusted to be text: see first_fault.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "utf8.hpp"
#include "utf8_check.hpp"

namespace embedfn {

// The interface's structures: https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html. One whose
// `release` is null holds nothing.
struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    ArrowSchema **children, *dictionary;
    void (*release)(ArrowSchema*);
    void* private_data;
};
struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void** buffers;
    ArrowArray **children, *dictionary;
    void (*release)(ArrowArray*);
    void* private_data;
};
struct ArrowArrayStream {
    int (*get_schema)(ArrowArrayStream*, ArrowSchema*);
    int (*get_next)(ArrowArrayStream*, ArrowArray*);
    const char* (*get_last_error)(ArrowArrayStream*);
    void (*release)(ArrowArrayStream*);
    void* private_data;
};

// One of these structures, released at the end.
template <class Struct> class Released {
public:
    Released() = default;
    // Takes it over.
    explicit Released(Struct& given) : value_(given) { given.release = nullptr; }
    Released(Released&& other) noexcept : Released(other.value_) {}
    Released& operator=(Released&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Released() {
        if (value_.release) value_.release(&value_);
    }
    Struct* get() { return &value_; }
    const Struct& operator*() const { return value_; }
    const Struct* operator->() const { return &value_; }
    explicit operator bool() const { return value_.release != nullptr; }

private:
    Struct value_{};
};

// How an array of strings is laid out; `index` is the format of a dictionary's indices, else 0.
struct StringLayout {
    enum Kind { none, offsets32, offsets64, views } kind = none;
    char index = 0;

    explicit StringLayout(const ArrowSchema& schema) {
        const ArrowSchema& values = schema.dictionary ? *schema.dictionary : schema;
        const std::string_view format = values.format, index_format = schema.format;
        if (values.dictionary) return;
        kind = format == "u" ? offsets32 : format == "U" ? offsets64 : format == "vu" ? views : none;
        if (!schema.dictionary) return;
        constexpr std::string_view integers = "cCsSiIlL";
        if (index_format.size() == 1 && integers.find(index_format[0]) != integers.npos) index = index_format[0];
        else kind = none;
    }
};

enum class TextFault { none, null, outside, not_utf8 };

// One array of strings.
class ArrowStrings {
public:
    ArrowStrings(Released<ArrowArray> array, StringLayout layout) : array_(std::move(array)), layout_(layout) {
        const ArrowArray* const texts = layout_.index ? array_->dictionary : array_.get();
        const bool has_indices = !layout_.index || (texts && array_->n_buffers >= 2);
        if (!has_indices || texts->n_buffers < 3 || texts->offset < 0 || array_->length < 0 || array_->offset < 0)
            throw std::invalid_argument("an Arrow array that is not as its type must be");
    }

    int64_t size() const { return array_->length; }

    // Where text i is, whatever bytes it has.
    TextFault find(int64_t i, StrStorage& text) const {
        if (is_null(*array_, i)) return TextFault::null;
        if (!layout_.index) return find(*array_, i, text);
        const int64_t number = index_at(i + array_->offset);
        if (number < 0 || number >= array_->dictionary->length) return TextFault::outside;
        if (is_null(*array_->dictionary, number)) return TextFault::null;
        return find(*array_->dictionary, number, text);
    }

private:
    // Buffers need not be aligned.
    template <class Number> static Number number_at(const void* buffer, int64_t i) {
        Number number;
        std::memcpy(&number, static_cast<const char*>(buffer) + i * int64_t(sizeof number), sizeof number);
        return number;
    }

    static bool is_null(const ArrowArray& array, int64_t i) {
        const auto* const valid = static_cast<const uint8_t*>(array.buffers[0]);
        const int64_t bit = i + array.offset;
        return array.null_count && valid && !(valid[bit >> 3] >> (bit & 7) & 1);
    }

    int64_t index_at(int64_t i) const {
        const void* const buffer = array_->buffers[1];
        switch (layout_.index) {
            case 'c': return number_at<int8_t>(buffer, i);
            case 'C': return number_at<uint8_t>(buffer, i);
            case 's': return number_at<int16_t>(buffer, i);
            case 'S': return number_at<uint16_t>(buffer, i);
            case 'i': return number_at<int32_t>(buffer, i);
            case 'I': return number_at<uint32_t>(buffer, i);
            default: return number_at<int64_t>(buffer, i);  // unsigned ones beyond its range become negative
        }
    }

    TextFault find(const ArrowArray& texts, int64_t i, StrStorage& text) const {
        i += texts.offset;
        if (layout_.kind == StringLayout::views) return find_view(texts, i, text);
        if (layout_.kind == StringLayout::offsets32) return between<int32_t>(texts, i, text);
        return between<int64_t>(texts, i, text);
    }

    template <class Offset> static TextFault between(const ArrowArray& texts, int64_t i, StrStorage& text) {
        const void* const offsets = texts.buffers[1];
        const auto start = number_at<Offset>(offsets, i), end = number_at<Offset>(offsets, i + 1);
        // The interface does not tell the buffer's size; the last offset is what its producer vouches for.
        const auto size = number_at<Offset>(offsets, texts.offset + texts.length);
        if (start < 0 || end < start || end > size) return TextFault::outside;
        return place(texts.buffers[2], start, end - start, text);
    }

    // A view is a length and up to 12 bytes, or a length, 4 bytes, a buffer's number and a place in it. The last buffer has the
    // sizes of those between.
    static TextFault find_view(const ArrowArray& texts, int64_t i, StrStorage& text) {
        const char* const view = static_cast<const char*>(texts.buffers[1]) + 16 * i;
        const auto length = number_at<int32_t>(view, 0), buffer = number_at<int32_t>(view, 2), start = number_at<int32_t>(view, 3);
        if (length < 0) return TextFault::outside;
        if (length <= 12) return place(view, 4, length, text);
        if (buffer < 0 || buffer >= texts.n_buffers - 3 || start < 0) return TextFault::outside;
        const auto size = number_at<int64_t>(texts.buffers[texts.n_buffers - 1], buffer);
        if (int64_t(start) + length > size) return TextFault::outside;
        return place(texts.buffers[2 + buffer], start, length, text);
    }

    static TextFault place(const void* buffer, int64_t start, int64_t length, StrStorage& text) {
        if (length && !buffer) return TextFault::outside;
        text.data = length ? static_cast<const char*>(buffer) + start : "";  // a buffer of nothing may be null
        text.length = size_t(length);
        text.width = 0;
        return TextFault::none;
    }

    Released<ArrowArray> array_;
    StringLayout layout_;
};

// What the analysis reads: text i has the bytes indptr[i] to indptr[i + 1] of all.
struct TextStorage {
    LargeVector<StrStorage> texts;
    LargeVector<int64_t> indptr = {0};

    void add(const StrStorage& text) {
        texts.push_back(text);
        indptr.push_back(indptr.back() + int64_t(text.length));
    }
};

// Texts of one array or several, or some in a row of them. Copies share the memory.
class ArrowTexts {
public:
    ArrowTexts() = default;
    explicit ArrowTexts(std::shared_ptr<const ArrowStrings> strings) {
        const int64_t size = strings->size();
        add(std::move(strings), 0, size);
    }

    int64_t size() const { return ends_.empty() ? 0 : ends_.back(); }

    void append(ArrowTexts more) {  // a copy, since it may be this one
        for (const Piece& piece : more.pieces_) add(piece.strings, piece.first, piece.last);
    }

    ArrowTexts slice(int64_t start, int64_t stop) const {
        ArrowTexts part;
        size_t i = size_t(std::upper_bound(ends_.begin(), ends_.end(), start) - ends_.begin());
        for (; start < stop; ++i) {
            const Piece& piece = pieces_[i];
            const int64_t end = std::min(stop, ends_[i]), shift = piece.last - ends_[i];
            part.add(piece.strings, start + shift, end + shift);
            start = end;
        }
        return part;
    }

    // The first text that is none, and why; `none` when all are. Only texts that have passed may be analyzed.
    TextFault first_fault(int64_t& position) const {
        TextFault fault = TextFault::none;
        position = 0;
        each([&](const ArrowStrings& strings, int64_t i) {
            StrStorage text;
            fault = strings.find(i, text);
            const auto* const from = static_cast<const char*>(text.data);
            if (fault == TextFault::none && !is_utf8({from, text.length, from + text.length}, false)) fault = TextFault::not_utf8;
            position += fault == TextFault::none;
            return fault == TextFault::none;
        });
        return fault;
    }

    TextStorage storage() const {
        TextStorage result;
        result.texts.reserve(size_t(size()));
        result.indptr.reserve(size_t(size()) + 1);
        each([&](const ArrowStrings& strings, int64_t i) {
            StrStorage text;
            if (strings.find(i, text) != TextFault::none) throw std::invalid_argument("no text");
            result.add(text);
            return true;
        });
        return result;
    }

private:
    struct Piece {
        std::shared_ptr<const ArrowStrings> strings;
        int64_t first, last;
    };

    void add(std::shared_ptr<const ArrowStrings> strings, int64_t first, int64_t last) {
        if (first == last) return;
        ends_.push_back(size() + last - first);
        pieces_.push_back({std::move(strings), first, last});
    }

    // Calls visit(strings, number) for each text until it is false.
    template <class Visit> void each(Visit&& visit) const {
        for (const Piece& piece : pieces_)
            for (int64_t i = piece.first; i < piece.last; ++i)
                if (!visit(*piece.strings, i)) return;
    }

    std::vector<Piece> pieces_;
    std::vector<int64_t> ends_;  // of each piece among all texts
};

// The storage of texts together with them, which keep their memory.
struct HeldTexts : TextStorage {
    explicit HeldTexts(const ArrowTexts& texts) : TextStorage(texts.storage()), kept(texts) {}
    ArrowTexts kept;
};

// What a library hands over, array by array.
class ArrowReader {
public:
    ArrowReader() = default;
    explicit ArrowReader(ArrowArrayStream& stream) : stream_(stream) {
        if (stream_->get_schema(stream_.get(), schema_.get())) fail();
    }
    ArrowReader(ArrowSchema& schema, ArrowArray& array) : schema_(schema), array_(array) {}

    bool has_texts() const { return schema_ && StringLayout(*schema_).kind != StringLayout::none; }

    // The next array, only where has_texts(); false at the end.
    bool next(ArrowTexts& texts) {
        if (stream_ && stream_->get_next(stream_.get(), array_.get())) fail();
        if (!array_) return false;
        texts = ArrowTexts(std::make_shared<const ArrowStrings>(std::exchange(array_, {}), StringLayout(*schema_)));
        return true;
    }

private:
    [[noreturn]] void fail() {
        const char* const message = stream_->get_last_error(stream_.get());
        throw std::runtime_error(message ? message : "the Arrow stream failed and does not say why");
    }

    Released<ArrowArrayStream> stream_;
    Released<ArrowSchema> schema_;
    Released<ArrowArray> array_;
};

}  // namespace embedfn
