"""The standard analyzer: Unicode's words, lower case, and a language's stopwords and stems."""

import copy
import pickle
import subprocess
import sys

import pytest

from embedfn.lexical.components import (
    LowercaseFilter,
    StemmingFilter,
    StopwordFilter,
    UnicodeTokenizer,
)
from embedfn.sparse.bm25 import (
    BM25EmbeddingFunction,
    build_analyzer_from_yaml,
    build_default_analyzer,
    build_standard_analyzer,
)
from embedfn.sparse.bm25 import tokenizers as upstreams_path

TEXT = "The cats' 3.5 kg of café-crème, isn't it? ISO_8859 — 中文 👍🏽"
NAMES = {
    **{"en": "english", "de": "german", "fr": "french", "ru": "russian", "es": "spanish"},
    **{"sp": "spanish", "it": "italian", "pt": "portuguese"},
}


def test_words_in_lower_case():
    analyzer = build_standard_analyzer()
    expected = [
        *("the", "cats", "3.5", "kg", "of", "café", "crème", "isn't", "it", "iso_8859"),
        *("中", "文", "👍🏽"),
    ]
    assert analyzer(TEXT) == expected
    assert analyzer("") == []
    assert repr(analyzer) == "Analyzer('standard', UnicodeTokenizer(), filters=[LowercaseFilter()])"


def test_english():
    expected = ["cat", "3.5", "kg", "café", "crème", "iso_8859", "中", "文", "👍🏽"]
    assert build_standard_analyzer("en")(TEXT) == expected
    assert build_standard_analyzer("en", stem=False)("The cats, isn't it") == ["cats"]
    assert build_standard_analyzer("en", stopwords=False)("The cats") == ["the", "cat"]
    assert build_standard_analyzer("en", stopwords=False, stem=False)("The cats") == ["the", "cats"]


@pytest.mark.parametrize(("code", "name"), NAMES.items())
@pytest.mark.parametrize("stopwords", [None, True, False])
@pytest.mark.parametrize("stem", [None, True, False])
def test_parts(code, name, stopwords, stem):
    analyzer = build_standard_analyzer(code, stopwords=stopwords, stem=stem)
    assert analyzer.name == f"standard_{code}"
    assert type(analyzer.tokenizer) is UnicodeTokenizer
    assert analyzer.preprocessors == []
    wanted = [LowercaseFilter()]
    wanted += [StopwordFilter(name)] if stopwords is not False else []
    wanted += [StemmingFilter(name)] if stem is not False else []
    assert repr(analyzer.filters) == repr(wanted)


def test_known_words_of_other_languages():
    assert build_standard_analyzer("de")("Die Häuser und Gärten") == ["haus", "gart"]
    assert build_standard_analyzer("ru")("Большие дома и книги") == ["больш", "дом", "книг"]
    assert build_standard_analyzer("es")("¿Las casas?") == ["cas"]


def test_a_language_is_needed():
    for wanted in ("stopwords", "stem"):
        with pytest.raises(ValueError, match=f"{wanted}=True needs a language, one of en, de"):
            build_standard_analyzer(**{wanted: True})
        assert build_standard_analyzer(**{wanted: False})(TEXT) == build_standard_analyzer()(TEXT)
    for code in ("zh", "ja", "kr", "english", ""):
        with pytest.raises(ValueError, match=f"'{code}'; available: en, de"):
            build_standard_analyzer(code)
    for wrong in (b"en", 3, ["en"]):
        with pytest.raises(TypeError, match="language must be a str"):
            build_standard_analyzer(wrong)
    with pytest.raises(TypeError):
        build_standard_analyzer("en", True)


def test_only_str():
    for wrong in (None, b"x", 3):
        with pytest.raises(TypeError):
            build_standard_analyzer()(wrong)


def test_copies():
    analyzer = build_standard_analyzer("en")
    for other in (pickle.loads(pickle.dumps(analyzer)), copy.deepcopy(analyzer)):
        assert other(TEXT) == analyzer(TEXT)


def test_from_yaml(tmp_path):
    path = tmp_path / "analyzers.yaml"
    path.write_text(
        "mine:\n  tokenizer: {class: UnicodeTokenizer}\n  filters: [{class: LowercaseFilter}]\n"
    )
    assert build_analyzer_from_yaml(path, "mine")(TEXT) == build_standard_analyzer()(TEXT)


def test_bm25_with_it():
    corpus = ["The cat's mat.", "Dogs chase cats; dogs don't sleep.", "e.g. 3.14"]
    bm25 = BM25EmbeddingFunction(build_standard_analyzer("en"), corpus=corpus)
    assert bm25.dim == len(
        {term for text in corpus for term in build_standard_analyzer("en")(text)}
    )
    found = bm25.encode_queries(["CATS 3.14"]) @ bm25.encode_documents(corpus).T
    assert (found.toarray()[0] != 0).tolist() == [True, True, True]
    assert bm25.unknown_terms(["Unicorns!"]) == [["unicorn"]]
    assert build_default_analyzer("en")("x-ray") != build_standard_analyzer("en")("x-ray")


def test_it_is_found_by_upstreams_path():
    assert upstreams_path.build_standard_analyzer is build_standard_analyzer
    assert upstreams_path.UnicodeTokenizer is UnicodeTokenizer


def test_the_table_is_read_at_first_use_only():
    program = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and opened.append(str(args[0])))\n"
        "from embedfn.sparse.bm25 import build_standard_analyzer\n"
        "analyzer = build_standard_analyzer()\n"
        "assert not any('word_break' in name for name in opened)\n"
        "assert analyzer('A b') == ['a', 'b']\n"
        "assert sum('word_break' in name for name in opened) == 1\n"
        "analyzer('c')\n"
        "assert sum('word_break' in name for name in opened) == 1\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
