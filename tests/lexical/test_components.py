"""The public surface of analyzers: upstream's names, defaults and results, its defects mended."""

import copy
import inspect
import pickle
import sys
import threading
from subprocess import run

import pytest

from embedfn.lexical import analyzer as analyzers
from embedfn.lexical import components
from embedfn.lexical.analyzer import Analyzer, build_analyzer_from_yaml, build_default_analyzer
from embedfn.lexical.components import (
    CharacterfilterPreprocessor,
    LowercaseFilter,
    Preprocessor,
    PunctuationFilter,
    ReplacePreprocessor,
    StandardTokenizer,
    StemmingFilter,
    StopwordFilter,
    TextFilter,
    Tokenizer,
    register_class,
    registered_class,
)

TEXT = "It's a TEST, of the analyzers. ¿No? Mr. Smith's dogs weren't running!"
NAMES = [
    *("Preprocessor", "CharacterfilterPreprocessor", "ReplacePreprocessor", "Tokenizer"),
    *("StandardTokenizer", "TextFilter", "LowercaseFilter", "StopwordFilter", "PunctuationFilter"),
    *("StemmingFilter", "Analyzer", "build_default_analyzer", "build_analyzer_from_yaml"),
    "register_class",
]


def full_analyzer():
    return Analyzer(
        "mine",
        StandardTokenizer(),
        [CharacterfilterPreprocessor("-_"), ReplacePreprocessor({"TEST": "trial"})],
        [
            LowercaseFilter(),
            PunctuationFilter("¿"),
            StopwordFilter("english", ["smith"]),
            StemmingFilter(),
        ],
    )


@pytest.mark.parametrize("name", NAMES)
def test_names_and_parameters_are_upstreams(name, upstream_tokenizers):
    ours = getattr(analyzers if hasattr(analyzers, name) else components, name)
    theirs = getattr(upstream_tokenizers, name)

    def shape(called):
        return [(p.name, p.default) for p in inspect.signature(called).parameters.values()]

    def given(cls):
        return "__init__" in vars(cls) if inspect.isclass(cls) else True

    if given(theirs) and name != "StandardTokenizer":
        assert shape(ours) == shape(theirs)
    for method in ("apply", "tokenize"):
        if hasattr(theirs, method):
            assert shape(getattr(ours, method)) == shape(getattr(theirs, method))


def test_parts_do_what_upstreams_do(upstream_tokenizers):
    tokens = StandardTokenizer().tokenize(TEXT)
    assert tokens == upstream_tokenizers.StandardTokenizer().tokenize(TEXT)
    filters = [
        *(("LowercaseFilter", ()), ("PunctuationFilter", ()), ("PunctuationFilter", ("¿Nas",))),
        *(("StopwordFilter", ()), ("StopwordFilter", ("english", ["Mr.", "dogs"]))),
        *(("StemmingFilter", ()), ("StemmingFilter", ("english",))),
    ]
    for name, arguments in filters:
        ours = getattr(components, name)(*arguments)
        theirs = getattr(upstream_tokenizers, name)(*arguments)
        assert ours.apply(tokens) == theirs.apply(tokens), name
    preprocessors = [
        *(("CharacterfilterPreprocessor", "si,."), ("CharacterfilterPreprocessor", ["¿", "'"])),
        *(
            ("CharacterfilterPreprocessor", ""),
            ("ReplacePreprocessor", {"a": "b", "of": "", ".": "$"}),
        ),
        ("ReplacePreprocessor", {"T": "\\1", "TEST": "never"}),
    ]
    for name, argument in preprocessors:
        ours = getattr(components, name)(argument)
        theirs = getattr(upstream_tokenizers, name)(argument)
        assert ours.apply(TEXT) == theirs.apply(TEXT), name


def test_an_empty_mapping_changes_nothing():
    assert ReplacePreprocessor({}).apply(TEXT) == TEXT


def test_a_mapping_is_copied():
    mapping = {"a": "b"}
    replace = ReplacePreprocessor(mapping)
    mapping.clear()
    assert replace.apply("a") == "b"


def test_base_classes():
    for base, method in ((Preprocessor, "apply"), (Tokenizer, "tokenize"), (TextFilter, "apply")):
        with pytest.raises(NotImplementedError, match=method):
            getattr(base(), method)("x")


