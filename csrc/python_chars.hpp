// What the running interpreter says of code points, for wide_chars.hpp. Its tables are constant: no GIL is needed.
#pragma once

#include <Python.h>

#include "wide_chars.hpp"

namespace embedfn {

inline CharFacts python_facts(uint32_t code) {
    // U+0130 becomes two characters; what U+03A3 becomes depends on its neighbours.
    const bool is_simple = code != 0x130 && code != 0x3a3;
    return {
        is_simple ? uint32_t(Py_UNICODE_TOLOWER(code)) : 0,
        uint8_t((Py_UNICODE_ISALNUM(code) ? wide::re_word : 0) | (Py_UNICODE_ISLOWER(code) ? wide::small : 0) |
                (Py_UNICODE_ISUPPER(code) ? wide::capital : 0)),
        bool(Py_UNICODE_ISSPACE(code)),
    };
}

}  // namespace embedfn
