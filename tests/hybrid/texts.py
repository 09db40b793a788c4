"""Texts of several languages and lengths, made up here."""

import random

_SENTENCES = [
    "The mount command attaches a file system found on some device to the file tree.",
    "Der Befehl mount hängt ein Dateisystem, das auf einem Gerät liegt, in den Dateibaum ein.",
    "La commande mount attache un système de fichiers à l'arborescence, où que l'on veuille.",
    "El comando mount añade un sistema de ficheros al árbol; ¿dónde está el dispositivo?",
    "Команда mount присоединяет файловую систему, найденную на устройстве, к дереву файлов.",
    "mount 命令将设备上的文件系统附加到文件树。请先阅读手册,然后再运行它。",
    "mount コマンドはデバイスにあるファイルシステムをファイルツリーに接続します。",
    "mount 명령은 장치에 있는 파일 시스템을 파일 트리에 연결한다.",
    "يربط الأمر mount نظام الملفات الموجود على جهاز ما بشجرة الملفات.",
    "माउंट कमांड किसी डिवाइस पर मिली फ़ाइल प्रणाली को फ़ाइल वृक्ष से जोड़ता है।",
]


def sentences() -> list[str]:
    """One sentence of each of ten languages."""
    return list(_SENTENCES)


def mixed(count: int, longest: int, seed: int = 0) -> list[str]:
    """Texts of words from all languages, of 0 to ``longest`` words, short ones more often."""
    rng = random.Random(seed)
    words = [word for sentence in _SENTENCES for word in sentence.split()]
    lengths = [0, 1, longest, *(int(longest ** rng.random()) for _ in range(count - 3))]
    rng.shuffle(lengths)
    return [" ".join(rng.choices(words, k=length)) for length in lengths]


def odd() -> list[str]:
    """What tokenizers stumble over: marks of their own, spaces, characters nobody has."""
    return [
        "",
        " ",
        "</s>",
        "<s> a <pad> b </s> c <unk> d <mask> e",
        "\u3000full\u00a0width\u2009spaces\t\n",
        "ﬁ ligatures, ①②, ｆｕｌｌｗｉｄｔｈ",
        "unknown: \U0001f600 ꙮ",
        "a" * 300,
    ]
