// The kernels of an encoder for one tier; included once for each, inside its namespace and with its instructions allowed.

#include "vec_math.hpp"
#include "activations.hpp"
#include "matrix_tile.hpp"
#include "pair_tile.hpp"
#include "column_peaks.hpp"
#include "layer_norm.hpp"
#include "rotation.hpp"
#include "head_attention.hpp"

constexpr EncoderKernels KERNELS = {linear, pair_sums, linear_of_pairs, add_and_normalise, embed,
                                    attend, rotate,    times,           activate,          column_peaks};
