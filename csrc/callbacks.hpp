// Rules that ask Python, by plain function pointers: the glue takes the GIL behind them. `call` is the glue's own.
#pragma once

#include <stdexcept>

#include "worker.hpp"

namespace embedfn {

// A callback returns -1 after an error, which the glue has kept.
struct Callbacks {
    void* call = nullptr;
    int (*ends_sentence)(void* call, const char* snippet, size_t size) = nullptr;
    int (*part_terms)(void* call, const char* part, size_t size, int flags, TermSink* sink) = nullptr;
};

class CallbackRules final : public Rules {
public:
    explicit CallbackRules(const Callbacks& callbacks) : callbacks_(callbacks) {}

    bool ends_sentence(std::string_view snippet) override {
        return checked(callbacks_.ends_sentence(callbacks_.call, snippet.data(), snippet.size())) != 0;
    }
    void part_terms(const Form& part, TermSink& sink) override {
        checked(callbacks_.part_terms(callbacks_.call, part.from, part.size, int(part.tag()), &sink));
    }

private:
    static int checked(int status) {
        if (status < 0) throw std::runtime_error("a callback failed");
        return status;
    }

    Callbacks callbacks_;
};

}  // namespace embedfn
