"""Native Snowball stems: by hand, against the Python stemmers and NLTK's."""

import time
from itertools import islice, product
from random import Random

import pytest
from nltk.stem.snowball import SnowballStemmer

from embedfn.kernels import _words
from tests.kernels import stems_sweep
from tests.kernels.words_sweep import differences
from tests.lexical.languages import LETTERS
from tests.shared_data import shared_file

LANGUAGES = list(stems_sweep.CODES)
CORPORA = {
    **{name: f"lang.{code}.jsonl.gz" for name, code in stems_sweep.CODES.items()},
    **{"english": "linuxdoc.jsonl.gz", "spanish": "lang.es.jsonl.gz"},
}
# NLTK's oddities beside what the languages' users expect.
KNOWN = {
    "english": """
        naïvely naïv, café’s café, ’quoted’ quot, ‘tis tis, ‛s ‛s, ’’’ ', résumés résumé, yéyed yéi,
        naïvety naïveti, éing éing, İstanbul’s i̇stanbul, señoritas señorita, 🙂ing 🙂ing, skis ski
    """,
    "german": """
        häuser haus, größtenteils grosstenteil, erlebnisse erlebnis, freundlichkeiten freundlich,
        heilig heilig, befestigungen befest, abzweigung abzweig, yacht yacht, ßß ssss
    """,
    "french": """
        majestueusement majestu, quand quand, continuellement continuel, journaux journal,
        fréquemment fréquent, constamment const, puissamment puiss, curieuses curieux, aiguë aigu,
        ière ier, bières bier, complèter complet, oui oui, payer pai, garçons garçon, naïvement naïv
    """,
    "russian": """
        Linux Linux, ÜBER ÜBER, важнейшие важн, НОВОСТИ новост, длинный длин, объяснившись объясн,
        ёлки елк, linuxом линуx, it’s ит’с, сшч сщ, схема схем, солнця солнт^, воюйте вои^,
        строящуюся строя, подъезд подъезд, старейший стар, ьъьь ъъ, вUдыя вUды, цhх цhх
    """,
    "spanish": """
        rápidamente rapid, posibilidades posibil, comiéndoselas com, averigüemos averigü,
        lleguen lleg, huyamos huy, pingüinos pingüin, administración administr, oyendo oyend
    """,
    "italian": """
        università univers, perché perc, dicendoglielo dic, tecnologia tecnolog, laghi lagh,
        abbandonarono abbandon, aiuola aiuol, quieto quiet, avamoicivi avamoic, parlarcene parl
    """,
    "portuguese": """
        organizações organiz, conseqüências consequent, coração coraçã, averigüei averigu,
        cozinheiras cozinheir, fácil fácil, a~ ã, tecnologias tecnolog, õ õ, segue seg, ã~o ã~o
    """,
}
PAIRS = [(language, *pair.split()) for language in LANGUAGES for pair in KNOWN[language].split(",")]


@pytest.mark.parametrize(("language", "word", "stem"), PAIRS)
def test_stems_by_hand(language, word, stem):
    assert SnowballStemmer(language).stem(word) == stem
    assert stems_sweep.native(language, stems_sweep.ready(language, word)) == stem


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_words(language):
    rng = Random(f"embedfn {language}")
    words = [stems_sweep.random_input(rng, language) for _ in range(30_000)]
    assert len(set(words)) > 20_000
    assert list(differences(stems_sweep.stage_of(language), words)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_as_nltk(language):
    rng = Random(f"nltk {language}")
    stage = stems_sweep.stage_of(language, SnowballStemmer(language).stem)
    words = [stems_sweep.random_input(rng, language) for _ in range(5000)]
    assert list(differences(stage, words)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_listed_words(language):
    words = list(islice(stems_sweep.listed_words(language), 0, None, 13))
    assert len(words) > 5000
    assert list(differences(stems_sweep.stage_of(language), words)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_suffix_on_short_words(language):
    code, rng = stems_sweep.CODES[language], Random(language)
    suffixes, letters = stems_sweep.suffixes(code), stems_sweep.LETTERS[code]
    bases = ["", *letters, *("".join(rng.choices(letters, k=n)) for n in (2, 3, 4, 5, 6))]
    words = [base + suffix for base, suffix in product(bases, suffixes)]
    pairs = list(product(suffixes, repeat=2))
    pairs = rng.sample(pairs, min(len(pairs), 5000))
    words += [base + "".join(pair) for base in bases[-2:] for pair in pairs]
    words = [stems_sweep.ready(language, word) for word in words]
    assert list(differences(stems_sweep.stage_of(language), words)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_short_words_of_a_small_alphabet(language):
    alphabet = {
        **{"english": "aey’s'dé", "german": "aeuyißnst", "french": "aeiuyqsné"},
        **{"russian": "аеийшчья^U", "spanish": "aeiouysgá", "italian": "aeiuqchró"},
        **{"portuguese": "aeioçã~üg"},
    }[language]
    words = ("".join(letters) for n in range(5) for letters in product(alphabet, repeat=n))
    assert list(differences(stems_sweep.stage_of(language), words)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_any_code_point(language):
    stage, rng = stems_sweep.stage_of(language), Random(language)
    codes = [*range(0x600), *range(0x2000, 0x2060), *range(0xD7FE, 0xE002), 0xFFFF, 0x10000]
    codes += [0x10FFFF, *(rng.randrange(0x110000) for _ in range(1000))]
    assert list(differences(stage, stems_sweep.code_point_words(language, codes))) == []
    pair = "\ud83d\ude42"  # two surrogates stay two
    for word in (pair, f"a{pair}bes", f"ав{pair}ами", "\ud800’s", "a\u0301b\u0308s"):
        assert stems_sweep.native(language, word) == stage.python(word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_words_take_linear_time(language):
    code, stem = stems_sweep.CODES[language], SnowballStemmer(language).stem
    letters = LETTERS.get(code, "aey'’s")
    units = [letters[:1], letters[1:3], letters, stems_sweep.suffixes(code)[-1], "b", "\U0001f642"]
    start = time.process_time()
    for unit in units:
        word = unit * (200_000 // len(unit))
        assert stems_sweep.native(language, word).startswith(stems_sweep.native(language, unit)[:1])
    # Quadratic time would be minutes, linear time is milliseconds.
    assert time.process_time() - start < 5
    for size in (63, 64, 65, 127, 129, 300):
        word = (letters * size)[-size:]
        assert stems_sweep.native(language, word) == stem(word)


def test_unknown_languages():
    for language in ("", "klingon", "German", "german ", "germa", "\ud800", "german\0"):
        with pytest.raises(ValueError, match="no native stemmer for language"):
            _words.stem(language, b"word")


def test_bad_input():
    for language, word in ((None, b"x"), (b"german", b"x"), ("german", "x"), ("german", None)):
        with pytest.raises(TypeError):
            _words.stem(language, word)
    for broken in (b"\xff", b"\xc3", b"a\xe2\x82", b"\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"):
        with pytest.raises(UnicodeDecodeError):
            _words.stem("german", broken)


def test_the_comparison_sees_a_difference():
    stage = stems_sweep.stage_of("german")._replace(native=str)
    assert list(differences(stage, ["haus", "häuser"])) == ["häuser"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_a_corpus(language):
    texts = islice(stems_sweep.file_texts(shared_file(CORPORA[language])), 0, None, 5)
    words = list(stems_sweep.file_words(language, texts))
    assert len(words) > 2000
    assert list(differences(stems_sweep.stage_of(language), words)) == []