def test_without_preprocessors_and_filters(upstream_tokenizers):
    with pytest.raises(TypeError):  # upstream's defect
        upstream_tokenizers.Analyzer("x", upstream_tokenizers.StandardTokenizer())("a b")
    assert Analyzer("x", StandardTokenizer())("a b") == ["a", "b"]


def test_any_object_with_the_method_is_a_part():
    class Split:
        def tokenize(self, text):
            return text.split()

    class Double:
        def apply(self, tokens):
            return tokens * 2

    filters = [Double()]
    made = Analyzer("x", Split(), None, filters)
    assert made("a b") == ["a", "b", "a", "b"]
    filters.append(Double())  # the list given is the one in use, as upstream's is
    assert len(made("a b")) == 8


def test_build_default_analyzer():
    assert build_default_analyzer()(TEXT) == build_default_analyzer(language="en")(TEXT)
    assert build_default_analyzer().name == "en"
    assert build_default_analyzer() is not build_default_analyzer()


@pytest.mark.parametrize("code", ["klingon", "", "EN", "english", "sv"])
def test_unknown_languages(code):
    known = "en, de, fr, ru, sp, it, pt, zh, jp, kr, es, ja, ko$"
    with pytest.raises(ValueError, match=f"language {code!r}; available: {known}"):
        build_default_analyzer(code)


@pytest.mark.parametrize("code", [None, 3, b"en", ["en"]])
def test_languages_that_are_no_str(code):
    with pytest.raises(TypeError, match=f"language must be a str, not {type(code).__name__}"):
        build_default_analyzer(code)


@pytest.mark.parametrize("text", [None, 3, 1.5, b"text", ["text"], object()])
def test_texts_that_are_no_str(text):
    for made in (build_default_analyzer(), Analyzer("x", StandardTokenizer())):
        with pytest.raises(TypeError, match=f"text must be a str, not {type(text).__name__}"):
            made(text)


def test_bad_arguments():
    with pytest.raises(ValueError, match="no stopwords for language 'dutch'; available: english, "):
        StopwordFilter("dutch")
    with pytest.raises(ValueError, match="no stemmer for language 'chinese'; available: english, "):
        StemmingFilter("chinese")
    with pytest.raises(TypeError, match="stopword_list must be a list of str, not one str: 'the'"):
        StopwordFilter("english", "the")
    with pytest.raises(TypeError, match="extras must be a str, not list"):
        PunctuationFilter(["¿"])
    for chars in (["ab"], [""], [3]):
        with pytest.raises(ValueError, match="single characters; got"):
            CharacterfilterPreprocessor(chars)


@pytest.mark.parametrize("make", [full_analyzer, build_default_analyzer])
def test_copies(make):
    made = make()
    expected = made(TEXT)
    assert "run" in expected
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(made, protocol))(TEXT) == expected
    copied = copy.deepcopy(made)
    copied.filters.clear()
    assert copied(TEXT) != expected
    assert made(TEXT) == expected
    assert repr(pickle.loads(pickle.dumps(made))) == repr(made)


def test_repr():
    assert repr(build_default_analyzer()) == (
        "Analyzer('en', StandardTokenizer(), filters=[LowercaseFilter(), PunctuationFilter(), "
        "StopwordFilter('english'), StemmingFilter('english')])"
    )
    assert repr(full_analyzer()) == (
        "Analyzer('mine', StandardTokenizer(), preprocessors=[CharacterfilterPreprocessor('-_'), "
        "ReplacePreprocessor({'TEST': 'trial'})], filters=[LowercaseFilter(), "
        "PunctuationFilter('¿'), StopwordFilter('english', ['smith']), StemmingFilter('english')])"
    )
    assert repr(eval(repr(full_analyzer()))) == repr(full_analyzer())


