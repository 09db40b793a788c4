"""Glue between bytes and the C++ of uax29.hpp: one text a call, for tests and for one who wants to look."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libcpp.vector cimport vector


cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass string_view:
        string_view()
        string_view(const char*, size_t)


cdef extern from "word_break.hpp" namespace "embedfn" nogil:
    cdef struct CodeRange:
        uint32_t first
        uint32_t last
        uint8_t code
    cdef cppclass NativeTable "embedfn::WordBreakTable":
        NativeTable() except +
        NativeTable(const vector[CodeRange]&) except +


cdef extern from *:
    """
    #include <utility>
    #include "uax29.hpp"

    namespace embedfn {

    // Where words begin and end, by turns.
    struct WordSpans {
        const char* begin;
        std::vector<size_t> ends;

        void plain_part(std::string_view word) {
            ends.push_back(size_t(word.data() - begin));
            ends.push_back(ends.back() + word.size());
        }
    };

    inline std::vector<size_t> word_spans(std::string_view text, const WordBreakTable& table, size_t way) {
        WordSpans spans{text.data(), {}};
        WordWalk<WordSpans>(text, spans, table, ways_to_word_bits().at(way)).run();
        return std::move(spans.ends);
    }

    }
    """
    vector[size_t] native_word_spans "embedfn::word_spans"(string_view, const NativeTable&, size_t) except + nogil


cdef extern from "word_bits.hpp" namespace "embedfn" nogil:
    ctypedef void (*FindWordBits)(const char*, size_t, void*)
    const vector[FindWordBits]& ways_to_word_bits() except +


cdef class WordBreakTable:
    cdef NativeTable native

    def __init__(self, ranges):
        cdef vector[CodeRange] native
        cdef CodeRange one
        for first, last, code in ranges:
            one.first, one.last, one.code = first, last, code
            native.push_back(one)
        self.native = NativeTable(native)

    @property
    def ways(self) -> int:
        """How many ways this machine has, the fastest last."""
        return ways_to_word_bits().size()

    def word_spans(self, bytes text not None, size_t way=0) -> list[tuple[int, int]]:
        cdef vector[size_t] ends
        cdef string_view given = string_view(<const char*>text, <size_t>len(text))
        with nogil:
            ends = native_word_spans(given, self.native, way)
        cdef size_t i
        return [(ends[i], ends[i + 1]) for i in range(0, ends.size(), 2)]
