"""What tells analyzers apart when their statistics are loaded again."""

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections import OrderedDict

import numpy as np
import pytest

from embedfn.lexical import specification as module
from embedfn.lexical.analyzer import Analyzer, build_default_analyzer
from embedfn.lexical.components import (
    CharacterfilterPreprocessor,
    LowercaseFilter,
    PunctuationFilter,
    ReplacePreprocessor,
    StandardTokenizer,
    StemmingFilter,
    StopwordFilter,
    TextFilter,
)
from embedfn.lexical.segmenters import JiebaTokenizer, MecabTokenizer
from embedfn.lexical.specification import difference, specification

# SHA-256 of the specifications that files of format 1 hold. One that changes makes files of that
# analyzer refuse to load: right when its terms changed, and only then.
SAVED = {
    "en": "4977fa7386500a11ec06c1e614881ac5e098cb1994678be966a628b625ee24a1",
    "de": "bd738ab78336d40b0b804c889cac0bdb520b784ffd2f97e865e5bf76d694c8ff",
    "es": "352212fc843dd8a90ee61ac31657da5bc95176900fc5ddf2392dd526d5098565",
}


def chain(*filters, preprocessors=()):
    return Analyzer("name", StandardTokenizer(), list(preprocessors), list(filters))


@pytest.mark.parametrize("code", SAVED)
def test_what_files_hold_stays(code):
    text = specification(build_default_analyzer(code))
    assert hashlib.sha256(text.encode()).hexdigest() == SAVED[code]


def test_it_is_canonical_json():
    text = specification(build_default_analyzer("zh"))
    assert text.isascii()
    again = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert text == again


def test_every_process_says_the_same():
    code = (
        "from embedfn.lexical.specification import specification as s; "
        "from embedfn.lexical.analyzer import build_default_analyzer as b; "
        "from embedfn.lexical.components import PunctuationFilter; "
        "print([s(b(code)) for code in ('en', 'ru')], s(PunctuationFilter('éß').apply))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(3)
    }
    assert len(said) == 1
    assert "unidentified" not in said.pop()


def test_the_name_is_for_people():
    first, second = build_default_analyzer("sp"), build_default_analyzer("es")
    assert first.name != second.name
    assert specification(first) == specification(second)


class MyFilter(TextFilter):
    def __init__(self, **parameters):
        self.__dict__.update(parameters)


class MyTokenizer(StandardTokenizer):
    """Works by the same data as its base."""


class Slotted(TextFilter):
    __slots__ = ("least",)

    def __init__(self, least):
        self.least = least


class Callable:
    def __init__(self, **parameters):
        self.__dict__.update(parameters)

    def __call__(self, text):
        return [text]

    @classmethod
    def made(cls, text):
        return [text]

    @staticmethod
    def plain(text):
        return [text]


class Container(list):
    def __call__(self, text):
        return [text]


@functools.lru_cache
def cached(text):
    return (text,)


def mutated():
    part = StopwordFilter()
    part.stopwords.discard("the")
    return part


DIFFERENT = [
    *map(build_default_analyzer, ["en", "de", "fr", "ru", "es", "it", "pt", "zh", "jp", "ja"]),
    chain(),
    chain(LowercaseFilter()),
    chain(LowercaseFilter(), LowercaseFilter()),
    chain(LowercaseFilter(), StopwordFilter()),
    chain(StopwordFilter(), LowercaseFilter()),
    chain(StopwordFilter()),
    chain(mutated()),
    chain(StopwordFilter("english", ["x"])),
    chain(StopwordFilter("english", ["z"])),
    chain(StopwordFilter("german")),
    chain(PunctuationFilter()),
    chain(PunctuationFilter("x")),
    chain(StemmingFilter()),
    chain(StemmingFilter("german")),
    chain(preprocessors=[CharacterfilterPreprocessor("ab")]),
    chain(preprocessors=[CharacterfilterPreprocessor("ac")]),
    chain(preprocessors=[ReplacePreprocessor({"a": "x", "ab": "y"})]),
    chain(preprocessors=[ReplacePreprocessor({"ab": "y", "a": "x"})]),  # the first that fits wins
    Analyzer("name", JiebaTokenizer()),
    Analyzer("name", MecabTokenizer()),
    Analyzer("name", MyTokenizer()),
    chain(MyFilter()),
    chain(MyFilter(a=1)),
    chain(MyFilter(a=True)),
    chain(MyFilter(a=1.0)),
    chain(MyFilter(a="1")),
    chain(MyFilter(a=b"1")),
    chain(MyFilter(a=[1])),
    chain(MyFilter(a={1})),
    chain(MyFilter(a={"1": 1})),
    chain(MyFilter(a={1: 1})),
    chain(MyFilter(b=1)),
    chain(MyFilter(a="\ud800")),
    chain(MyFilter(a="x" * 500)),
    chain(MyFilter(a="x" * 501)),
    chain(MyFilter(a=list(range(5000)))),
    chain(MyFilter(a=list(range(4999, -1, -1)))),
    chain(MyFilter(a=re.compile("x"))),
    chain(MyFilter(a=re.compile("x", re.IGNORECASE))),
    chain(MyFilter(a=np.arange(3))),
    chain(MyFilter(a=np.arange(3.0))),
    chain(Slotted(1)),
    chain(Slotted(2)),
    str.split,
    str.splitlines,
    Callable(),
    Callable(a=1),
    Callable().__call__,
    Callable(a=1).__call__,
    Callable.made,
    Callable.plain,
    cached,
    re.compile(r"\w+").findall,
    re.compile(r"\S+").findall,
    functools.partial(re.findall, r"\w+"),
    functools.partial(re.findall, string="x"),
    functools.partial(re.split, r"\w+"),
    "text".split,
    sorted,
    list,
]


