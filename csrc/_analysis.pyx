"""Glue between Python texts and rules and the C++ of analysis.hpp."""

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from cpython.ref cimport Py_DECREF, Py_INCREF
from libcpp.string cimport string
from libcpp.vector cimport vector

import numpy as np


include "helpers.pxi"
include "str_storage.pxi"

cdef object UINT8 = np.dtype(np.uint8), INT32 = np.dtype(np.int32), INT64 = np.dtype(np.int64)


cdef extern from "arrays.hpp" namespace "embedfn" nogil:
    cdef cppclass LargeVector[T]:
        LargeVector() except +
        size_t size()
        T* data()


cdef extern from "codes.hpp" namespace "embedfn" nogil:
    cdef cppclass Codes:
        size_t size()
        const int32_t* data()


cdef extern from "analysis.hpp" namespace "embedfn" nogil:
    cdef cppclass TermSink:
        void term(const char*, size_t) except +
    cdef cppclass Analyzed:
        LargeVector[char] arena
        LargeVector[int64_t] offsets
        Codes codes
        LargeVector[int64_t] indptr
        uint64_t source
    cdef cppclass WorkerPool:
        WorkerPool() except +


cdef extern from "<utility>" namespace "std" nogil:
    void swap(Analyzed&, Analyzed&)


cdef extern from "callbacks.hpp" namespace "embedfn" nogil:
    cdef struct Callbacks:
        void* call
        int (*ends_sentence)(void*, const char*, size_t) noexcept nogil
        int (*part_terms)(void*, const char*, size_t, int, TermSink*) noexcept nogil


cdef extern from "wide_chars.hpp" namespace "embedfn" nogil:
    cdef struct CharFacts:
        pass
    cdef cppclass Characters:
        void add_range(string, uint32_t, uint32_t) except +
        void ask_of(CharFacts (*)(uint32_t) noexcept nogil) except +


cdef extern from "python_chars.hpp" namespace "embedfn" nogil:
    CharFacts python_facts(uint32_t) noexcept


cdef extern from "punkt_break.hpp" namespace "embedfn" nogil:
    cdef cppclass PunktModel:
        Characters characters
        PunktModel() except +
        void add_abbreviation(string) except +
        void add_starter(string) except +
        void add_collocation(string, string) except +
        void add_contexts(string, int) except +


cdef extern from "word_break.hpp" namespace "embedfn" nogil:
    cdef struct CodeRange:
        uint32_t first
        uint32_t last
        uint8_t code
    cdef cppclass WordBreakTable:
        WordBreakTable() except +
        WordBreakTable(const vector[CodeRange]&) except +


cdef extern from "native_rules.hpp" namespace "embedfn" nogil:
    cdef cppclass WordSteps:
        WordSteps() except +
        void lowercase() except +
        void drop(const vector[string]&) except +
        bint stem(string) except +
    vector[Analyzed] analyze_words(
        WorkerPool&, const StrStorage*, const int64_t*, int64_t, int, const WordBreakTable&,
        const Characters&, const WordSteps*, const Callbacks&) except +
    vector[Analyzed] analyze_with(
        WorkerPool&, const StrStorage*, const int64_t*, int64_t, int, const PunktModel&,
        const WordSteps*, const Callbacks&) except +


def all_str(list items not None):
    """Whether all are str, or of a class derived from it."""
    cdef Py_ssize_t i, n = len(items)
    for i in range(n):
        if i + 16 < n:  # they lie anywhere
            ask_for(PyList_GET_ITEM(items, i + 16))
        if not PyUnicode_Check(PyList_GET_ITEM(items, i)):
            return False
    return True


cdef class _ListedTexts:
    """Some of a list's texts: where they are, each kept alive. Objects lie anywhere: they are asked for some ahead."""

    cdef TextStorage storage
    cdef vector[PyObject*] held

    def __init__(self, list texts, Py_ssize_t first, Py_ssize_t last):
        cdef Py_ssize_t i
        last = min(last, len(texts))
        self.held.reserve(max(0, last - first))
        self.storage.texts.reserve(max(0, last - first))
        self.storage.indptr.reserve(max(0, last - first) + 1)
        for i in range(first, last):
            if i + 16 < last:
                ask_for(PyList_GET_ITEM(texts, i + 16))
            store_one(PyList_GET_ITEM(texts, i), self.storage)
            Py_INCREF(<object>PyList_GET_ITEM(texts, i))
            self.held.push_back(PyList_GET_ITEM(texts, i))

    def __dealloc__(self):
        cdef size_t i, n = self.held.size()
        for i in range(n):
            if i + 16 < n:
                ask_for(self.held[i + 16])
            Py_DECREF(<object>self.held[i])


cdef class _Call:
    """One call of Analysis.run: what its callbacks need, and the first error of one."""

    cdef object rules
    cdef object error

    cdef int failed(self, object error) noexcept:
        if self.error is None:
            self.error = error
        return -1


cdef int emit(object terms, TermSink* sink) except -1:
    """Hand terms over in UTF-8."""
    cdef bytes encoded
    for term in terms:
        encoded = (<str?>term).encode("utf-8", "surrogatepass")
        sink.term(<const char*>encoded, len(encoded))
    return 0


