// What is asked once for each distinct form, the slow way.
#pragma once

#include <string_view>

#include "form.hpp"

namespace embedfn {

// Receives what a part becomes, in order.
class TermSink {
public:
    virtual void term(const Bytes& bytes) = 0;
    void term(const char* from, size_t size) { term(Bytes{from, size, from + size}); }

protected:
    ~TermSink() = default;
};

class Rules {
public:
    virtual ~Rules() = default;
    // Whether a sentence ends with `word` before `next` where that is quickly said, else -1.
    virtual int plain_break(std::string_view, std::string_view) { return -1; }
    // Whether a part that begins or ends with this mark of `trimmed_marks` has the same terms without it.
    virtual bool drops(char) const { return false; }
    virtual bool ends_sentence(std::string_view snippet) = 0;
    // The part's tag are its flags.
    virtual void part_terms(const Form& part, TermSink& sink) = 0;
};

}  // namespace embedfn
