# Included behind encoder_kernels.pxi where layers are made of arrays: shapes are checked here, so that C++ need not.

cdef extern from "own_linear.hpp" namespace "embedfn" nogil:
    cdef cppclass OwnLinear:
        OwnLinear() except +
        void assign(int64_t, int64_t, const float*, const float*) except +
        const Linear& layer()


cdef int check_layer(const float[:, ::1] weight, const float[::1] bias) except -1:
    if not weight.shape[0] or not weight.shape[1] or bias.shape[0] != weight.shape[0]:
        message = f"weights are {weight.shape[0]} x {weight.shape[1]} and the bias has {bias.shape[0]} numbers"
        raise ValueError(message)
    return 0


cdef int check_width(const float[:, ::1] hidden, int64_t width) except -1:
    if hidden.shape[1] != width:
        message = f"hidden states have {hidden.shape[1]} components, not {width}"
        raise ValueError(message)
    return 0


cdef int set_own_linear(OwnLinear& layer, const float[:, ::1] weight, const float[::1] bias) except -1:
    check_layer(weight, bias)
    layer.assign(weight.shape[1], weight.shape[0], &weight[0, 0], &bias[0])
    return 0
