"""The native tokenizer against Hugging Face's own, id by id."""

import copy
import pickle
import random
import threading
import unicodedata

import pytest
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer, Lowercase, Sequence
from tokenizers.pre_tokenizers import BertPreTokenizer, WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from embedfn import kernels
from embedfn.encoder.parts import part_tokeniser
from tests.encoder.models import VOCABULARY
from tests.encoder.texts import HARD, random_texts

pytestmark = pytest.mark.skipif(
    kernels.PartTokens is None, reason="the native kernels are not the ones in use"
)

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# Around these, what a normaliser or a splitter does might depend on what stands beside.
ODD = [
    *"\t\n\r \x0b\x0c\x00\x1c\x1d\x1e\x1f\x7f\x80\x85\xa0\xad",
    *"\u0300\u0301\u0345\u05b0\u064b\u1100\u1161\u11a8\uac00\uac01\u200b\u200d\u2028\u2029\u3000\ufeff\ufffd",
    *"\u4dff\u4e00\u9fff\ua000\u3400\u4dbf\uf900\ufaff\U00020000\U0002a6df\U0002f800",
    *"İıßẞΣσςǅÅéñü中文的一猫日本語カタナ한국어ไทย",
    *"¡«·»¿‐—’“”…、。「」！？\U0001f600\U0001f468\u0660",
    *"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "e\u0301", "[SEP]", "[CLS]x", "[unused]", "[mask]", "[MASK]", "##s", "hello", "WORLD", "a1b2",
]  # fmt: skip


