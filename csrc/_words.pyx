"""Glue between bytes and the C++ about words, one word, sentence or snippet in UTF-8 a call."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t
from libcpp cimport bool as bool_t
from libcpp.optional cimport optional
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass string_view:
        string_view()
        string_view(const char*, size_t)
        const char* data()
        size_t size()


cdef extern from "stem_english.hpp" namespace "embedfn" nogil:
    void native_stem "embedfn::stem_english"(string&) except +


cdef extern from "treebank.hpp" namespace "embedfn" nogil:
    cdef cppclass Treebank:
        Treebank() except +
        const vector[string_view]& words(string_view) except +


cdef extern from "wide_chars.hpp" namespace "embedfn" nogil:
    cdef struct CharFacts:
        pass
    cdef cppclass NativeCharacters "embedfn::Characters":
        NativeCharacters() except +
        void add_range(string_view, uint32_t, uint32_t) except +
        void ask_of(CharFacts (*)(uint32_t) noexcept nogil) except +


cdef extern from "python_chars.hpp" namespace "embedfn" nogil:
    CharFacts python_facts(uint32_t) noexcept


cdef extern from "wide_text.hpp" namespace "embedfn" nogil:
    cdef cppclass WideText:
        WideText() except +
        bool_t read(string_view, const NativeCharacters&) except +
        string_view bytes()
        void restore(string_view, string&) except +
    bool_t lower_utf8(string_view, const NativeCharacters&, string&) except +


cdef extern from "punkt_break.hpp" namespace "embedfn" nogil:
    cdef cppclass NativeModel "embedfn::PunktModel":
        NativeCharacters characters
        NativeModel() except +
        void add_abbreviation(string_view) except +
        void add_starter(string_view) except +
        void add_collocation(string_view, string_view) except +
        void add_contexts(string_view, int) except +
    bint native_has_break "embedfn::has_break"(const NativeModel&, string_view) except +


cdef extern from "wide_break.hpp" namespace "embedfn" nogil:
    optional[bool_t] has_wide_break(const NativeModel&, string_view, WideText&) except +


cdef inline string_view view(bytes text):
    return string_view(<const char*>text, <size_t>len(text))


cdef string_view ascii_view(bytes text) except *:
    """The text, which must be ASCII."""
    if not text.isascii():
        message = f"the native rules know ASCII only; got {text[:40]!r}"
        raise ValueError(message)
    return view(text)


cdef string_view wide_view(bytes text) except *:
    """The text, which must be UTF-8; lone surrogates are allowed."""
    text.decode("utf-8", "surrogatepass")
    return view(text)


def stem_english(bytes word not None) -> bytes:
    cdef string_view lower = ascii_view(word := word.lower())
    cdef string text
    text.assign(lower.data(), lower.size())
    native_stem(text)
    return text


cdef extern from "stemmers.hpp" namespace "embedfn" nogil:
    cdef cppclass Stemmer:
        pass
    cdef cppclass StemScratch:
        pass
    const Stemmer* stemmer_of(string_view)
    void stem_utf8(const Stemmer*, string&, StemScratch&) except +


def stem(str language not None, bytes word not None) -> bytes:
    name = language.encode("utf-8", "surrogatepass")
    cdef const Stemmer* stemmer = stemmer_of(view(name))
    if stemmer is NULL:
        message = f"no native stemmer for language {language!r}; give the language's name, such as 'german'"
        raise ValueError(message)
    word.decode("utf-8", "surrogatepass")  # raises for bytes that are no UTF-8
    cdef string text
    cdef StemScratch scratch
    text.assign(<const char*>word, <size_t>len(word))
    stem_utf8(stemmer, text, scratch)
    return text


def treebank_words(bytes sentence not None) -> list[bytes]:
    cdef Treebank treebank
    cdef const vector[string_view]* words = &treebank.words(ascii_view(sentence))
    cdef size_t i
    return [words[0][i].data()[:words[0][i].size()] for i in range(words.size())]


cdef int learn(NativeCharacters& characters, classes) except -1:
    """Fill in the classes and the running interpreter's knowledge."""
    cdef bytes name
    for key, ranges in classes.items():
        name = key.encode()
        for first, last in ranges:
            characters.add_range(view(name), first, last)
    characters.ask_of(python_facts)
    return 0


cdef class Characters:
    """What is known of characters beyond ASCII."""

    cdef NativeCharacters native

    def __init__(self, classes: dict[str, list[tuple[int, int]]]):
        self.native = NativeCharacters()
        learn(self.native, classes)

    def kinds(self, bytes text not None) -> bytes | None:
        """One byte a character; None if one is unknown."""
        cdef WideText wide
        if not wide.read(wide_view(text), self.native):
            return None
        return wide.bytes().data()[:wide.bytes().size()]

    def lower(self, bytes word not None) -> bytes | None:
        """The word as str.lower has it; None where only that knows."""
        cdef string lower
        return lower if lower_utf8(wide_view(word), self.native, lower) else None

    def treebank_words(self, bytes sentence not None) -> list[bytes] | None:
        """The words of any sentence; None if a character is unknown."""
        cdef WideText wide
        cdef Treebank treebank
        cdef string word
        cdef size_t i
        if not wide.read(wide_view(sentence), self.native):
            return None
        found = []
        cdef const vector[string_view]* words = &treebank.words(wide.bytes())
        for i in range(words.size()):
            wide.restore(words[0][i], word)
            found.append(<bytes>word)
        return found


cdef class PunktModel:
    cdef NativeModel native

    def __init__(
        self,
        abbreviations: list[bytes],
        starters: list[bytes],
        collocations: list[tuple[bytes, bytes]],
        contexts: dict[bytes, int],
        classes: dict[str, list[tuple[int, int]]],
    ):
        cdef bytes word, after
        self.native = NativeModel()
        learn(self.native.characters, classes)
        for word in abbreviations:
            self.native.add_abbreviation(view(word))
        for word in starters:
            self.native.add_starter(view(word))
        for word, after in collocations:
            self.native.add_collocation(view(word), view(after))
        for word, seen in contexts.items():
            self.native.add_contexts(view(word), seen)

    def has_break(self, bytes snippet not None) -> bool | None:
        """Whether a sentence ends in the snippet; None where only Python can tell."""
        cdef WideText scratch
        cdef optional[bool_t] decision
        if snippet.isascii():
            return native_has_break(self.native, view(snippet))
        decision = has_wide_break(self.native, wide_view(snippet), scratch)
        return decision.value() if decision.has_value() else None
