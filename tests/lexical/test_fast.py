"""The native analysis against the analyzer it stands for, term for term."""

import gc
import pickle
import threading
import weakref
from itertools import product
from random import Random

import numpy as np
import pytest

from embedfn import kernels
from embedfn.lexical.analyzer import Analyzer, build_default_analyzer, build_standard_analyzer
from embedfn.lexical.char_classes import char_ranges
from embedfn.lexical.components import (
    CharacterfilterPreprocessor,
    LowercaseFilter,
    PunctuationFilter,
    StandardTokenizer,
    StemmingFilter,
    StopwordFilter,
    TextFilter,
)
from embedfn.lexical.fast import Rules, _analyses, _sentence_model, _steps, analysis_of
from tests.lexical.languages import NAMES, SENTENCES, random_text_of
from tests.lexical.strings import random_text
from tests.shared_data import read_lines

pytestmark = pytest.mark.skipif(kernels.Analysis is None, reason="a Python twin is forced")

# Every character that a rule knows, few letters, and the ways to separate words.
SOUP = [
    *".?!,:;-'\"`()[]{}<>*@#$%&_ \n\t\x0bxsT1",
    *("\u2019", "\u201d", "\u201c", "\u00bb", "\u00e9", "--", "''"),
]
WIDE = [
    *".?!,:'\"`() \n\x0bsT1",
    *"\u2019\u201d\u201c\u2018\u201e\u00ab\u00bb\u2013\u2014\u2010",
    *"\u00e9\u00c9\u0416\u00df\u017f\u0130\u0131\u212a\u03a3\u0301\u00bd\u0663\u4e2d\U0001f642\ud800",
    *("\u00dcber", "caf\u00e9", "\u0434\u0435\u043d\u044c", "G\u0131mme", " "),
]
WORDS = [
    *("Mr.", "U.S.", "foo", "I.", "don't", "can't", "'tis", "cannot", "wanna", "etc.", "3.5", "1."),
    *(".", "?", "!", '"', "'", ")", "(", "--", "''", "``", ",", "]", "\u201d", "...", " ", "\n"),
]


def terms_of(analysis, texts, n_threads=1):
    """The terms of each text as lists."""
    documents = []
    for buffer, offsets, indptr, codes, _ in analysis.run(texts, n_threads):
        text, ends = buffer.tobytes(), offsets.tolist()
        names = [
            text[ends[i] : ends[i + 1]].decode("utf-8", "surrogatepass")
            for i in range(len(ends) - 1)
        ]
        flat = iter(codes.tolist())
        documents += [
            [names[next(flat)] for _ in range(count)] for count in np.diff(indptr).tolist()
        ]
        assert next(flat, None) is None
    return documents


def check(analyzer, texts, n_threads=1):
    analysis = analysis_of(analyzer)
    assert analysis is not None
    for text, terms in zip(texts, terms_of(analysis, texts, n_threads), strict=True):
        assert terms == analyzer(text), repr(text)


def soups(seed, count, pieces, longest):
    rng = Random(seed)
    return ["".join(rng.choices(pieces, k=rng.randint(0, longest))) for _ in range(count)]


@pytest.fixture(scope="module")
def english():
    return build_default_analyzer("en")


def test_known_texts(english):
    texts = [
        "Good muffins cost $3.88\nin New York.  Please buy me\ntwo of them.\n\nThanks.",
        "They said \"it's done.\" (Really.) 'Tis so; isn't it? Don't!",
        'He left at 5 p.m. Mr. Smith stayed. "No." "Yes?" etc.',
        "", " ", "\n", ".", "'", '"', "a", "...", " . ", "x.", ' "x', '?"?"', ". \")", "foo. ''",
    ]  # fmt: skip
    check(english, texts)
    check(english, texts)  # now remembered


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_threads", [1, 3])
def test_random_texts(english, seed, n_threads):
    rng = Random(seed)
    texts = [random_text(rng) for _ in range(1500)]
    check(english, texts + soups(seed, 3000, SOUP, 14) + soups(seed, 3000, WORDS, 12), n_threads)


@pytest.mark.parametrize("language", [None, "en", "de", "ru"])
def test_standard_analyzers(language):
    rng = Random(f"{language}")
    texts = [random_text(rng) for _ in range(2000)] + soups(language, 2000, WIDE, 14)
    analyzer = build_standard_analyzer(language)
    check(analyzer, texts, 2)
    texts = [document["text"] for document in read_lines("lang.de.jsonl.gz")]
    check(analyzer, texts[::60])


