# Included where C++ shares work out among threads: all modules have one process' helpers.

from cpython.pycapsule cimport PyCapsule_GetPointer

from embedfn.kernels._lexical import _helpers


cdef extern from "helpers.hpp" namespace "embedfn::Helpers" nogil:
    cdef cppclass Place:
        pass
    void use(Place*)


use(<Place*>PyCapsule_GetPointer(_helpers, "embedfn.helpers"))
