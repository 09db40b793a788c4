"""Any other architecture, by the forward pass of transformers; never by a folder's own code."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from embedfn._extras import require
from embedfn.encoder.attention import like_lengths
from embedfn.encoder.forward import Reads, most_tokens_in_torch
from embedfn.encoder.pack import Pack

# No text is longer, where a model sets no limit.
UNLIMITED = 2**31 - 1
# Encoder-decoder architectures of which Sentence Transformers runs the encoder alone.
_ENCODERS = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel"}
# Architectures whose positions count from the padding token's id + 1.
_OFFSET = {
    "camembert",
    "data2vec-text",
    "esm",
    "ibert",
    "longformer",
    "luke",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
}
# Architectures that tell a text's last token from the others by a token type.
_TYPED = {"xlnet"}


@dataclass(frozen=True)
class ForeignConfig:
    """What the engine must know of a model that transformers runs."""

    model_type: str
    hidden_size: int
    vocab_size: int
    max_tokens: int
    pad_token_id: int


def read_foreign(folder: Path, model_type: object) -> ForeignConfig:
    """Read the configuration through transformers.

    Raises
    ------
    ImportError
        Without the extra ``transformers``.
    ValueError
        For what transformers cannot run without code from the model's folder.
    """
    if not isinstance(model_type, str):
        message = (
            f"{folder / 'config.json'} has model_type {model_type!r}; it must name an architecture"
        )
        raise ValueError(message)
    if model_type in _TYPED:
        message = (
            f"{folder / 'config.json'} has model_type {model_type!r}, whose tokens have types, "
            "which embedfn does not give it"
        )
        raise ValueError(message)
    config = _foreign_config(folder, model_type)

    def number(name: str) -> int:
        value = getattr(config, name, None)
        if isinstance(value, int) and value > 0:
            return value
        message = (
            f"{folder / 'config.json'}: model_type {model_type!r} has no {name}; "
            "only models of text are run"
        )
        raise ValueError(message)

    hidden, words = number("hidden_size"), number("vocab_size")
    pad = getattr(config, "pad_token_id", None)
    pad = pad if isinstance(pad, int) and 0 <= pad < words else 0
    places = getattr(config, "max_position_embeddings", None)
    limit = UNLIMITED
    if isinstance(places, int) and places > 0:
        limit = max(1, places - (pad + 1 if model_type in _OFFSET else 0))
    return ForeignConfig(model_type, hidden, words, limit, pad)


class Foreign:
    """A model that transformers runs, in one precision on one device.

    Parameters
    ----------
    folder : Path
    config : ForeignConfig
    device : torch.device
    dtype : torch.dtype

    Raises
    ------
    ImportError
        Without the extra ``transformers``.
    ValueError
        For weights that are not whole.
    """

    def __init__(
        self, folder: Path, config: ForeignConfig, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.most_tokens = most_tokens_in_torch(device)
        self._device = device
        self._model = _in_precision(_load(folder, config), dtype).to(device).eval()
        # On a CPU texts run with those of their own length only. On a GPU a launch costs more than
        # padding does, but some architectures let padding into a text's states.
        self.pads = device.type != "cpu" and self.ignores_padding()

    def __call__(self, pack: Pack, reads: Reads = None) -> Tensor:
        """Last hidden states (tokens, hidden), or of the tokens that are read, in its precision."""
        parts = []
        start = 0
        for lengths in self._groups(pack):
            stop = start + int(lengths.sum())
            real = torch.from_numpy(np.arange(lengths[0]) < lengths[:, None])
            parts.append(self._states(torch.from_numpy(pack.ids[start:stop]), real))
            start = stop
        hidden = torch.cat(parts)
        return hidden if reads is None else hidden[torch.from_numpy(reads).to(hidden.device)]

    def ignores_padding(self) -> bool:
        """Try whether a text's states stay the same with padding behind it."""
        for length in (5, 40):
            if length * 2 > self.config.max_tokens:
                continue
            ids = torch.arange(1, length + 1) % self.config.vocab_size
            real = torch.arange(length * 2)[None] < length
            with torch.inference_mode():
                alone = self._states(ids, real[:, :length]).float()
                padded = self._states(ids, real).float()
            # Far above the rounding of any precision, far below what padding does.
            if (alone - padded).norm() > 0.02 * alone.norm():
                return False
        return True

    def _states(self, ids: Tensor, real: Tensor) -> Tensor:
        """Last hidden states of tokens that stand, in order, at the real places of a batch."""
        batch = torch.full(real.shape, self.config.pad_token_id)
        batch[real] = ids
        real = real.to(self._device)
        output = self._model(
            input_ids=batch.to(self._device), attention_mask=real.long(), return_dict=True
        )
        hidden = getattr(output, "last_hidden_state", None)
        if hidden is None or hidden.shape[:2] != real.shape:
            message = (
                f"model_type {self.config.model_type!r} gives no hidden state for each token; "
                "it cannot be run as an encoder"
            )
            raise ValueError(message)
        states: Tensor = hidden[real]
        return states

    def _groups(self, pack: Pack) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
        """Lengths of the texts that go together, longest first."""
        if self.pads:
            yield from like_lengths(pack)
        else:
            for count, length in pack.runs:
                yield np.full(count, length)


def _foreign_config(folder: Path, model_type: str) -> Any:
    """The configuration as transformers reads it."""
    file = folder / "config.json"
    transformers = require("transformers", "transformers")
    try:
        config = transformers.AutoConfig.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # transformers raises many kinds for what it does not know
        message = (
            f"{file} has model_type {model_type!r}, which neither embedfn nor transformers "
            f"{transformers.__version__} runs without code from the model's folder: {_short(error)}"
        )
        raise ValueError(message) from error
    return config


def _load(folder: Path, config: ForeignConfig) -> Any:
    """The model with its weights."""
    transformers = require("transformers", "transformers")
    name = _ENCODERS.get(config.model_type, "AutoModel")
    theirs = _foreign_config(folder, config.model_type)
    if hasattr(theirs, "use_cache"):
        theirs.use_cache = False  # nothing is generated
    try:
        with _no_progress_bar():
            model, report = getattr(transformers, name).from_pretrained(
                str(folder),
                config=theirs,
                local_files_only=True,
                output_loading_info=True,
                **({"trust_remote_code": False} if name == "AutoModel" else {}),
            )
    except Exception as error:  # from safetensors, pickle, torch and transformers itself
        message = f"{folder}: transformers cannot load the model: {_short(error)}"
        raise ValueError(message) from error
    # Some checkpoints lack the pooler, which nothing here reads.
    missing = [key for key in sorted(report["missing_keys"]) if "pooler" not in key]
    if missing:
        message = f"{folder}: the weights lack {len(missing)} tensors, such as {missing[0]!r}"
        raise ValueError(message)
    return model


def _in_precision(model: Any, dtype: torch.dtype) -> Any:
    """The model in a precision, but for layers whose results fp16 cannot hold (T5's ``wo``)."""
    wide = set(getattr(model, "_keep_in_fp32_modules", None) or ())
    if dtype != torch.float16 or not wide:
        return model.to(dtype)
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.is_floating_point():
            tensor.data = tensor.data.to(dtype if wide.isdisjoint(name.split(".")) else torch.float)
    return model


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Loading draws nothing on the terminal."""
    logging = require("transformers", "transformers").utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _short(error: Exception) -> str:
    """An error's kind and the first line of its text."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first[:300]}"
