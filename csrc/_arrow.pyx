"""Glue between libraries that speak Arrow's C data interface and the C++ of arrow.hpp."""

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr

include "str_storage.pxi"


cdef extern from "arrow.hpp" namespace "embedfn" nogil:
    cdef struct ArrowSchema:
        pass
    cdef struct ArrowArray:
        pass
    cdef struct ArrowArrayStream:
        pass
    cdef enum class TextFault(int):
        none
        null
        outside
        not_utf8
    cdef cppclass NativeTexts "embedfn::ArrowTexts":
        int64_t size()
        void append(NativeTexts) except +
        NativeTexts slice(int64_t, int64_t) except +
        TextFault first_fault(int64_t&)
        TextStorage storage() except +
    cdef cppclass HeldTexts:
        HeldTexts(const NativeTexts&) except +
    cdef cppclass NativeReader "embedfn::ArrowReader":
        NativeReader(ArrowArrayStream&) except +
        NativeReader(ArrowSchema&, ArrowArray&) except +
        cbool has_texts()
        cbool next(NativeTexts&) except +


cdef void free_texts(object capsule) noexcept:
    del_texts = <HeldTexts*><TextStorage*>PyCapsule_GetPointer(capsule, "embedfn.texts")
    del del_texts


cdef class ArrowTexts:
    """Texts in Arrow's memory, as a sequence: slices share it, an item is a str of its own."""

    cdef NativeTexts texts

    def __init__(self, parts=()):
        cdef ArrowTexts part
        for part in parts:
            self.texts.append(part.texts)

    def __len__(self):
        return self.texts.size()

    def __getitem__(self, place):
        cdef ArrowTexts part
        cdef TextStorage one
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step != 1:
                message = "texts in Arrow's memory have no slices with steps"
                raise ValueError(message)
            part = ArrowTexts.__new__(ArrowTexts)
            part.texts = self.texts.slice(start, max(start, stop))
            return part
        number = range(len(self))[place]
        one = self.texts.slice(number, number + 1).storage()
        return PyUnicode_DecodeUTF8(<const char*>one.texts.data()[0].data, one.texts.data()[0].length, NULL)

    def first_fault(self):
        """The first item that is no text, and why: (position, "null", "outside" or "not_utf8"); None if all are texts."""
        cdef int64_t position = 0
        cdef TextFault fault
        with nogil:
            fault = self.texts.first_fault(position)
        if fault == TextFault.none:
            return None
        return position, "null" if fault == TextFault.null else "outside" if fault == TextFault.outside else "not_utf8"

    def storage(self):
        """What Analysis.run reads, which keeps the memory; an error where there is a fault."""
        held = new HeldTexts(self.texts)
        try:
            return PyCapsule_New(<TextStorage*>held, "embedfn.texts", free_texts)
        except BaseException:
            del held
            raise


cdef class ArrowReader:
    """Reads, once, what an object with the method __arrow_c_stream__ or __arrow_c_array__ hands over."""

    cdef unique_ptr[NativeReader] reader

    def __init__(self, producer):
        if hasattr(producer, "__arrow_c_stream__"):
            capsule = producer.__arrow_c_stream__()
            self.reader.reset(new NativeReader(
                (<ArrowArrayStream*>PyCapsule_GetPointer(capsule, "arrow_array_stream"))[0]))
        else:
            schema, array = producer.__arrow_c_array__()
            self.reader.reset(new NativeReader(
                (<ArrowSchema*>PyCapsule_GetPointer(schema, "arrow_schema"))[0],
                (<ArrowArray*>PyCapsule_GetPointer(array, "arrow_array"))[0]))

    def has_texts(self):
        """Whether these are arrays of strings, which can be read in place."""
        return self.reader.get() != NULL and self.reader.get().has_texts()

    def __iter__(self):
        return self

    def __next__(self):
        if not self.has_texts():
            message = "there are no Arrow arrays of strings to be read"
            raise TypeError(message)
        found = ArrowTexts()
        if not self.reader.get().next((<ArrowTexts>found).texts):
            raise StopIteration
        return found