cdef int ends_sentence(void* call, const char* snippet, size_t size) noexcept with gil:
    cdef _Call here = <_Call>call
    try:
        return bool(here.rules.ends_sentence(snippet[:size].decode("utf-8", "surrogatepass")))
    except BaseException as error:
        return here.failed(error)


cdef int part_terms(void* call, const char* part, size_t size, int flags, TermSink* sink) noexcept with gil:
    cdef _Call here = <_Call>call
    try:
        return emit(here.rules.part_terms(part[:size].decode("utf-8", "surrogatepass"), flags), sink)
    except BaseException as error:
        return here.failed(error)


cdef class _Held:
    """What an analysis found, for arrays to lie in: copying it takes longer than it should."""

    cdef Analyzed found


cdef class _Part:
    """Some of it, as a buffer that is only read: what is remembered of texts lies there, too."""

    cdef _Held held
    cdef const void* data
    cdef Py_ssize_t size

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, <void*>self.data, self.size, 1, flags)


cdef array_of(_Held held, const void* data, Py_ssize_t n, dtype):
    """An array of n items there."""
    cdef _Part part = _Part.__new__(_Part)
    if n == 0:
        return np.empty(0, dtype=dtype)
    part.held, part.data, part.size = held, data, n * dtype.itemsize
    return np.frombuffer(part, dtype=dtype)


cdef arrays_of(Analyzed& found):
    """What was found, which is moved out, in the order that Terms (_py.py) has."""
    cdef _Held held = _Held.__new__(_Held)
    swap(held.found, found)
    return (
        array_of(held, held.found.arena.data(), held.found.arena.size(), UINT8),
        array_of(held, held.found.offsets.data(), held.found.offsets.size(), INT64),
        array_of(held, held.found.indptr.data(), held.found.indptr.size(), INT64),
        array_of(held, held.found.codes.data(), held.found.codes.size(), INT32),
        held.found.source,
    )


cdef class Model:
    """What is known of characters and words apart from any text: made once, shared by analyses."""

    cdef PunktModel punkt
    cdef WordBreakTable word_breaks
    cdef bint has_word_breaks

    def __init__(self, punkt, classes, word_breaks=None):
        cdef bytes word, after
        cdef vector[CodeRange] code_ranges
        cdef CodeRange code_range
        abbreviations, starters, collocations, contexts = punkt
        for word in abbreviations:
            self.punkt.add_abbreviation(word)
        for word in starters:
            self.punkt.add_starter(word)
        for word, after in collocations:
            self.punkt.add_collocation(word, after)
        for word, context in contexts.items():
            self.punkt.add_contexts(word, context)
        for name, ranges in classes.items():
            for first, last in ranges:
                self.punkt.characters.add_range(name.encode(), first, last)
        self.punkt.characters.ask_of(python_facts)
        self.has_word_breaks = word_breaks is not None
        if self.has_word_breaks:
            for first, last, code in word_breaks:
                code_range.first, code_range.last, code_range.code = first, last, code
                code_ranges.push_back(code_range)
            self.word_breaks = WordBreakTable(code_ranges)


cdef class Analysis:
    cdef WorkerPool pool
    cdef Model model
    cdef WordSteps steps
    cdef bint steps_are_known
    cdef object rules

    def __init__(self, rules, Model model not None, steps):
        self.rules = rules
        self.model = model
        if model.has_word_breaks and steps is None:
            message = "word breaks need steps that are known"
            raise ValueError(message)
        self.steps_are_known = steps is not None
        for step, words in steps or ():
            if step == "lowercase":
                self.steps.lowercase()
            elif step == "drop":
                self.steps.drop(words)
            elif not self.steps.stem(words[0]):
                message = f"there is no native stemmer for {words[0]!r}"
                raise ValueError(message)

    def run(self, texts, int n_threads, first=0, last=None):
        cdef Py_ssize_t i
        cdef const TextStorage* storage
        cdef vector[Analyzed] results
        cdef Callbacks callbacks
        cdef _Call call = _Call.__new__(_Call)
        cdef _ListedTexts listed
        call.rules = self.rules
        # What keeps the texts alive, whatever the caller does to theirs.
        if isinstance(texts, list):
            kept = listed = _ListedTexts(texts, first, len(texts) if last is None else last)
            storage = &listed.storage
        elif hasattr(texts, "storage"):  # ArrowTexts
            kept = texts[first:last].storage()
            storage = <const TextStorage*>PyCapsule_GetPointer(kept, "embedfn.texts")
        else:
            message = f"texts must be a list or ArrowTexts, not {type(texts).__name__}"
            raise TypeError(message)
        callbacks.call = <void*>call
        callbacks.ends_sentence = ends_sentence
        callbacks.part_terms = part_terms
        try:
            with nogil:
                if self.model.has_word_breaks:
                    results = analyze_words(
                        self.pool, storage.texts.data(), storage.indptr.data(), storage.texts.size(), n_threads,
                        self.model.word_breaks, self.model.punkt.characters, &self.steps, callbacks)
                else:
                    results = analyze_with(
                        self.pool, storage.texts.data(), storage.indptr.data(), storage.texts.size(), n_threads,
                        self.model.punkt, &self.steps if self.steps_are_known else NULL, callbacks)
        except RuntimeError:
            if call.error is not None:
                raise call.error
            raise
        return [arrays_of(results[i]) for i in range(<Py_ssize_t>results.size())]
