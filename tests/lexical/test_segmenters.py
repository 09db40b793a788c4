"""The tokenizers for Chinese, Japanese and Korean; Kkma's tests skip without konlpy or Java."""

import copy
import logging
import pickle
import shutil
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from random import Random
from subprocess import run

import pytest

from embedfn.lexical.analyzer import build_default_analyzer
from embedfn.lexical.segmenters import (
    JiebaTokenizer,
    KiwiTokenizer,
    KonlpyTokenizer,
    MecabTokenizer,
)
from tests.lexical.languages import SENTENCES, random_text_of

needs_kkma = pytest.mark.skipif(
    find_spec("konlpy") is None or shutil.which("java") is None, reason="no konlpy or no Java"
)
TOKENIZERS = [
    *((JiebaTokenizer, "zh"), (MecabTokenizer, "jp"), (KiwiTokenizer, "kr")),
    pytest.param(KonlpyTokenizer, "kr", marks=needs_kkma),
]
NATIVE = [parameters for parameters in TOKENIZERS if parameters != (JiebaTokenizer, "zh")]


@pytest.fixture(scope="module")
def peer_kiwi():
    """What upstream's KiwiTokenizer does, but for one Kiwi that it would make for every text."""
    from kiwipiepy import Kiwi

    kiwi = Kiwi()
    return lambda text: [token.form for token in kiwi.tokenize(text, normalize_coda=True)]


def test_known_words(upstream_tokenizers, peer_kiwi):
    text = "我来到北京清华大学，\n你好 Linux"
    expected = ["我", "来到", "北京", "清华大学", "，", "\n", "你好", " ", "Linux"]
    assert upstream_tokenizers.JiebaTokenizer().tokenize(text) == expected
    assert JiebaTokenizer().tokenize(text) == expected
    text = "東京の大学で、 Linux を学ぶ。"
    expected = ["東京", "の", "大学", "で", "、", "Linux", "を", "学ぶ", "。"]
    assert upstream_tokenizers.MecabTokenizer().tokenize(text) == expected
    assert MecabTokenizer().tokenize(text) == expected
    text = "리눅스는 쉽습니다ㅋㅋ"
    expected = peer_kiwi(text)
    assert expected[:3] == ["리눅스", "는", "쉽"]
    assert KiwiTokenizer().tokenize(text) == expected


@needs_kkma
def test_known_nouns(upstream_tokenizers):
    text = "서울에서 부산까지 기차로 갔다. 서울! The end"
    expected = ["서울", "부산", "기차"]
    assert upstream_tokenizers.KonlpyTokenizer().tokenize(text) == expected
    assert KonlpyTokenizer().tokenize(text) == expected
    for code in ("kr", "ko"):
        assert build_default_analyzer(code)(text) == expected
    assert KonlpyTokenizer().tokenize("") == []


def test_the_state_of_one_text_does_not_reach_the_next(peer_kiwi):
    import MeCab

    rng, mecab, kiwi = Random(5), MecabTokenizer(), KiwiTokenizer()
    for _ in range(300):
        text = random_text_of(rng, "jp")
        assert mecab.tokenize(text) == MeCab.Tagger("-Owakati").parse(text).split(), ascii(text)
    texts = [random_text_of(rng, "kr") for _ in range(100)]
    theirs = [peer_kiwi(text) for text in texts[::-1]]
    assert [kiwi.tokenize(text) for text in texts] == theirs[::-1]


