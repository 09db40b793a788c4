"""Write ``src/embedfn/lexical/data/stopwords_*.txt`` from a wheel that carries NLTK's corpora.

Get the wheel with ``pip download --no-deps llama-index-core==0.14.25`` and run
``python tools/make_stopwords.py llama_index_core-0.14.25-py3-none-any.whl``.
"""

import sys
from pathlib import Path
from zipfile import ZipFile

LANGUAGES = ("english",)
FOLDER = "llama_index/core/_static/nltk_cache/corpora/stopwords"
TARGET = Path(__file__).parents[1] / "src/embedfn/lexical/data"

HEADER = """\
# NLTK's {language} stopwords ({count} words).
# Source: NLTK data's stopwords corpus, as carried by PyPI {wheel};
# most lists go back to those of the Snowball project (BSD) as PostgreSQL has them; NLTK augmented
# the English one (github.com/nltk/nltk_data, issue 22).
# Written by tools/make_stopwords.py; do not edit.
"""


def main(wheel: Path) -> None:
    """Write one table a language."""
    name, release = wheel.name.split("-")[:2]
    with ZipFile(wheel) as archive:
        for language in LANGUAGES:
            words = archive.read(f"{FOLDER}/{language}").decode("utf-8").split()
            header = HEADER.format(
                language=language.capitalize(),
                count=len(words),
                wheel=f"{name.replace('_', '-')} {release}",
            )
            body = "".join(f"{word}\n" for word in words)
            (TARGET / f"stopwords_{language}.txt").write_text(header + body, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
