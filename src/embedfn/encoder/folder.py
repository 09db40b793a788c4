"""What the files of a Sentence Transformers folder say."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from embedfn.encoder.config import EncoderConfig, read_config
from embedfn.encoder.files import read_json, read_object

POOLINGS = ("cls", "max", "mean")
# Sentence Transformers' older spelling, one key a pooling, in the order in which it joins several.
_POOLING_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_SETTINGS_FILES = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
# Keys of those files that change what the model computes, in a way that is not read here.
_FOREIGN_SETTINGS = (
    "tokenizer_args",
    "processor_kwargs",
    "processing_kwargs",
    "config_args",
    "config_kwargs",
    "tokenizer_name_or_path",
)


@dataclass(frozen=True)
class ModelFolder:
    """One sentence encoder: the stages from text to vector.

    Attributes
    ----------
    transformer : Path
        The folder of ``config.json``, the weights and the tokenizer.
    config : EncoderConfig
    pooling : tuple of str
        Of ``"mean"``, ``"cls"`` and ``"max"``; several are joined end to end.
    normalise : bool
        Whether the model itself ends in a normalisation.
    max_tokens : int
        Where texts are cut, special tokens included.
    lowercase : bool
        Whether texts are lower-cased before the tokenizer's own normaliser.
    prompt : str
        What the model puts before every text where none is named; mostly empty.
    truncate_dim : int or None
        How many leading components the model keeps.
    """

    transformer: Path
    config: EncoderConfig
    pooling: tuple[str, ...]
    normalise: bool
    max_tokens: int
    lowercase: bool
    prompt: str
    truncate_dim: int | None

    @property
    def dim(self) -> int:
        """Number of components of a vector."""
        full = self.config.hidden_size * len(self.pooling)
        return full if self.truncate_dim is None else min(full, self.truncate_dim)


def read_folder(folder: Path) -> ModelFolder:
    """Read a model's folder; one without ``modules.json`` gets mean pooling.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a file that is no JSON or says what is not supported; the file and the value are named.
    """
    places = _modules(folder)
    transformer = places["Transformer"]
    config_file = transformer / "config.json"
    config = read_config(read_object(config_file), config_file)
    saved = "Pooling" in places  # by Sentence Transformers, with its own files
    prompt, truncate_dim = _general(folder) if saved else ("", None)
    settings_file, settings = _settings(transformer) if saved else (folder, {})
    limit = _limit(settings_file, settings.get("max_seq_length"))
    if limit is None:
        file = transformer / "tokenizer_config.json"
        limit = _limit(file, read_object(file, optional=True).get("model_max_length"))
    return ModelFolder(
        transformer=transformer,
        config=config,
        pooling=_pooling(places["Pooling"] / "config.json", prompt) if saved else ("mean",),
        normalise="Normalize" in places,
        max_tokens=config.max_tokens if limit is None else min(limit, config.max_tokens),
        lowercase=bool(settings.get("do_lower_case", False)),
        prompt=prompt,
        truncate_dim=truncate_dim,
    )


def _modules(folder: Path) -> dict[str, Path]:
    """Folder of each module, in the one order that is supported."""
    file = folder / "modules.json"
    if not file.is_file():
        return {"Transformer": folder}
    modules = read_json(file)
    if not isinstance(modules, list) or not all(isinstance(m, dict) for m in modules):
        message = f"{file} must hold a list of modules"
        raise ValueError(message)
    places: dict[str, Path] = {}
    for module, expected in zip(modules, ("Transformer", "Pooling", "Normalize"), strict=False):
        kind, path = str(module.get("type")), str(module.get("path", ""))
        if kind.split(".")[0] != "sentence_transformers" or kind.split(".")[-1] != expected:
            _refuse_module(file, kind)
        if path.startswith("/") or ".." in PurePosixPath(path).parts:
            message = f"{file}: path {path!r} of {kind} leads out of the folder"
            raise ValueError(message)
        places[expected] = folder / path
    if len(modules) > 3:
        _refuse_module(file, str(modules[3].get("type")))
    if "Pooling" not in places:
        message = f"{file} must name a Transformer and a Pooling module"
        raise ValueError(message)
    return places


def _refuse_module(file: Path, kind: str) -> None:
    """Raise for a module that is not run here."""
    message = (
        f"{file} has a module of type {kind!r}, which embedfn does not run there; "
        "supported: Transformer, Pooling, then at most Normalize"
    )
    raise ValueError(message)


def _pooling(file: Path, prompt: str) -> tuple[str, ...]:
    """The poolings of a Pooling module, in the order in which they are joined."""
    values = read_object(file)
    modes = values.get("pooling_mode")
    if modes is None:
        modes = [mode for key, mode in _POOLING_KEYS.items() if values.get(key)] or ["mean"]
    elif isinstance(modes, str):
        modes = [modes]
    if not isinstance(modes, list) or not modes or any(mode not in POOLINGS for mode in modes):
        message = (
            f"{file} asks for pooling {modes!r}, which embedfn does not run; "
            f"supported: {', '.join(POOLINGS)}"
        )
        raise ValueError(message)
    if prompt and not values.get("include_prompt", True):
        message = f"{file} sets include_prompt to false, which embedfn does not follow"
        raise ValueError(message)
    return tuple(modes)


def _settings(transformer: Path) -> tuple[Path, dict[str, Any]]:
    """What the Transformer module was saved with, and in which file; none is as an empty one."""
    for name in _SETTINGS_FILES:
        file = transformer / name
        if not file.is_file():
            continue
        values = read_object(file)
        foreign = [key for key in _FOREIGN_SETTINGS if values.get(key)]
        if values.get("transformer_task", "feature-extraction") != "feature-extraction":
            foreign.append("transformer_task")
        if foreign:
            message = f"{file} sets {', '.join(foreign)}, which embedfn does not follow"
            raise ValueError(message)
        return file, values
    return transformer, {}


def _general(folder: Path) -> tuple[str, int | None]:
    """The prompt put before every text, and how many components are kept."""
    file = folder / "config_sentence_transformers.json"
    values = read_object(file, optional=True)
    prompts = values.get("prompts") or {}
    prompt = (
        prompts.get(values.get("default_prompt_name")) if isinstance(prompts, dict) else prompts
    )
    if not isinstance(prompt or "", str):
        message = f"{file}: the default prompt must be a str, not {prompt!r}"
        raise ValueError(message)
    return prompt or "", _limit(file, values.get("truncate_dim"))


def _limit(file: Path, value: object) -> int | None:
    """A number above zero, or None; some files write "no limit" as 1e30."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 1:
        message = f"{file}: a length of {value!r} is not possible; it must be at least 1"
        raise ValueError(message)
    return int(value)
