"""The stemmers besides the English one; test_random.py tries random words on them."""

import ast
import inspect
import threading
from importlib import import_module
from itertools import product
from random import Random

import pytest
from nltk.stem import snowball

from tests.lexical.languages import LETTERS, NAMES, SENTENCES, random_word_of, suffixes, words

KNOWN = {
    "de": [
        *(("", ""), ("Häuser", "haus"), ("größtenteils", "grosstenteil"), ("Bauern", "bau")),
        *(("Erlebnisse", "erlebnis"), ("Freundlichkeiten", "freundlich"), ("Kisten", "kist")),
        *(("neuesten", "neu"), ("heilig", "heilig"), ("Befestigungen", "befest"), ("ẞ", "ss")),
        *(("abzweigung", "abzweig"), ("Kenntnis", "kenntnis"), ("İst", "i̇st")),
    ],
    "fr": [
        *(
            ("", ""),
            ("majestueusement", "majestu"),
            ("quand", "quand"),
            ("continuellement", "continuel"),
        ),
        *(
            ("égales", "égal"),
            ("journaux", "journal"),
            ("fréquemment", "fréquent"),
            ("parti", "part"),
        ),
        *(("constamment", "const"), ("curieuses", "curieux"), ("aiguë", "aigu"), ("yeux", "yeux")),
        # "ière" itself need not lie in RV for its last letter to go.
        *(("ière", "ier"), ("bières", "bier"), ("complèter", "complet"), ("oui", "oui")),
    ],
    "ru": [
        *(
            ("", ""),
            ("Linux", "Linux"),
            ("ÜBER", "ÜBER"),
            ("важнейшие", "важн"),
            ("НОВОСТИ", "новост"),
        ),
        *(("длинный", "длин"), ("объяснившись", "объясн"), ("ёлки", "елк"), ("подъезд", "подъезд")),
        *(("бегавшими", "бега"), ("старейший", "стар"), ("прочитала", "прочита")),
        # Latin letters become Cyrillic ones in a word that has any character beyond U+00FF.
        *(("linuxом", "линуx"), ("it’s", "ит’с"), ("сшч", "сщ"), ("схема", "схем"), ("ыU", "")),
    ],
    "sp": [
        *(
            ("", ""),
            ("rápidamente", "rapid"),
            ("posibilidades", "posibil"),
            ("comiéndoselas", "com"),
        ),
        *(
            ("averigüemos", "averigü"),
            ("lleguen", "lleg"),
            ("huyamos", "huy"),
            ("paguemos", "pag"),
            ("pingüinos", "pingüin"),
        ),
        *(("administración", "administr"), ("tecnologías", "tecnolog"), ("cantábamos", "cant")),
    ],
    "it": [
        *(("", ""), ("università", "univers"), ("perché", "perc"), ("dicendoglielo", "dic")),
        *(("tecnologia", "tecnolog"), ("laghi", "lagh"), ("abbandonarono", "abbandon")),
        *(
            ("significativi", "signif"),
            ("aiuola", "aiuol"),
            ("quieto", "quiet"),
            ("avamoicivi", "avamoic"),
        ),
    ],
    "pt": [
        *(
            ("", ""),
            ("organizações", "organiz"),
            ("conseqüências", "consequent"),
            ("coração", "coraçã"),
        ),
        *(("infelizmente", "infeliz"), ("averigüei", "averigu"), ("cozinheiras", "cozinheir")),
        *(
            ("portugueses", "portugues"),
            ("fácil", "fácil"),
            ("a~", "ã"),
            ("tecnologias", "tecnolog"),
        ),
    ],
}


def stem_of(code):
    return import_module(f"embedfn.lexical.stem_{NAMES[code]}").stem


def peer_of(code):
    return snowball.SnowballStemmer(NAMES[code]).stem


@pytest.mark.parametrize(("code", "pair"), [(c, pair) for c in NAMES for pair in KNOWN[c]])
def test_known_stems(code, pair):
    word, expected = pair
    assert peer_of(code)(word) == expected
    assert stem_of(code)(word) == expected


