"""Texts that tokenizers and encoders stumble over, and random ones."""

import random

HARD = [
    "",
    " ",
    "\n\t \r\n",
    "a",
    "A",
    ".",
    "a" * 5000,
    "a " * 2500,
    "the quick brown fox " * 400,
    "Artificial intelligence was founded as an academic discipline in 1956.",
    "Ünïcödé ÀÉÎÕÜ ß ﬁ ﬂ İstanbul ǅ",
    "e\u0301 n\u0303 a\u0308 \u0301alone",
    "中文字符测试，标点。",
    "日本語のテキスト、カタカナ ｶﾀｶﾅ",
    "한국어 문장입니다",
    "مرحبا بالعالم ١٢٣",
    "שלום עולם",
    "नमस्ते दुनिया",
    "ภาษาไทยไม่มีช่องว่าง",
    "😀 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪",
    "zero\u200bwidth\u200djoiner\ufeffmark",
    "control\x00\x01\x07\x1b[31m\x7f\x85chars",
    "soft\u00adhyphen non\u00a0breaking\u2028line\u2029para",
    "\ufffd replacement \ue000 private \U0010ffff last",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝐛𝐨𝐥𝐝 ℌ ½ ² ①",
    "[CLS] [SEP] [MASK] [PAD] [UNK] [cls] [sep]",
    "<s> </s> <pad> <mask> <unk>",
    "x[SEP]y<pad>z",
    "##ing ##s ## #",
    "supercalifragilistic" * 6,
    "antidisestablishmentarianism " + "x" * 101 + " end",
    "https://example.org/a/b?c=d&e=f#g user@example.org",
    "int main(void) { return 0; } /* C */ __init__ snake_case camelCase",
    "1,234.56 $99 50% 3-4 -5 +6 1e-10 0x1F",
    "don't can't it's I'm you're we'll they'd",
    "“quotes” ‘single’ „low‟ «guillemets» — – ‐ … •",
    "MiXeD CaSe HELLO World",
    "hello\r\nworld\n\n\nhello\tworld",
]
_ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789.,-",
    "äöüßéèñçøåæ",
    "абвгдежзийклмн",
    "的一是在不了有和人这",
    "!?;:()[]{}<>\"'`~@#$%^&*",
]
# fmt: off
_WORDS = [
    "the", "a", "of", "and", "to", "in", "is", "was", "for",
    "with", "as", "on", "by", "hello", "world", "founded", "academic", "discipline",
    "artificial", "intelligence", "search", "vector", "model", "text", "query", "document", "index",
    "token",
]
# fmt: on


def random_texts(count: int, seed: int) -> list[str]:
    """Texts of 0 to 120 words, most of known words, some of letters of one script or any."""
    rng = random.Random(seed)

    def word() -> str:
        kind = rng.random()
        if kind < 0.7:
            return rng.choice(_WORDS)
        if kind < 0.97:
            alphabet = rng.choice(_ALPHABETS)
            return "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 12)))
        return "".join(_any_character(rng) for _ in range(rng.randint(1, 6)))

    lengths = [rng.choice((0, 1, 3, 8, 20, 120)) for _ in range(count)]
    return [" ".join(word() for _ in range(rng.randint(0, most))) for most in lengths]


def _any_character(rng: random.Random) -> str:
    """Any character but a surrogate."""
    while True:
        code = rng.randrange(0x110000)
        if not 0xD800 <= code < 0xE000:
            return chr(code)
