"""Glue between Python and the C++ of part_tokens.hpp and mean_rows.hpp."""

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int32_t, int64_t, int8_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr
from libcpp.string cimport string
from libcpp.utility cimport move
from libcpp.vector cimport vector

import numpy as np


include "helpers.pxi"
include "str_storage.pxi"


cdef extern from "word_pieces.hpp" namespace "embedfn" nogil:
    cdef cppclass WordPieces:
        WordPieces(int32_t, size_t, cbool) except +
        void add(string, int32_t, cbool) except +


cdef extern from "part_tokens.hpp" namespace "embedfn" nogil:
    cdef cppclass FreshPart:
        string text
        size_t first
        size_t count
        cbool asked
    cdef cppclass Scanned:
        vector[FreshPart] fresh
        vector[int32_t] ids
    cdef cppclass Frame:
        size_t room
        cbool keep_end
        vector[int32_t] before
        vector[int32_t] after
    cdef cppclass NativeParts "embedfn::PartTokens":
        NativeParts(WordPieces, string, cbool) except +
        void learn(const Scanned&) except +
        size_t size()
    void frame_ids "embedfn::PartTokens::frame"(
        const Scanned&, const Frame&, vector[int32_t]&, vector[int64_t]&) except +
    vector[Scanned] scan_texts(
        const NativeParts&, const StrStorage*, const int64_t*, int64_t, int, const Frame&) except +


cdef extern from "mean_rows.hpp" namespace "embedfn" nogil:
    cdef cppclass Half:
        pass
    bint rows_lie_within(const int32_t*, int64_t, int64_t)
    void native_means "embedfn::mean_rows"[Number](
        const Number*, int64_t, const int32_t*, const float*, const int64_t*, int64_t, int, float*) except +


def mean_rows(table, const int32_t[::1] rows, scales, const int64_t[::1] indptr, int n_threads):
    cdef int64_t n_rows = table.shape[0], dim = table.shape[1], n = indptr.shape[0] - 1
    cdef const unsigned char[::1] numbers = table.reshape(-1).view(np.uint8)
    cdef const float[::1] factors = scales
    cdef int kind = (np.float32, np.float16, np.int8).index(table.dtype.type)
    cdef float[:, ::1] out
    if n < 0 or indptr[0] != 0 or indptr[n] != rows.shape[0] or (np.diff(indptr) < 0).any():
        message = f"indptr must run from 0 to {rows.shape[0]}"
        raise ValueError(message)
    if factors is not None and factors.shape[0] != rows.shape[0]:
        message = f"there must be {rows.shape[0]} scales, not {factors.shape[0]}"
        raise ValueError(message)
    if not rows_lie_within(&rows[0] if rows.shape[0] else NULL, rows.shape[0], n_rows):
        message = f"a row lies beyond the {n_rows} of the table"
        raise IndexError(message)
    means = np.zeros((n, dim), dtype=np.float32)
    if not n or not dim or not rows.shape[0]:
        return means
    out = means
    cdef const unsigned char* data = &numbers[0]
    cdef const float* by = NULL
    if factors is not None:
        by = &factors[0]
    with nogil:
        if kind == 0:
            native_means(<const float*>data, dim, &rows[0], by, &indptr[0], n, n_threads, &out[0, 0])
        elif kind == 1:
            native_means(<const Half*>data, dim, &rows[0], by, &indptr[0], n, n_threads, &out[0, 0])
        else:
            native_means(<const int8_t*>data, dim, &rows[0], by, &indptr[0], n, n_threads, &out[0, 0])
    return means


cdef class _Owned:
    """A vector's memory, for an array to lie in."""

    cdef vector[int32_t] ids
    cdef vector[int64_t] lengths

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        if self.ids.size():
            PyBuffer_FillInfo(buffer, self, self.ids.data(), self.ids.size() * sizeof(int32_t), 0, flags)
        else:
            PyBuffer_FillInfo(buffer, self, self.lengths.data(), self.lengths.size() * sizeof(int64_t), 0, flags)


cdef class PartTokens:
    cdef unique_ptr[NativeParts] parts
    cdef object ask

    def __init__(self, ask, pieces, prefix, int32_t unknown, size_t max_chars, bint lowercase, joined, bint chinese_apart):
        cdef unique_ptr[WordPieces] made
        cdef bytes piece, start = prefix.encode()
        made.reset(new WordPieces(unknown, max_chars, lowercase))
        for text, number in pieces.items():
            piece = text.encode()
            made.get().add(piece, number, False)
            if start and piece.startswith(start):
                made.get().add(piece[len(start):], number, True)
        self.parts.reset(new NativeParts(move(made.get()[0]), joined.encode(), chinese_apart))
        self.ask = ask

    def __len__(self):
        return self.parts.get().size()

    def encode(self, list texts, room, bint keep_end, before, after, int n_threads):
        cdef Py_ssize_t i, k, n = len(texts)
        cdef TextStorage storage
        cdef vector[Scanned] runs
        cdef Frame frame
        cdef _Owned ids, lengths
        cdef const FreshPart* part
        frame.keep_end = keep_end
        if room is not None:
            frame.room = room
        frame.before, frame.after = before, after
        kept = list(texts)  # alive, whatever the caller does to theirs
        store(kept, storage)
        with nogil:
            runs = scan_texts(self.parts.get()[0], storage.texts.data(), storage.indptr.data(), n, n_threads, frame)
        self.answer(runs)
        ids = _Owned.__new__(_Owned)
        lengths = _Owned.__new__(_Owned)
        with nogil:
            for i in range(<Py_ssize_t>runs.size()):
                frame_ids(runs[i], frame, ids.ids, lengths.lengths)
                if runs[i].fresh.size():
                    self.parts.get().learn(runs[i])
        return (
            np.frombuffer(ids, dtype=np.int32) if ids.ids.size() else np.empty(0, np.int32),
            np.frombuffer(lengths, dtype=np.int64) if n else np.empty(0, np.int64),
        )

    cdef answer(self, vector[Scanned]& runs):
        """Ask for the ids of the parts that are not known here."""
        cdef Py_ssize_t i, k
        cdef FreshPart* part
        cdef string text
        asked = []
        for i in range(<Py_ssize_t>runs.size()):
            for k in range(<Py_ssize_t>runs[i].fresh.size()):
                if runs[i].fresh[k].asked:
                    text = runs[i].fresh[k].text
                    asked.append((<bytes>text).decode("utf-8"))
        if not asked:
            return
        answers = iter(self.ask(asked))
        for i in range(<Py_ssize_t>runs.size()):
            for k in range(<Py_ssize_t>runs[i].fresh.size()):
                part = &runs[i].fresh[k]
                if part.asked:
                    answer = next(answers)
                    part.first = runs[i].ids.size()
                    part.count = len(answer)
                    for number in answer:
                        runs[i].ids.push_back(number)
