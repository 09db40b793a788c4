"""The command ``embedfn``."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import embedfn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line's by default.

    Returns
    -------
    int
        Exit status: 0, 1 after an error that is told in one line, 130 after an interruption.
    """
    parsed = _parser().parse_args(arguments)
    logging.disable(logging.ERROR)  # pymilvus logs the tracebacks of what it also raises
    try:
        _demo(parsed)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        print(f"embedfn: error: {' '.join(line.strip() for line in lines)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("embedfn: interrupted; nothing half-built is kept", file=sys.stderr)
        return 130
    return 0


def _demo(parsed: argparse.Namespace) -> None:
    """Run ``embedfn demo``."""
    from embedfn.jobs.demo import QUESTIONS, DemoOptions, run_demo

    run_demo(
        DemoOptions(
            corpus=parsed.corpus,
            queries=parsed.query or QUESTIONS,
            store=parsed.store,
            model=parsed.model,
            top=parsed.top,
            rebuild=parsed.rebuild,
        )
    )


def _parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    parser = argparse.ArgumentParser(prog="embedfn", description="Text to vectors for search.")
    parser.add_argument("--version", action="version", version=f"embedfn {embedfn.__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    demo = commands.add_parser(
        "demo",
        help="dense + BM25 hybrid search over real text, in embedded Milvus Lite",
        description="Split a corpus into passages, embed them densely (MiniLM) and sparsely "
        "(BM25), store both in Milvus Lite and answer questions by hybrid search.",
    )
    demo.add_argument(
        "--corpus",
        metavar="PATH",
        help="a JSON lines file with 'text' (.jsonl, .jsonl.gz) or a folder of text files; "
        "by default the documentation that comes with Python",
    )
    demo.add_argument(
        "--query", action="append", metavar="TEXT", help="a question of yours; may be repeated"
    )
    demo.add_argument("--store", type=Path, metavar="FOLDER", help="where the index is kept")
    demo.add_argument("--model", default="all-MiniLM-L6-v2", help="dense model: a name or a folder")
    demo.add_argument("--top", type=_positive, default=3, help="passages to show (default: 3)")
    demo.add_argument("--rebuild", action="store_true", help="do not reuse an existing index")
    return parser


def _positive(text: str) -> int:
    """A whole number above 0."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
