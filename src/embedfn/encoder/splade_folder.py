"""What the files of a SPLADE model's folder say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from embedfn.encoder.chain import entries
from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.families import read_model_config
from embedfn.encoder.files import read_object
from embedfn.encoder.folder import prompts_of, settings_of, token_limit
from embedfn.encoder.masked_head import NAMES
from embedfn.encoder.values import flag

_SUPPORTED = ("Transformer", "MLMTransformer", "SpladePooling")
_LOGS = {"relu": 1, "log1p_relu": 2}
_POOLINGS = ("max", "sum")
_TASK = "fill-mask"


@dataclass(frozen=True)
class SpladeFolder:
    """A masked language model, and how its logits become a text's weights of words.

    Attributes
    ----------
    transformer : Path
        The folder of ``config.json``, the weights and the tokenizer.
    config : EncoderConfig
    max_tokens : int
        Where texts are cut, special tokens included.
    lowercase : bool
        Whether texts are lower-cased before the tokenizer's own normaliser.
    prompt : str
        What the model puts before every text; mostly empty.
    pooling : str
        ``"max"`` or ``"sum"`` over a text's tokens.
    logs : int
        How many times ``log(1 + .)`` is taken of a positive logit.
    """

    transformer: Path
    config: EncoderConfig
    max_tokens: int
    lowercase: bool
    prompt: str
    pooling: Literal["max", "sum"]
    logs: int


def read_splade_folder(folder: Path) -> SpladeFolder:
    """Read the folder of a masked language model, or of a Sentence Transformers SparseEncoder.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a file that is no JSON or says what is not supported; the file and the value are named.
    """
    transformer, pooling, logs, saved = folder, "max", 1, False
    if (folder / "modules.json").is_file():
        saved = True
        transformer, place = _modules(folder / "modules.json")
        pooling, logs = _pooling(place / "config.json")
    file = transformer / "config.json"
    config = read_model_config(transformer, read_object(file))
    if not isinstance(config, EncoderConfig) or config.model_type not in NAMES:
        message = (
            f"{file}: model_type {read_object(file).get('model_type')!r} has no masked-LM head "
            f"that embedfn runs; supported: {', '.join(NAMES)}"
        )
        raise ValueError(message)
    source, settings = settings_of(transformer, _TASK) if saved else (folder, {})
    general = folder / "config_sentence_transformers.json"
    _, prompt = prompts_of(general, read_object(general, optional=True) if saved else {})
    limit = token_limit(transformer, source, settings)
    return SpladeFolder(
        transformer=transformer,
        config=config,
        max_tokens=config.max_tokens if limit is None else min(limit, config.max_tokens),
        lowercase=flag(settings, "do_lower_case", source, absent=False),
        prompt=prompt,
        pooling=cast(Literal["max", "sum"], pooling),
        logs=logs,
    )


def _modules(file: Path) -> tuple[Path, Path]:
    """The folders of the transformer and of the pooling."""
    modules = entries(file, _SUPPORTED)
    kinds = [kind for kind, _ in modules]
    if len(kinds) != 2 or kinds[0] == "SpladePooling" or kinds[1] != "SpladePooling":
        message = (
            f"{file} must name a Transformer and a SpladePooling module, in this order, not "
            f"{', '.join(kinds) or 'nothing'}"
        )
        raise ValueError(message)
    transformer, place = (place for _, place in modules)
    if kinds[0] == "Transformer":  # which runs the bare encoder unless it is told otherwise
        source, settings = settings_of(transformer, _TASK)
        if settings.get("transformer_task") != _TASK:
            message = f"{source} must set transformer_task to {_TASK!r} for SpladePooling"
            raise ValueError(message)
    return transformer, place


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
