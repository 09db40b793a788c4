"""What an analyzer is, in words that can be saved and compared with another's.

Of this package's own parts that is the class, its parameters and the data and rules it works by;
of a function, a class or a built-in, the name it can be imported by; of any other object, its
class and what pickle would keep of it, described in the same way. What has no such name (a lambda,
a function within a function, anything of ``__main__``, which is another module in every program)
cannot be identified, nor can what holds it. A function's code is not looked into.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import zip_longest
from types import MappingProxyType, ModuleType
from typing import Any

from embedfn.lexical.analyzer import Analyzer
from embedfn.lexical.components import StandardTokenizer, StemmingFilter
from embedfn.lexical.segmenters import (
    JiebaTokenizer,
    KiwiTokenizer,
    KonlpyTokenizer,
    MecabTokenizer,
    mecab_dictionary,
)
from embedfn.lexical.tables import read_table

# Of these descriptions; another number makes every analyzer another one than what was saved.
_FORM = 1
# Longer ones are told by their length and hash.
_LONGEST = 200
# Objects within one analyzer, and within each other.
_MOST, _DEEPEST = 1000, 16
_NOTHING = object()
_ANEW = _NOTHING.__reduce_ex__(4)[0]  # by which pickle makes most objects


class _UnidentifiedError(Exception):
    """Why an object cannot be identified."""


@cache
def _table_hash(name: str) -> str:
    """SHA-256 of a data file's lines."""
    return hashlib.sha256("\n".join(read_table(name)).encode()).hexdigest()


def _version(package: str) -> dict[str, str]:
    """An installed package's version."""
    from importlib.metadata import version  # here, because it brings email and zipfile

    return {package: version(package)}


# What a part's terms depend on beside its parameters. "rules" counts the changes to the code that
# gave other terms.
_WORKS_BY: Mapping[type, Callable[[], dict[str, Any]]] = MappingProxyType(
    {
        StandardTokenizer: lambda: {
            "rules": 1,
            "punkt": _table_hash("punkt_english.txt"),
            "characters": _table_hash("char_classes.txt"),
        },
        StemmingFilter: lambda: {"rules": 1},
        JiebaTokenizer: partial(_version, "jieba"),
        MecabTokenizer: mecab_dictionary,
        KonlpyTokenizer: partial(_version, "konlpy"),
        KiwiTokenizer: partial(_version, "kiwipiepy"),
    }
)


def specification(analyzer: object) -> str:
    """Return an analyzer's specification, as canonical JSON: ASCII, sorted keys, no spaces.

    That of an analyzer that cannot be identified has the key "unidentified", with the reason.
    """
    try:
        content = {"form": _FORM, "analyzer": _described(analyzer, [_MOST])}
    except Exception as error:  # whatever a stranger's object does, it must not keep us from saving
        reason = str(error) if isinstance(error, _UnidentifiedError) else repr(error)
        content = {"form": _FORM, "unidentified": reason}
    return _canonical(content)


def difference(theirs: str, ours: str) -> str | None:
    """Return where two specifications differ first, None for those of one analyzer.

    Two that cannot be identified differ, whatever they say.

    Raises
    ------
    ValueError
        When ``theirs`` is no specification.
    """
    saved, present = json.loads(theirs), json.loads(ours)
    if not isinstance(saved, dict):
        message = "it is no JSON object"
        raise ValueError(message)
    for content, whose in [(saved, "the saved one"), (present, "the present one")]:
        if "unidentified" in content:
            return f"{whose} cannot be identified: {content['unidentified']}"
    if theirs == ours:
        return None
    path, was, now = next(_differences(saved, present, ""))
    return f"{path} was {_short(was)} and is {_short(now)}"


