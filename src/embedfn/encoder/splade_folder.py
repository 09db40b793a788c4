"""What the files of a SPLADE model's folder say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from embedfn.encoder.chain import entries
from embedfn.encoder.families import read_model_config
from embedfn.encoder.files import read_object
from embedfn.encoder.folder import prompts_of, settings_of, token_limit
from embedfn.encoder.masked_head import NAMES, MaskedConfig
from embedfn.encoder.router import KINDS, read_routes
from embedfn.encoder.values import flag

_SUPPORTED = ("Transformer", "MLMTransformer", "SpladePooling", "SparseStaticEmbedding")
_ROUTERS = ("Router", "Asym")
_LOGS = {"relu": 1, "log1p_relu": 2}
_POOLINGS = ("max", "sum")
_TASK = "fill-mask"


@dataclass(frozen=True)
class MaskedRoute:
    """A masked language model, and how its logits become a text's weights of words.

    Attributes
    ----------
    transformer : Path
        The folder of ``config.json``, the weights and the tokenizer.
    config : EncoderConfig or ModernBertConfig
    max_tokens : int
        Where texts are cut, special tokens included.
    lowercase : bool
        Whether texts are lower-cased before the tokenizer's own normaliser.
    pooling : str
        ``"max"`` or ``"sum"`` over a text's tokens.
    logs : int
        How many times ``log(1 + .)`` is taken of a positive logit.
    """

    transformer: Path
    config: MaskedConfig
    max_tokens: int
    lowercase: bool
    pooling: Literal["max", "sum"]
    logs: int


@dataclass(frozen=True)
class StaticRoute:
    """Weights that words have whatever the text, of the words that are in it.

    Attributes
    ----------
    folder : Path
        Of the tokenizer and perhaps the weights.
    table : Path or None
        A JSON file with the weights; None where a tensor in the folder has them.
    max_tokens : int or None
        Where texts are cut; there are no special tokens.
    """

    folder: Path
    table: Path | None
    max_tokens: int | None


Route = MaskedRoute | StaticRoute


@dataclass(frozen=True)
class SpladeFolder:
    """A model of sparse vectors.

    Attributes
    ----------
    routes : dict of str to MaskedRoute or StaticRoute
        What ``"query"``, ``"document"`` and ``"text"``, which is neither, go through.
    prompts : dict of str to str
        What the model puts before each of them; mostly empty.
    """

    routes: dict[str, Route]
    prompts: dict[str, str]


def read_splade_folder(folder: Path) -> SpladeFolder:
    """Read the folder of a masked language model, or of a Sentence Transformers SparseEncoder.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a file that is no JSON or says what is not supported; the file and the value are named.
    """
    file = folder / "modules.json"
    if not file.is_file():
        route = _masked(folder, folder, {}, "max", 1)
        return SpladeFolder(dict.fromkeys(KINDS, route), dict.fromkeys(KINDS, ""))
    modules = entries(file, (*_SUPPORTED, *_ROUTERS))
    ways = dict.fromkeys(KINDS, modules)
    if len(modules) == 1 and modules[0][0] in _ROUTERS:
        ways = read_routes(modules[0][1], _SUPPORTED)
    general = folder / "config_sentence_transformers.json"
    prompts, default = prompts_of(general, read_object(general, optional=True))
    return SpladeFolder(
        routes={kind: _route(folder, file, way) for kind, way in ways.items()},
        prompts={"query": prompts["query"], "document": prompts["document"], "text": default},
    )


def _route(folder: Path, file: Path, modules: list[tuple[str, Path]]) -> Route:
    """The way of a text through some modules."""
    kinds = [kind for kind, _ in modules]
    if kinds == ["SparseStaticEmbedding"]:
        return _static(folder, modules[0][1])
    if len(kinds) != 2 or kinds[0] not in _SUPPORTED[:2] or kinds[1] != "SpladePooling":
        message = (
            f"{file} must name a Transformer and a SpladePooling module, in this order, or a "
            f"SparseStaticEmbedding, for each kind of text; not {', '.join(kinds) or 'nothing'}"
        )
        raise ValueError(message)
    transformer, place = (place for _, place in modules)
    source, settings = settings_of(transformer, _TASK)
    # The module runs the bare encoder unless it is told otherwise.
    if kinds[0] == "Transformer" and settings.get("transformer_task") != _TASK:
        message = f"{source} must set transformer_task to {_TASK!r} for SpladePooling"
        raise ValueError(message)
    return _masked(transformer, source, settings, *_pooling(place / "config.json"))


def _masked(
    transformer: Path, source: Path, settings: dict[str, Any], pooling: str, logs: int
) -> MaskedRoute:
    """A masked language model with its settings, which ``source`` holds."""
    file = transformer / "config.json"
    config = read_model_config(transformer, read_object(file))
    if not isinstance(config, MaskedConfig):
        message = (
            f"{file}: model_type {read_object(file).get('model_type')!r} has no masked-LM head "
            f"that embedfn runs; supported: {', '.join(NAMES)}"
        )
        raise ValueError(message)
    limit = token_limit(transformer, source, settings)
    return MaskedRoute(
        transformer=transformer,
        config=config,
        max_tokens=config.max_tokens if limit is None else min(limit, config.max_tokens),
        lowercase=flag(settings, "do_lower_case", source, absent=False),
        pooling=cast(Literal["max", "sum"], pooling),
        logs=logs,
    )


def _static(folder: Path, place: Path) -> StaticRoute:
    """Weights that do not depend on the text; ``folder`` is the model's."""
    file = place / "config.json"
    name = read_object(file, optional=True).get("path")
    table = None
    if isinstance(name, str) and name.endswith(".json"):
        # A path of whoever saved the model; the file travels with it, by its name.
        found = [at / Path(name).name for at in (place, folder)]
        table = next((at for at in found if at.is_file()), None)
        if table is None:
            message = f"{file} names {name!r}, but neither {' nor '.join(map(str, found))} is there"
            raise FileNotFoundError(message)
    return StaticRoute(place, table, token_limit(place, file, {}))


def _pooling(file: Path) -> tuple[str, int]:
    """The pooling over tokens, and how many logarithms are taken."""
    values = read_object(file)
    pooling = values.get("pooling_strategy", "max")
    activation = values.get("activation_function", "relu")
    if pooling not in _POOLINGS or activation not in _LOGS:
        message = (
            f"{file} asks for pooling {pooling!r} of {activation!r}; supported: "
            f"{' and '.join(_POOLINGS)} of {' and '.join(_LOGS)}"
        )
        raise ValueError(message)
    return pooling, _LOGS[activation]
