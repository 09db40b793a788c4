# Included where texts are handed to C++: where each str lies.

from cpython.object cimport PyObject
from libc.stdint cimport int64_t
from libcpp.vector cimport vector


cdef extern from "Python.h":
    PyObject* PyList_GET_ITEM(object, Py_ssize_t)
    bint PyUnicode_Check(PyObject*)
    bint PyUnicode_IS_ASCII(PyObject*)
    const void* PyUnicode_DATA(PyObject*)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject*)
    int PyUnicode_KIND(PyObject*)


cdef extern from "utf8.hpp" namespace "embedfn" nogil:
    cdef struct StrStorage:
        const void* data
        size_t length
        int width


cdef extern from "arrow.hpp" namespace "embedfn" nogil:
    cdef cppclass StoredTexts "embedfn::LargeVector<embedfn::StrStorage>":
        size_t size()
        const StrStorage* data()
        void reserve(size_t) except +
    cdef cppclass StoredStarts "embedfn::LargeVector<int64_t>":
        const int64_t* data()
        void reserve(size_t) except +
    cdef cppclass TextStorage:
        StoredTexts texts
        StoredStarts indptr
        void add(const StrStorage&) except +


cdef extern from "hash.hpp" namespace "embedfn" nogil:
    void ask_for(const void*)


cdef inline int store_one(PyObject* text, TextStorage& storage) except -1:
    """Tell where a text is, as long as it lives."""
    cdef StrStorage one
    if not PyUnicode_Check(text):
        message = f"texts must be str, not {type(<object>text).__name__}"
        raise TypeError(message)
    one.data = PyUnicode_DATA(text)
    one.length = PyUnicode_GET_LENGTH(text)
    one.width = 0 if PyUnicode_IS_ASCII(text) else PyUnicode_KIND(text)
    storage.add(one)
    return 0


cdef inline int store(list texts, TextStorage& storage) except -1:
    """Tell where the texts are, as long as they live and the list is not changed."""
    cdef Py_ssize_t i, n = len(texts)
    storage.texts.reserve(n)
    storage.indptr.reserve(n + 1)
    for i in range(n):
        if i + 16 < n:  # they lie anywhere
            ask_for(PyList_GET_ITEM(texts, i + 16))
        store_one(PyList_GET_ITEM(texts, i), storage)
    return 0
