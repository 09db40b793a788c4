"""Glue between bytes and the C++ about words, one word, sentence or snippet a call; ASCII but for `stem`."""

from libc.stddef cimport size_t
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


cdef extern from "punkt_break.hpp" namespace "embedfn" nogil:
    cdef cppclass NativeModel "embedfn::PunktModel":
        NativeModel() except +
        void add_abbreviation(string_view) except +
        void add_starter(string_view) except +
        void add_collocation(string_view, string_view) except +
        void add_contexts(string_view, int) except +
    bint native_has_break "embedfn::has_break"(const NativeModel&, string_view) except +


cdef inline string_view view(bytes text):
    return string_view(<const char*>text, <size_t>len(text))


cdef string_view ascii_view(bytes text) except *:
    """The text, which must be ASCII."""
    if not text.isascii():
        message = f"the native rules know ASCII only; got {text[:40]!r}"
        raise ValueError(message)
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


cdef class PunktModel:
    cdef NativeModel native

    def __init__(
        self,
        abbreviations: list[bytes],
        starters: list[bytes],
        collocations: list[tuple[bytes, bytes]],
        contexts: dict[bytes, int],
    ):
        cdef bytes word, after
        self.native = NativeModel()
        for word in abbreviations:
            self.native.add_abbreviation(view(word))
        for word in starters:
            self.native.add_starter(view(word))
        for word, after in collocations:
            self.native.add_collocation(view(word), view(after))
        for word, seen in contexts.items():
            self.native.add_contexts(view(word), seen)

    def has_break(self, bytes snippet not None) -> bool:
        return native_has_break(self.native, ascii_view(snippet))