def test_a_changed_tokenizer_is_asked_anew():
    analyzer = build_standard_analyzer("en")
    texts = ["What's in it? (U.S. dogs)"]
    check(analyzer, texts)
    analyzer.tokenizer = StandardTokenizer()
    check(analyzer, texts)


def test_every_short_string_of_what_matters(english):
    pieces = [".", "?", '"', "'", ")", " ", "\n", "a", "-"]
    check(english, ["".join(chosen) for chosen in product(pieces, repeat=5)])


@pytest.mark.parametrize(
    "text",
    [
        *("caf\u00e9 na\u00efve.", "\u732b\u304c\u3044\u308b\u3002 x", "\U0001f63a. Ok?"),
        *("a\ud800b \udfff.", "\u00a0x. y\u2028z", "a\x1cb\x1f. C"),
    ],
)
def test_every_width_of_character(english, text):
    check(english, [text, text * 3, f"{text} {text}"])


@pytest.mark.parametrize(
    "filters",
    [
        [],
        [LowercaseFilter()],
        [StemmingFilter()],
        [StopwordFilter(), PunctuationFilter()],
        [PunctuationFilter("\u00e9x"), StemmingFilter(), StopwordFilter("english", ["foo", "i"])],
        [StemmingFilter(), LowercaseFilter(), StemmingFilter()],
    ],
    ids=repr,
)
def test_any_chain_of_known_filters(filters):
    analyzer = Analyzer("mine", StandardTokenizer(), [], filters)
    check(analyzer, soups(4, 1500, WORDS, 12) + soups(5, 1500, SOUP, 14) + soups(6, 900, WIDE, 14))


class Counting(Rules):
    """Rules that keep what they are asked."""

    def __init__(self, filters):
        super().__init__(filters)
        self.snippets, self.parts = [], []

    def ends_sentence(self, snippet):
        self.snippets.append(snippet)
        return super().ends_sentence(snippet)

    def part_terms(self, part, flags):
        self.parts.append(part)
        return super().part_terms(part, flags)


def counted(analyzer, texts):
    """What Python is asked on the way to the right terms."""
    rules = Counting(analyzer.filters)
    steps = _steps(analyzer.filters)
    assert steps is not None
    analysis = kernels.Analysis(rules, _sentence_model(), steps)
    assert terms_of(analysis, texts) == [analyzer(text) for text in texts]
    return rules


@pytest.mark.parametrize("code", NAMES)
def test_prose_is_not_asked_of_python(code):
    lines = [*SENTENCES[code], " ".join(SENTENCES[code]), "\n".join(SENTENCES[code]).upper()]
    rules = counted(build_default_analyzer(code), lines)
    assert (rules.snippets, rules.parts) == ([], [])


@pytest.mark.parametrize("code", NAMES)
def test_random_texts_of_languages(english, code):
    rng = Random(code)
    texts = [random_text_of(rng, code) for _ in range(1000)]
    check(english, texts, 2)
    check(build_default_analyzer(code), [*SENTENCES[code], *texts, *soups(code, 1500, WIDE, 14)])


