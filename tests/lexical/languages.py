"""Adversarial words and texts in the languages besides English, from a seeded generator."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from random import Random

from embedfn.lexical.stopwords import stopwords
from tests.lexical.strings import (
    OTHER_MARKS,
    PERIODS,
    QUOTES,
    SPACES,
    random_piece,
    random_text,
)

# Upstream's codes of the languages with a stemmer, and the language's name.
NAMES = {
    **{"de": "german", "fr": "french", "ru": "russian", "sp": "spanish", "it": "italian"},
    "pt": "portuguese",
}
LETTERS = {
    "de": "aeiouyäöüßbcdfghklmnqrstz",
    "fr": "aeiouyâàëéêèïîôûùçbcdglmnqrstvx",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяёа",
    "sp": "aeiouáéíóúüñbcdgjlmnqrstvyz",
    "it": "aeiouàèìòùáéíóúbcdghlmnqrstvz",
    "pt": "aeiouáéíóúâêôãõçübcdglmnqrstvz",
}
SENTENCES = {
    "de": (
        "Die Häuser am Fluß wurden größtenteils zwischen den Kriegen gebaut.",
        "Freundlichkeit und Verständnis sind die wichtigsten Eigenschaften; das weiß jeder!",
        "Mit diesem Befehl lassen sich die Berechtigungen der Dateien ändern (siehe »chmod«).",
        "Bauernhöfe, Erlebnisse, Wohnungen, Möglichkeiten, heiliger, neuesten, bläulich, Yacht",
    ),
    "fr": (
        "L'utilisateur n'a pas été autorisé à supprimer ces fichiers-là ; réessayez plus tard.",
        "Les œuvres majestueuses qu'ils considéraient continuellement étaient égales.",
        "« Où êtes-vous allés ? » demandaient les nouveaux journaux nationaux, soigneusement.",
        "activité, curieusement, fréquemment, constamment, généralisations, paye, aiguë",
    ),
    "ru": (
        "Пользователи удалённых компьютеров могли бы прочитать важнейшие сообщения.",
        "Ёлки зелёные! Объяснившись, он вернулся в Санкт-Петербург (см. «Описание»).",
        "Команда mount(8) показывает смонтированные файловые системы; Linux и POSIX.",
        "новость, старейший, красивейше, длинный, бегавшими, строящуюся, сделав, подъезд, съешь",
    ),
    "sp": (
        "¿Dónde están los archivos que habíamos guardado? ¡Dígamelo, por favor!",
        "La administración pública distribuyó rápidamente las informaciones a sus ciudadanos.",
        "Está comiéndoselas; siguieron contribuyendo, averigüemos y lleguen antes de las 10:30.",
        "posibilidades, creativamente, amabilidad, cantábamos, oyendo, huyamos, pingüinos, ñandúes",
    ),
    "it": (
        "Perché l'utente dovrebbe modificare nuovamente le configurazioni del sistema?",
        "Le università italiane offrivano possibilità straordinarie; dicendoglielo, partì.",
        "Qualità e velocità: così l'aiuola è più bella, dell'immagine non c'è traccia.",
        "abbandonarono, tecnologia, attualità, amichevolmente, laghi, parlarcene, quieto",
    ),
    "pt": (
        "As organizações não-governamentais continuarão a distribuição dos alimentos amanhã.",
        "Você pôde averigüar as conseqüências? Infelizmente, os cidadãos ficaram à espera.",
        "O utilizador deverá reiniciar o computador; português, ação, pão e coração.",
        "possibilidades, criativamente, tecnologias, bebêssemos, existências, fácil, segue",
    ),
    "zh": (
        "我来到北京清华大学，学习计算机科学与技术。",
        "“你好！”他说：《Linux 内核》是一个操作系统的核心……（见第3.5章）",
        "他们在上海、广州和深圳的公司工作了十年；然而，没有人知道为什么。",
        "小明硕士毕业于中国科学院计算所，后在日本京都大学深造",
    ),
    "jp": (
        "私は東京大学でコンピューターの研究をしています。",
        "「サーバーを再起動してください！」と彼は言った（３回目）。",
        "このコマンドは、ファイルの所有者やグループを変更する；the manual page を参照のこと。",
        "すもももももももものうち…庭には二羽ニワトリがいる？",
    ),
    "kr": (
        "이 명령은 파일의 소유자를 바꿉니다.",
        "리눅스 커널은 운영 체제의 핵심입니다! The end.",
        "서울에서 부산까지 기차로 세 시간이 걸렸다.",
        "사용자 이름과 비밀번호를 입력하세요(선택 사항)…",
    ),
}
# Contractions, abbreviations and whatever else a language writes with marks inside.
MARKED = {
    "de": ["z.B.", "d. h.", "usw.", "geht's", "Nr. 5", "3,14", "1.000.000", "„Haus“", "E-Mail"],
    "fr": ["l'", "l’été", "qu'il", "aujourd'hui", "c.-à-d.", "M.", "« oui »", "là-bas", "1 000,5"],
    "ru": ["т.е.", "и т.д.", "г.", "кто-то", "«да»", "5-й", "А.С.", "—", "№ 5", "из-за"],
    "sp": ["¿", "¡", "Sr.", "EE.UU.", "p. ej.", "¡Hola!", "¿qué?", "Ud.", "1.000,5", "n.º 5"],
    "it": ["l'", "dell'", "c'è", "un po'", "dott.", "ecc.", "l’aiuola", "perche'", "«sì»", "'90"],
    "pt": ["d'água", "dá-lhe", "Sr.", "etc.", "fá-lo-ei", "n.º 5", "E.U.A.", "“sim”", "1.000,5"],
    "zh": ["……", "——", "《》", "“好”", "３．５", "第3章", "3.5%", "。」", "！？", "Linux内核"],
    "jp": ["……", "「」", "『』。", "３回", "ー", "〜", "・", "！？", "コンピューター", "ｶﾅ"],
    "kr": ["……", "「」", "3회", "했습니다.", "(예)", "“네”", "·", "?!", "리눅스는", "ㅋㅋ"],
}
_INSERTED = ["A", "U", "E", "AU", "'", "''", "^", "`", "~", "’", "«", "İ", "ß", "é", "ё", "x", "中"]


@cache
def suffixes(code: str) -> tuple[str, ...]:
    """All suffixes in the tables of a language's stemmer, Russian ones in Cyrillic letters."""
    module = import_module(f"embedfn.lexical.stem_{NAMES[code]}")
    found: set[str] = set()
    for name, table in vars(module).items():
        if name.startswith("_") and name[1].isupper() and name not in ("_TO_CYRILLIC", "_LATIN"):
            found.update(_strings(table))
    if code != "ru":
        return tuple(sorted(found))
    for latin, cyrillic in module._TO_CYRILLIC:
        found = {suffix.replace(latin, cyrillic) for suffix in found}
    return tuple(sorted(found))