def test_many_threads_from_the_first_use():
    # A fresh process, so that the tables load while eight threads ask for them.
    code = (
        "import threading, sys\n"
        "from embedfn.lexical.analyzer import build_default_analyzer\n"
        "made, barrier, seen = build_default_analyzer(), threading.Barrier(8), []\n"
        "def work():\n"
        "    barrier.wait()\n"
        "    seen.append([made(sys.argv[1]) for _ in range(20)])\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[t.start() for t in threads]\n"
        "[t.join() for t in threads]\n"
        "assert seen == [[made(sys.argv[1])] * 20] * 8, seen\n"
    )
    run([sys.executable, "-c", code, TEXT], check=True, timeout=60)
    made, results = build_default_analyzer(), []
    threads = [threading.Thread(target=lambda: results.append(made(TEXT))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [made(TEXT)] * 8


def test_no_heavy_module_is_imported():
    heavy = ("nltk", "regex", "yaml", "torch", "transformers", "numba", "punkt", "requests")
    code = (
        "import sys\n"
        "from embedfn.lexical.analyzer import build_default_analyzer\n"
        "build_default_analyzer()('It is.')\n"
        f"assert not set({heavy!r}) & set(sys.modules)\n"
    )
    run([sys.executable, "-c", code], check=True, timeout=60)


def test_registry():
    @register_class("ShoutFilter")
    class ShoutFilter(TextFilter):
        def apply(self, tokens):
            return [token.upper() for token in tokens]

    try:
        assert registered_class("ShoutFilter") is ShoutFilter
    finally:
        del components._class_registry["ShoutFilter"]
    with pytest.raises(ValueError, match=r"'ShoutFilter'; registered: .*StandardTokenizer"):
        registered_class("ShoutFilter")


def test_upstreams_classes_are_registered(upstream_tokenizers):
    ours = set(components._class_registry)
    assert ours - set(upstream_tokenizers._class_registry) == {"UnicodeTokenizer"}
    assert set(upstream_tokenizers._class_registry) < ours


YAML = """
mine:
  tokenizer: {class: StandardTokenizer, params: {}}
  preprocessors:
    - {class: CharacterfilterPreprocessor, params: {chars_to_replace: ["-", "_"]}}
  filters:
    - {class: LowercaseFilter, params: {}}
    - {class: PunctuationFilter, params: {extras: "¿"}}
    - {class: StopwordFilter, params: {language: english, stopword_list: [smith]}}
    - {class: StemmingFilter, params: {language: english}}
bare: {tokenizer: {class: StandardTokenizer}}
nothing:
none: {filters: []}
unknown: {tokenizer: {class: Unknown, params: {}}}
wrong: {tokenizer: StandardTokenizer}
"""


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "analyzers.yaml"
    path.write_text(YAML, encoding="utf-8")
    return path


def test_yaml_as_upstream(described, upstream_tokenizers):
    ours = build_analyzer_from_yaml(described, "mine")
    theirs = upstream_tokenizers.build_analyzer_from_yaml(str(described), "mine")
    assert ours(TEXT) == theirs(TEXT) == build_analyzer_from_yaml(str(described), "mine")(TEXT)
    assert ours.name == "mine"
    # Upstream cannot build this one.
    assert build_analyzer_from_yaml(described, "bare")("a b") == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("other", "no analyzer 'other' in .*it has: mine, bare, nothing"),
        ("nothing", "no analyzer 'nothing'"),
        ("none", "analyzer 'none' in .* has no tokenizer"),
        ("unknown", "registered as 'Unknown'"),
        ("wrong", "'class' and 'params'; got 'StandardTokenizer'"),
    ],
)
def test_yaml_that_describes_nothing_usable(described, name, error):
    with pytest.raises(ValueError, match=error):
        build_analyzer_from_yaml(described, name)


def test_yaml_files_that_are_not_there_or_of_another_shape(tmp_path):
    path = tmp_path / "analyzers.yaml"
    with pytest.raises(FileNotFoundError):
        build_analyzer_from_yaml(path, "en")
    path.write_text("- a\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must map names to analyzers"):
        build_analyzer_from_yaml(path, "en")


def test_yaml_is_loaded_safely(tmp_path):
    import yaml

    path = tmp_path / "analyzers.yaml"
    path.write_text("en: !!python/object/apply:os.getcwd []\n", encoding="utf-8")
    with pytest.raises(yaml.YAMLError):
        build_analyzer_from_yaml(path, "en")


def test_without_pyyaml(described, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ImportError, match=r"embedfn\[yaml\]"):
        build_analyzer_from_yaml(described, "mine")