def test_analyzers_that_differ_are_told_apart():
    said = [specification(one) for one in DIFFERENT]
    assert [text for text in said if "unidentified" in text] == []
    for i, one in enumerate(said):
        for j, other in enumerate(said):
            assert (difference(one, other) is None) == (i == j), (DIFFERENT[i], DIFFERENT[j])
    assert max(map(len, said)) < 2_000


def test_equal_ones_are_equal():
    for make in (
        lambda: chain(MyFilter(a={"x", "y", "zz"}, b={"k": [1, (2, None)]}), Slotted(3)),
        lambda: functools.partial(re.findall, r"\w+", flags=re.IGNORECASE),
        lambda: Callable(a=[1, 2], b=re.compile("x")).__call__,
    ):
        assert specification(make()) == specification(make())


def outer():
    def inner(text):
        return [text]

    class Local:
        def __call__(self, text):
            return [text]

    return [inner, Local(), functools.partial(inner), chain(MyFilter(by=inner))]


def replaced(text):
    return [text]


the_first_one = replaced


def replaced(text):
    return [text, text]


def holding_itself():
    one = Callable()
    one.me = [one]
    return one


def from_main():
    def function(text):
        return [text]

    function.__module__, function.__qualname__ = "__main__", "from_main_function"
    return function


class Refusing:
    def __call__(self, text):
        return [text]

    def __getattr__(self, name):
        message = f"there is no {name} outside of a request"
        raise RuntimeError(message)


UNIDENTIFIED = [
    Refusing(),
    lambda text: [text],
    *outer(),
    the_first_one,
    holding_itself(),
    from_main(),
    Callable(lock=threading.Lock()),
    Callable(parts=[Callable(a=i) for i in range(2_000)]),
    Container([1]),
    Callable(a=OrderedDict(x=1)),
]


@pytest.mark.parametrize("analyzer", UNIDENTIFIED, ids=lambda one: type(one).__name__)
def test_what_cannot_be_identified(analyzer):
    text = specification(analyzer)
    said = json.loads(text)
    assert list(said) == ["form", "unidentified"]
    assert difference(text, text) == f"the saved one cannot be identified: {said['unidentified']}"
    other = specification(str.split)
    assert difference(other, text).startswith("the present one cannot be identified: ")


def test_a_function_of_main_is_not_identified():
    code = (
        "from embedfn.lexical.specification import specification\n"
        "def analyzer(text): return [text]\n"
        "print(specification(analyzer))"
    )
    arguments = [sys.executable, "-c", code]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert "analyzer of __main__ cannot be imported" in json.loads(done.stdout)["unidentified"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (("StandardTokenizer", "rules", 2), "analyzer.tokenizer.works by.rules was 1 and is 2"),
        (
            ("StandardTokenizer", "punkt", "x"),
            'analyzer.tokenizer.works by.punkt was ".*" and is "x"',
        ),
        (("StemmingFilter", "rules", 2), r"analyzer.filters\[3\].works by.rules was 1 and is 2"),
    ],
)
def test_data_and_rules_count(monkeypatch, change, path):
    name, key, value = change
    before = specification(build_default_analyzer("en"))
    works_by = {
        kind: (lambda work=work: work() | {key: value}) if kind.__name__ == name else work
        for kind, work in module._WORKS_BY.items()
    }
    monkeypatch.setattr(module, "_WORKS_BY", works_by)
    assert re.fullmatch(path, difference(before, specification(build_default_analyzer("en"))))


def test_a_package_without_metadata_is_not_identified(monkeypatch):
    def gone(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", gone)
    said = json.loads(specification(build_default_analyzer("zh")))
    assert said["unidentified"] == "ModuleNotFoundError('jieba')"


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "3"])
def test_no_specification(text):
    with pytest.raises(ValueError, match=r"Expecting|JSON object"):
        difference(text, specification(str.split))