def _strings(table: object) -> Iterator[str]:
    """The strings in a table."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        yield from (text for pair in table.items() for text in _strings(pair))
    elif isinstance(table, tuple | frozenset):
        yield from (text for entry in table for text in _strings(entry))


@cache
def words(code: str) -> tuple[str, ...]:
    """Words of a language: its stopwords, and those of some sentences."""
    listed = stopwords(NAMES[code]) if code in NAMES else ()
    listed = stopwords("chinese") if code == "zh" else listed
    return (*listed, *(word for sentence in SENTENCES[code] for word in sentence.split()))


def random_word_of(rng: Random, code: str) -> str:
    """A word for the stemmer: letters or a word, suffixes upon suffixes, odd characters."""
    if rng.random() < 0.2:
        word = rng.choice(words(code))
    else:
        word = "".join(rng.choices(LETTERS[code], k=rng.randrange(8)))
    word += "".join(rng.choices(suffixes(code), k=rng.randrange(4)))
    if rng.random() < 0.1:
        word += rng.choice(LETTERS[code])
    if rng.random() < 0.1:
        word = rng.choice([str.upper, str.title, str.swapcase])(word)
    if rng.random() < 0.05:
        at = rng.randrange(len(word) + 1)
        word = word[:at] + rng.choice(_INSERTED) + word[at:]
    return word


def random_text_of(rng: Random, code: str) -> str:
    """A text of words and marks, or a damaged sentence; without what native tokenizers refuse."""
    if code in NAMES:
        if rng.random() < 0.1:
            return random_text(rng)
        pieces = [_piece(rng, code) for _ in range(rng.randrange(20))]
        return "".join(f"{piece}{rng.choice(['', ' ', ' '])}" for piece in pieces)
    chars = list(rng.choice(SENTENCES[code]))
    for _ in range(rng.randrange(20)):
        at = rng.randrange(len(chars) + 1)
        spoken = rng.random() < 0.5
        chars[at:at] = _script(rng, code) if spoken else rng.choice([_piece(rng, code), ""])
        del chars[rng.randrange(len(chars)) : rng.choice([0, at])]
        chars = chars or [_script(rng, code)]
    text = "".join(chars)
    return text if code == "zh" else text.translate(dict.fromkeys([0, *range(0xD800, 0xE000)]))


def _piece(rng: Random, code: str) -> str:
    """A word, something that the language writes with marks, a mark or space, or any piece."""
    kind = rng.random()
    if kind < 0.5:
        return random_word_of(rng, code) if code in NAMES else _script(rng, code)
    if kind < 0.6:
        return rng.choice(MARKED[code])
    if kind < 0.75:
        return random_piece(rng)
    return rng.choice(rng.choice([QUOTES, PERIODS, OTHER_MARKS, SPACES]))


_RANGES = {
    "zh": ((0x4E00, 0x9FD5), (0x3000, 0x3020), (0x4E00, 0x5200), (0x20, 0x7F)),
    "jp": ((0x3040, 0x30FF), (0x3040, 0x30FF), (0x4E00, 0x9FD5), (0xFF00, 0xFF9F), (0x20, 0x7F)),
    "kr": ((0xAC00, 0xD7A3), (0xAC00, 0xD7A3), (0x3131, 0x318E), (0x20, 0x7F)),
}


def _script(rng: Random, code: str) -> str:
    """A few characters of the language's scripts, or one of its words."""
    if rng.random() < 0.5:
        return rng.choice(words(code))
    return "".join(
        chr(rng.randrange(*rng.choice(_RANGES[code]))) for _ in range(rng.randrange(1, 5))
    )