@pytest.mark.parametrize("code", ["de", "fr", "ru", "it", "pt"])
def test_real_prose_is_not_asked_of_python(code):
    texts = [document["text"] for document in read_lines(f"lang.{code}.jsonl.gz")]
    assert len(set("".join(texts))) > 100
    rules = counted(build_default_analyzer(code), texts[:: max(1, len(texts) // 300)])
    # A capital sigma's lower case is asked for; some pages are tables of characters.
    assert [asked for asked in rules.snippets + rules.parts if "Σ" not in asked] == []


def test_english_marks_are_not_asked_of_python(english):
    texts = [
        "“It’s done,” she said — ‘Really?’ – at the café. She’d left…",
        "A naïve résumé: 5°C, 3×4, £10, • 🙂. Émile. ©2024 K.",
        "Dr. Müller met J.’s “Mr.” No. 5. … Then?",
    ]
    rules = counted(english, texts)
    assert (rules.snippets, rules.parts) == ([], [])


def test_lower_case_that_depends_on_the_word_is_asked_of_python():
    texts = ["İstanbul ΟΔΟΣ. ΣΣ σς naïve. Été."]
    rules = counted(Analyzer("el", StandardTokenizer(), [], [LowercaseFilter()]), texts)
    assert rules.parts == ["ΟΔΟΣ.", "ΣΣ"]
    assert rules.snippets == ["ΟΔΟΣ. ΣΣ"]
    rules = counted(Analyzer("el", StandardTokenizer(), [], []), texts)
    assert rules.parts == []


class Mine(TextFilter):
    def apply(self, tokens):
        return tokens[::-1]


class Shouting(LowercaseFilter):
    def apply(self, tokens):
        return [token.upper() for token in tokens]


def test_what_is_not_known_goes_its_own_way():
    standard = StandardTokenizer()
    assert analysis_of(Analyzer("a", standard, [], [Mine()])) is None
    assert analysis_of(Analyzer("a", standard, [], [Shouting()])) is None
    assert analysis_of(Analyzer("a", standard, [CharacterfilterPreprocessor("x")], [])) is None
    assert analysis_of(str.split) is None
    assert analysis_of(type("Sub", (Analyzer,), {})("a", standard)) is None


def test_a_changed_analyzer_is_asked_anew():
    analyzer = build_default_analyzer("en")
    texts = ["Cats and dogs"]
    check(analyzer, texts)
    analyzer.filters[2].stopwords.add("dogs")
    check(analyzer, texts)
    assert terms_of(analysis_of(analyzer), texts) == [["cat"]]
    del analyzer.filters[-1]
    check(analyzer, texts)
    assert analysis_of(analyzer) is analysis_of(analyzer)


def test_an_analysis_goes_with_its_analyzer():
    analyzer = build_default_analyzer("en")
    check(analyzer, ["Cats and dogs"])
    gone = weakref.ref(analyzer)
    before = len(_analyses)
    del analyzer
    gc.collect()
    assert gone() is None
    assert len(_analyses) == before - 1


def test_subclasses_of_str(english):
    texts = [np.str_("Cats and dogs"), type("Mine", (str,), {})("caf\u00e9s \u4e2d")]
    assert terms_of(analysis_of(english), texts) == [english(str(text)) for text in texts]


def test_copies_work(english):
    check(pickle.loads(pickle.dumps(english)), ["Cats and dogs. Birds."])


@pytest.mark.parametrize("build", [build_default_analyzer, build_standard_analyzer])
@pytest.mark.parametrize("seed", range(4))
def test_a_long_text_is_shared_out(build, seed):
    """One thread is held to the Python analyzer by the other tests."""
    rng = Random(seed)
    if seed < 2:
        pieces = [WORDS + [" "] * 10, [*SOUP, *WIDE]][seed]
        long = "".join(rng.choices(pieces, k=700_000))
    else:
        long = " ".join(random_text(rng) for _ in range(20_000))
    texts = [*soups(seed, 50, WORDS, 12), long, "small", long[:600_000], "", ""]
    wanted = terms_of(analysis_of(build()), texts, 1)
    for n_threads in (2, 3, 7):
        assert terms_of(analysis_of(build()), texts, n_threads) == wanted


def test_more_forms_than_are_remembered(english):
    numbers = [
        " ".join(f"w{i}" for i in range(start, start + 5000)) for start in range(0, 2_300_000, 5000)
    ]
    found = terms_of(analysis_of(english), [*numbers, numbers[0]])
    assert [len(terms) for terms in found] == [5000] * len(found)
    assert found[7] == english(numbers[7])
    assert found[-1] == found[0] == english(numbers[0])


def test_one_analysis_serves_many_threads(english):
    texts = soups(9, 300, WORDS, 12) + soups(9, 300, WIDE, 12)
    wanted = [english(text) for text in texts]
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(terms_of(analysis_of(english), texts, 2)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [wanted] * 8


class Failing:
    def ends_sentence(self, snippet):
        raise KeyError(snippet)

    def part_terms(self, part, flags):
        return [part] if part != "\u03a3" else [5]


@pytest.mark.parametrize(("text", "error"), [("\u03a3a. B\u03a3", KeyError), ("\u03a3", TypeError)])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_error_in_a_rule_arrives(text, error, n_threads):
    analysis = kernels.Analysis(Failing(), kernels.Model(([], [], [], {}), char_ranges()), None)
    texts = ["plain words here"] * 20_000
    texts[-1] = text
    with pytest.raises(error):
        analysis.run(texts, n_threads)
    assert terms_of(analysis, ["still works"]) == [["still", "works"]]


def test_only_lists_of_str(english):
    for given in ("text", None, ["a", 1], ("a",)):
        with pytest.raises(TypeError):
            analysis_of(english).run(given, 1)


@pytest.mark.parametrize("name", ["linuxdoc", "cranfield.docs", "lang.de", "lang.ja", "lang.ru"])
def test_real_texts(english, name):
    texts = [document["text"] for document in read_lines(f"{name}.jsonl.gz")]
    check(english, texts[:: max(1, len(texts) // 600)], 2)