def tokenizer_of(normalizer, specials=True, **options):
    ids = {token: number for number, token in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(
        WordPiece(ids, unk_token="[UNK]", continuing_subword_prefix="##", **options)
    )
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIALS])
    if specials:
        around = [("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
        tokenizer.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=around
        )
    return tokenizer


def odd_texts(count, seed):
    """Random strings of odd pieces, words, and any character at all."""
    chosen = random.Random(seed)
    words = [word for word in VOCABULARY if word.isalnum()]

    def piece():
        kind = chosen.random()
        if kind < 0.4:
            return chosen.choice(ODD)
        if kind < 0.7:
            return chosen.choice(words)
        if kind < 0.85:
            return chosen.choice(words).title() + chosen.choice(words)
        while True:
            character = chr(chosen.randrange(0x11000 if kind < 0.97 else 0x110000))
            if unicodedata.category(character) != "Cs":
                return character

    return ["".join(piece() for _ in range(chosen.randrange(12))) for _ in range(count)]


def rows(ids, lengths):
    ends = lengths.cumsum()
    return [ids[end - n : end].tolist() for end, n in zip(ends, lengths, strict=True)]


def check(tokenizer, texts, native=None, max_tokens=None, side="right", special=True):
    native = native or part_tokeniser(tokenizer)
    assert native is not None
    if max_tokens is not None:
        tokenizer.enable_truncation(max_tokens, direction=side)
    wanted = [one.ids for one in tokenizer.encode_batch(texts, add_special_tokens=special)]
    tokenizer.no_truncation()
    got = rows(*native.ids(texts, max_tokens, side == "left", special))
    for text, mine, theirs in zip(texts, got, wanted, strict=True):
        assert mine == theirs, repr(text)


NORMALIZERS = {
    "lower": BertNormalizer(lowercase=True),
    "cased": BertNormalizer(lowercase=False),
    "cased, stripped": BertNormalizer(lowercase=False, strip_accents=True),
    "lower, accents": BertNormalizer(lowercase=True, strip_accents=False),
    "chinese together": BertNormalizer(handle_chinese_chars=False),
    "not cleaned": BertNormalizer(clean_text=False),
    "lower first": Sequence([Lowercase(), BertNormalizer(lowercase=False)]),
    "lower only": Lowercase(),
    "nested": Sequence([Sequence([Lowercase()]), BertNormalizer()]),
    "none": None,
}


@pytest.mark.parametrize("name", NORMALIZERS)
def test_ids_are_hugging_faces(name):
    tokenizer = tokenizer_of(NORMALIZERS[name])
    texts = [*HARD, *ODD, *random_texts(200, seed=61), *odd_texts(3000, seed=62)]
    native = part_tokeniser(tokenizer)
    for _ in range(2):  # with an empty memory, and with what the first pass left
        check(tokenizer, texts, native)
    check(tokenizer, texts, native, special=False)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("max_tokens", [2, 3, 5, 9, 1000])
def test_cut_as_hugging_face(side, max_tokens):
    tokenizer = tokenizer_of(BertNormalizer())
    texts = [*HARD, *random_texts(100, seed=63), *odd_texts(1000, seed=64), "hello " * 3000]
    native = part_tokeniser(tokenizer)
    for _ in range(2):
        check(tokenizer, texts, native, max_tokens, side)


def test_without_special_tokens():
    tokenizer = tokenizer_of(BertNormalizer(), specials=False)
    check(tokenizer, [*HARD, *odd_texts(500, seed=65)])
    check(tokenizer, [*HARD, *odd_texts(500, seed=65)], max_tokens=4)


@pytest.mark.parametrize("chars", [1, 3, 100, 500])
def test_long_words(chars):
    tokenizer = tokenizer_of(BertNormalizer(), max_input_chars_per_word=chars)
    texts = [c * n for c in ("a", "é", "中", "x9", "a-") for n in (1, 3, 4, 63, 64, 65, 99, 100)]
    texts += [c * n for c in ("a", "é", "zq") for n in (101, 127, 128, 129, 499, 501, 5000)]
    check(tokenizer, texts)


@pytest.mark.parametrize("spelled", [True, False])
def test_special_tokens_in_texts(spelled):
    tokenizer = tokenizer_of(BertNormalizer())
    tokenizer.encode_special_tokens = spelled
    texts = ["[SEP]", "a[SEP]b", "[SEP", "[ SEP ]", "[[SEP]]", "[sep]", "x [MASK].", "[MASK][CLS]"]
    check(tokenizer, texts)
    assert 3 in rows(*part_tokeniser(tokenizer).ids(["a[SEP]b"], None, special=False))[0] or spelled


@pytest.mark.parametrize(
    "token",
    [
        AddedToken("<new>", normalized=True),
        AddedToken("e-mail"),
        AddedToken("c++", single_word=True),
        AddedToken("<wide>", lstrip=True, rstrip=True),
    ],
    ids=str,
)
def test_added_tokens(token):
    tokenizer = tokenizer_of(BertNormalizer())
    tokenizer.add_tokens([token])
    pieces = [token.content, "hello", " ", "  ", ",", "é", token.content.upper(), "-", "+", "<"]
    chosen = random.Random(66)
    texts = ["".join(chosen.choices(pieces, k=chosen.randrange(8))) for _ in range(2000)]
    check(tokenizer, texts)


@pytest.mark.parametrize("content", ["word", "two words", "naïve!", "中", "tab\tbed"])
def test_added_tokens_that_could_hide_in_a_part(content):
    tokenizer = tokenizer_of(BertNormalizer())
    tokenizer.add_tokens([AddedToken(content, normalized=False)])
    assert part_tokeniser(tokenizer) is None


def test_other_tokenizers_go_their_own_way():
    tokenizer = tokenizer_of(BertNormalizer())
    tokenizer.pre_tokenizer = WhitespaceSplit()
    assert part_tokeniser(tokenizer) is None
    tokenizer = tokenizer_of(Sequence([Lowercase()]))
    assert part_tokeniser(tokenizer) is not None
    tokenizer.pre_tokenizer = None
    assert part_tokeniser(tokenizer) is None


def test_copies_are_as_good():
    tokenizer = tokenizer_of(BertNormalizer())
    native = part_tokeniser(tokenizer)
    for other in (pickle.loads(pickle.dumps(native)), copy.deepcopy(native)):
        check(tokenizer, [*HARD, *odd_texts(100, seed=66)], other)


@pytest.mark.parametrize("n_threads", ["1", "2", "7"])
def test_threads_change_nothing(monkeypatch, n_threads):
    monkeypatch.setenv("EMBEDFN_NUM_THREADS", n_threads)
    tokenizer = tokenizer_of(BertNormalizer())
    check(tokenizer, [*odd_texts(8000, seed=67), *random_texts(3000, seed=68)])


def test_memory_is_emptied_when_full():
    """More distinct parts than it keeps: what was known is asked again, and right."""
    tokenizer = tokenizer_of(BertNormalizer())
    native = part_tokeniser(tokenizer)
    sizes = []
    for start in range(0, 600_000, 50_000):
        native.ids([" ".join(f"x{n}" for n in range(start, start + 50_000))], None)
        sizes.append(len(native.parts))
    assert sizes[9] == 500_000
    assert sizes[-1] < 100_000
    check(tokenizer, ["x1 x59999 x599999 hello", *HARD], native)


def test_sixteen_threads_learn_at_once():
    tokenizer = tokenizer_of(BertNormalizer())
    native = part_tokeniser(tokenizer)
    texts = [odd_texts(400, seed=70 + n) + random_texts(50, seed=90 + n) for n in range(16)]
    wanted = [[one.ids for one in tokenizer.encode_batch(some)] for some in texts]
    good = []

    def work(number):
        for turn in range(16):
            some = (number + turn) % 16
            good.append(rows(*native.ids(texts[some], None)) == wanted[some])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 256


def test_an_error_of_the_tokenizer_is_passed_on():
    def ask(parts):
        raise OSError(parts[0])

    parts = kernels.PartTokens(ask, {"a": 0}, "##", 0, 100, True, "", True)
    assert parts.encode(["a a"], None, False, (), (), 1)[0].tolist() == [0, 0]
    with pytest.raises(OSError, match="é"):
        parts.encode(["a é"], None, False, (), (), 1)
    with pytest.raises(TypeError, match="texts must be str, not int"):
        parts.encode([1], None, False, (), (), 1)
    short = kernels.PartTokens(lambda parts: [], {"a": 0}, "##", 0, 100, True, "", True)
    with pytest.raises((RuntimeError, StopIteration)):
        short.encode(["é"], None, False, (), (), 1)