@pytest.mark.parametrize("code", NAMES)
def test_every_suffix_on_short_bases(code):
    stem, peer = stem_of(code), peer_of(code)
    rng = Random(code)
    bases = [
        "",
        *LETTERS[code],
        *("".join(rng.choices(LETTERS[code], k=n)) for n in (2, 3, 4, 5, 6)),
    ]
    tried = [base + suffix for base in bases for suffix in suffixes(code)]
    pairs = list(product(suffixes(code), repeat=2))
    tried += [
        base + "".join(pair)
        for base in bases[-2:]
        for pair in rng.sample(pairs, min(1500, len(pairs)))
    ]
    assert len(set(tried)) > 1000
    assert [word for word in tried if stem(word) != peer(word)] == []


@pytest.mark.parametrize("code", NAMES)
def test_all_short_words_of_a_small_alphabet(code):
    stem, peer = stem_of(code), peer_of(code)
    alphabet = {
        **{"de": "aeuyißnst", "fr": "aeiuyqsné", "ru": "аеийвшнья", "sp": "aeiouysgá"},
        **{"it": "aeiuqchró", "pt": "aeioçãügu"},
    }[code]
    tried = ["".join(letters) for n in range(5) for letters in product(alphabet, repeat=n)]
    assert [word for word in tried if stem(word) != peer(word)] == []


@pytest.mark.parametrize("code", NAMES)
def test_words_of_the_language(code):
    stem, peer = stem_of(code), peer_of(code)
    tried = [form for word in words(code) for form in (word, word.upper(), word.strip(".,;:!?«»"))]
    assert len(set(map(stem, tried))) > 100
    assert [word for word in tried if stem(word) != peer(word)] == []


def test_the_suffixes_are_those_of_the_source():
    for code, name in NAMES.items():
        theirs = set()
        cls = getattr(snowball, f"{name.capitalize()}Stemmer")
        for attribute, table in vars(cls).items():
            if "suffixes" in attribute:
                theirs.update(table)
        if code == "ru":
            theirs = {cls._RussianStemmer__roman_to_cyrillic(cls(), suffix) for suffix in theirs}
        assert theirs <= set(suffixes(code)), code
    ours = import_module("embedfn.lexical.stem_russian")
    theirs = vars(snowball.RussianStemmer)
    assert set(ours._ADJECTIVE) == set(theirs["_RussianStemmer__adjectival_suffixes"])
    # The suffixes that need an "a" before them stand in the code of the method.
    method = ast.parse(inspect.getsource(snowball.RussianStemmer))
    listed = [
        {entry.value for entry in node.elts}
        for node in ast.walk(method)
        if isinstance(node, ast.Tuple) and all(isinstance(e, ast.Constant) for e in node.elts)
    ]
    for behind_a in (ours._GERUND_BEHIND_A, ours._ADJECTIVE_BEHIND_A, ours._VERB_BEHIND_A):
        assert set(behind_a) in listed


@pytest.mark.parametrize("code", NAMES)
def test_stems_are_remembered_but_not_long_words(code):
    stem, long = stem_of(code), SENTENCES[code][0].replace(" ", "").replace(".", "") * 3
    before = stem.__wrapped__.cache_info().currsize
    assert len(long) > 64
    assert stem(long) == peer_of(code)(long)
    assert stem.__wrapped__.cache_info().currsize == before
    stem(long[:40] + "zzq")
    assert stem.__wrapped__.cache_info().currsize == before + 1
    assert stem.__wrapped__.cache_info().maxsize is not None


@pytest.mark.parametrize("code", NAMES)
def test_many_threads(code):
    rng = Random(3)
    stem, tried = stem_of(code), [random_word_of(rng, code) for _ in range(500)]
    expected, results = list(map(peer_of(code), tried)), []
    stem.__wrapped__.cache_clear()
    threads = [
        threading.Thread(target=lambda: results.append(list(map(stem, tried)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


@pytest.mark.parametrize("code", NAMES)
def test_bad_input(code):
    for bad in (None, 3, b"word", ["word"]):
        with pytest.raises(TypeError, match=f"word must be a str, not {type(bad).__name__}"):
            stem_of(code)(bad)
