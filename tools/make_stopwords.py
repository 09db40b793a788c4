"""Write ``src/embedfn/lexical/data/stopwords_*.txt`` from a wheel that carries NLTK's corpora.

Get the wheel with ``pip download --no-deps llama-index-core==0.14.25`` and run
``python tools/make_stopwords.py llama_index_core-0.14.25-py3-none-any.whl``.
"""

import sys
from pathlib import Path
from zipfile import ZipFile

# What the corpus's README says about each list beyond where most come from.
SNOWBALL = "goes back to the Snowball project's (BSD), as PostgreSQL has it"
ORIGINS = {
    "english": f"{SNOWBALL}; NLTK augmented it\n# (github.com/nltk/nltk_data, issue 22)",
    "german": f"{SNOWBALL}; NLTK corrected it\n# (github.com/nltk/nltk_data, pull request 49)",
    "french": SNOWBALL,
    "russian": SNOWBALL,
    "spanish": SNOWBALL,
    "italian": SNOWBALL,
    "portuguese": SNOWBALL,
    "chinese": "was contributed to NLTK data",
}
FOLDER = "llama_index/core/_static/nltk_cache/corpora/stopwords"
TARGET = Path(__file__).parents[1] / "src/embedfn/lexical/data"

HEADER = """\
# NLTK's {language} stopwords ({count} words).
# Source: NLTK data's stopwords corpus, as carried by PyPI {wheel}.
# The list {origin}.
# Written by tools/make_stopwords.py; do not edit.
"""


def main(wheel: Path) -> None:
    """Write one table a language."""
    name, release = wheel.name.split("-")[:2]
    with ZipFile(wheel) as archive:
        for language, origin in ORIGINS.items():
            words = archive.read(f"{FOLDER}/{language}").decode("utf-8").split()
            header = HEADER.format(
                language=language.capitalize(),
                count=len(words),
                origin=origin,
                wheel=f"{name.replace('_', '-')} {release}",
            )
            body = "".join(f"{word}\n" for word in words)
            (TARGET / f"stopwords_{language}.txt").write_text(header + body, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
