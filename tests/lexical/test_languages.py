"""The built-in analyzers of all languages beside upstream's description of them."""

import copy
import pickle
from pathlib import Path

import pytest
import yaml

from embedfn.lexical import languages
from embedfn.lexical.analyzer import build_analyzer_from_yaml, build_default_analyzer
from embedfn.lexical.components import registered_class
from tests.lexical.languages import NAMES, SENTENCES
from tests.lexical.test_segmenters import needs_kkma

CODES = ["en", *NAMES, "zh", "jp"]
KOREAN = pytest.param("kr", marks=needs_kkma)
EXPECTED = {
    "de": ('Die Häuser: "größte" Freude!', ["haus", "``", "grosst", "''", "freud"]),
    "fr": ("L'été, nous mangerons des pommes.", ["l'et", "mang", "pomm"]),
    "ru": ("Ядро Linux — это не система.", ["ядр", "linux", "—", "эт", "систем"]),
    "sp": ("¡Hola! ¿Está la niña cantando?", ["¡hol", "¿est", "niñ", "cant"]),
    "es": ("¡Hola! ¿Está la niña cantando?", ["¡hol", "¿est", "niñ", "cant"]),
    "it": ("Le città sono molto belle, perché?", ["citt", "molt", "bell"]),
    "pt": ("As nações não são iguais.", ["naçõ", "igu"]),
    "zh": ("我来到北京，《清华大学》！ The Linux", ["来到", "北京", "清华大学", "The", "Linux"]),
    "jp": ("サーバーは「東京」です。 the", ["サ", "バ", "は", "東京", "です"]),
    "ja": ("サーバーは「東京」です。 the", ["サーバー", "は", "東京", "です", "the"]),
}


@pytest.fixture(scope="module")
def described(upstream_tokenizers):
    return Path(upstream_tokenizers.__file__).with_name("lang.yaml")


@pytest.mark.parametrize("code", [*CODES, KOREAN])
def test_the_parts_are_those_of_upstreams_description(code, described):
    parts = yaml.safe_load(described.read_text(encoding="utf-8"))[code]
    made = build_default_analyzer(code)
    assert made.name == code
    for ours, theirs in (
        ([made.tokenizer], [parts["tokenizer"]]),
        (made.preprocessors, parts.get("preprocessors", [])),
        (made.filters, parts["filters"]),
    ):
        wanted = [registered_class(part["class"])(**part["params"]) for part in theirs]
        assert repr(ours) == repr(wanted)
    assert repr(made) == repr(build_analyzer_from_yaml(described, code))


def test_every_code_of_upstream_is_here(described):
    codes = list(yaml.safe_load(described.read_text(encoding="utf-8")))
    assert list(languages._BUILDERS) == [*codes, "es", "ja", "ko"]


@pytest.mark.parametrize("code", EXPECTED)
def test_known_terms(code, upstream_tokenizers):
    text, expected = EXPECTED[code]
    if code not in ("es", "ja"):
        assert upstream_tokenizers.build_default_analyzer(code)(text) == expected
    assert build_default_analyzer(code)(text) == expected


@pytest.mark.parametrize("code", [*CODES[1:], KOREAN])
def test_sentences(code, upstream_tokenizers):
    ours, theirs = build_default_analyzer(code), upstream_tokenizers.build_default_analyzer(code)
    for text in (*SENTENCES[code], " ".join(SENTENCES[code]), ""):
        assert ours(text) == theirs(text)
    assert any(map(ours, SENTENCES[code]))


@pytest.mark.parametrize("code", [*CODES, "es", "ja", KOREAN, pytest.param("ko", marks=needs_kkma)])
def test_copies(code):
    made = build_default_analyzer(code)
    text = "\n".join(SENTENCES["sp"] + SENTENCES["jp"] + SENTENCES["kr"])
    expected = made(text)
    assert expected
    for copied in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert copied(text) == expected
        assert repr(copied) == repr(made)
    assert build_default_analyzer(code).filters is not made.filters


def test_spanish_by_either_code():
    ours = build_default_analyzer("sp"), build_default_analyzer("es")
    assert repr(ours[0]).replace("'sp'", "'es'") == repr(ours[1])