@pytest.mark.parametrize(("cls", "code"), TOKENIZERS)
def test_copies_and_threads(cls, code):
    tokenizer = cls()
    expected = [tokenizer.tokenize(text) for text in SENTENCES[code]]
    assert any(expected)
    for copied in (pickle.loads(pickle.dumps(tokenizer)), copy.deepcopy(tokenizer), cls()):
        assert [copied.tokenize(text) for text in SENTENCES[code]] == expected
    assert repr(tokenizer) == f"{cls.__name__}()"
    results = []

    def work():
        results.append([[tokenizer.tokenize(text) for text in SENTENCES[code]] for _ in range(3)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[expected] * 3] * 8


@pytest.mark.parametrize(("cls", "code"), TOKENIZERS)
def test_texts_that_are_no_str(cls, code):
    for bad in (None, 3, b"text", ["text"]):
        with pytest.raises(TypeError, match=f"text must be a str, not {type(bad).__name__}"):
            cls().tokenize(bad)


@pytest.mark.parametrize(("cls", "code"), NATIVE)
def test_lone_surrogates_are_named(cls, code):
    with pytest.raises(ValueError, match=r"lone surrogate, '\\ud800', at position 2"):
        cls().tokenize("ab\ud800")


def test_jieba_takes_any_str(upstream_tokenizers):
    for text in ("", "\ud800中国\0", "a\r\nb\u3000c"):
        assert JiebaTokenizer().tokenize(text) == upstream_tokenizers.JiebaTokenizer().tokenize(
            text
        )


@pytest.mark.parametrize(
    ("cls", "package", "extra"),
    [
        *((JiebaTokenizer, "jieba", "zh"), (MecabTokenizer, "MeCab", "ja")),
        *((KonlpyTokenizer, "konlpy", "ko"), (KiwiTokenizer, "kiwipiepy", "kiwi")),
    ],
)
def test_without_the_package(cls, package, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"{package} is needed .*embedfn\[{extra}\]"):
        cls()


def test_without_a_japanese_dictionary(monkeypatch):
    import MeCab

    def fail(arguments):
        raise RuntimeError("no dictionary")

    errors = []

    def work():  # a new thread has no MeCab yet
        try:
            MecabTokenizer()
        except ImportError as error:
            errors.append(str(error))

    monkeypatch.setattr(MeCab, "Tagger", fail)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert "embedfn[ja]" in errors[0]


@needs_kkma
def test_without_java(monkeypatch):
    import jpype

    def fail():
        raise jpype.JVMNotFoundException("none")

    monkeypatch.setattr(jpype, "isJVMStarted", lambda: False)
    monkeypatch.setattr(jpype, "getDefaultJVMPath", fail)
    with pytest.raises(RuntimeError, match="needs Java"):
        KonlpyTokenizer()


def test_jieba_loads_in_silence(tmp_path):
    # A fresh process whose folder for temporary files is watched; eight threads ask at once.
    code = (
        "import logging, sys, threading\n"
        "from embedfn.lexical.segmenters import JiebaTokenizer\n"
        "assert 'jieba' not in sys.modules\n"
        "made, seen = JiebaTokenizer(), []\n"
        "levels = logging.root.level, logging.root.handlers[:]\n"
        "def work():\n"
        "    seen.append(made.tokenize('清华大学你好'))\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[t.start() for t in threads]\n"
        "[t.join() for t in threads]\n"
        "assert seen == [['清华大学', '你好']] * 8, seen\n"
        "assert (logging.root.level, logging.root.handlers) == levels\n"
        "import jieba\n"
        "assert jieba.lcut('清华大学你好') == seen[0]\n"
    )
    environment = {"PATH": "", "TMPDIR": str(tmp_path)}
    done = run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_words_added_to_jieba_count():
    import jieba

    word = "霍格沃兹学院"
    assert word not in JiebaTokenizer().tokenize(f"在{word}学习")
    jieba.add_word(word)
    try:
        assert word in JiebaTokenizer().tokenize(f"在{word}学习")
    finally:
        jieba.del_word(word)


def test_nothing_is_imported_before_it_is_used():
    code = (
        "import sys, embedfn.sparse.bm25.tokenizers\n"
        "assert not {'jieba', 'MeCab', 'konlpy', 'jpype', 'kiwipiepy'} & set(sys.modules)\n"
    )
    run([sys.executable, "-c", code], check=True, timeout=60)
    assert logging.getLogger("embedfn").handlers == []
    assert not list(Path.cwd().glob("jieba*"))