def _canonical(content: Any) -> str:
    """JSON in one spelling."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _short(content: Any) -> str:
    """The start of a value's JSON."""
    text = "nothing" if content is _NOTHING else _canonical(content)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _differences(was: Any, now: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON values differ, and how; the class before what depends on it."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(was.keys() | now.keys(), key=lambda key: (key != "class", key)):
            where = f"{path}.{key.removeprefix('.')}".removeprefix(".")
            yield from _differences(was.get(key, _NOTHING), now.get(key, _NOTHING), where)
    elif isinstance(was, list) and isinstance(now, list):
        for i, (mine, other) in enumerate(zip_longest(was, now, fillvalue=_NOTHING)):
            yield from _differences(mine, other, f"{path}[{i}]")
    elif was is _NOTHING or now is _NOTHING or _canonical(was) != _canonical(now):
        yield path, was, now


def _described(value: Any, budget: list[int], depth: int = 0) -> Any:
    """A value as JSON; ``budget`` is how many objects may still be looked into."""
    kind, deeper = type(value), depth + 1
    if value is None or kind in (bool, int, float):
        return value
    if kind in (str, bytes):
        return _bounded(value if kind is str else {"bytes": value.hex()}, len(value))
    budget[0] -= 1
    if budget[0] < 0 or depth > _DEEPEST:
        message = "there is too much of it to describe, or it holds itself"
        raise _UnidentifiedError(message)

    def described(part: Any) -> Any:
        return _described(part, budget, deeper)

    if kind in (list, tuple):
        items = [described(item) for item in value]
        return items if any(map(_nested, items)) else _bounded(items, len(items))
    if kind in (set, frozenset):
        items = sorted(map(described, value), key=_canonical)
        return _bounded({"set": items}, len(items))
    if kind is dict:  # in its own order, which may matter
        pairs = [[described(key), described(value[key])] for key in value]
        return _bounded({"dict": pairs}, len(pairs))
    if kind is re.Pattern:
        return {"pattern": described(value.pattern), "flags": value.flags}
    if kind is Analyzer:  # its name is for people
        return {name: described(part) for name, part in vars(value).items() if name != "name"}
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType) and not isinstance(value, type):
        return {"method": value.__name__, "of": described(owner)}
    if hasattr(value, "__qualname__"):
        return {"name": _name_of(value)}
    return _object(value, described)


def _nested(content: Any) -> bool:
    """Whether a value's JSON holds further ones."""
    return isinstance(content, (dict, list))


def _bounded(content: Any, length: int) -> Any:
    """A value's JSON, or in place of a long one its length and hash."""
    text = _canonical(content)
    if len(text) <= _LONGEST:
        return content
    return {"length": length, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _name_of(value: Any) -> str:
    """The name a function or class can be imported by, "module:name"; of our classes the name."""
    module = getattr(getattr(value, "__objclass__", value), "__module__", None)
    name = value.__qualname__
    found: Any = sys.modules.get(str(module))
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not value or module == "__main__":
        message = f"{name} of {module} cannot be imported by a name that means it anywhere"
        raise _UnidentifiedError(message)
    ours = isinstance(value, type) and str(module).startswith("embedfn.")
    return str(name) if ours else f"{module}:{name}"


def _object(value: Any, described: Callable[[Any], Any]) -> dict[str, Any]:
    """An object's class, what that works by, and what pickle would keep of the object."""
    kind = type(value)
    content: dict[str, Any] = {"class": _name_of(kind)}
    for base in kind.__mro__:
        if base in _WORKS_BY:
            content["works by"] = _WORKS_BY[base]()
    make, arguments, state, *items = (*value.__reduce_ex__(4), None)[:5]
    if any(item is not None for item in items):
        message = f"a {kind.__qualname__} is a container of its own kind"
        raise _UnidentifiedError(message)
    if make is not _ANEW or arguments != (kind,):
        content["made by"] = [described(make), described(arguments)]
    if isinstance(state, dict):
        return content | {f".{name}": described(part) for name, part in state.items()}
    return content if state is None else content | {"state": described(state)}
