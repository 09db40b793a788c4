# Included where texts are handed to C++: where each str lies.

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND
from libc.stdint cimport int64_t
from libcpp.vector cimport vector


cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object)


cdef extern from "utf8.hpp" namespace "embedfn" nogil:
    cdef struct StrStorage:
        const void* data
        size_t length
        int width


cdef extern from "arrow.hpp" namespace "embedfn" nogil:
    cdef cppclass TextStorage:
        vector[StrStorage] texts
        vector[int64_t] indptr
        void add(const StrStorage&) except +


cdef inline int store(list texts, TextStorage& storage) except -1:
    """Tell where the texts are, as long as they live."""
    cdef StrStorage one
    storage.texts.reserve(len(texts))
    storage.indptr.reserve(len(texts) + 1)
    for text in texts:
        if not isinstance(text, str):
            message = f"texts must be str, not {type(text).__name__}"
            raise TypeError(message)
        one.data = PyUnicode_DATA(text)
        one.length = PyUnicode_GET_LENGTH(text)
        one.width = 0 if PyUnicode_IS_ASCII(text) else PyUnicode_KIND(text)
        storage.add(one)
    return 0
