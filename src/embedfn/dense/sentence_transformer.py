"""Sentence Transformers models, run by embedfn's own encoder."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn._texts import refuse_surrogates
from embedfn.dense._local import Kind, LocalEmbeddingFunction

if TYPE_CHECKING:
    from embedfn.encoder.tokenise import TokenCounts

_HUB_OPTIONS = ("cache_folder", "revision", "token", "local_files_only")
_OPTIONS = (*_HUB_OPTIONS, "truncate_dim", "trust_remote_code")


class SentenceTransformerEmbeddingFunction(LocalEmbeddingFunction):
    """Dense vectors from a Sentence Transformers model of the BERT family.

    Parameters
    ----------
    model_name : str or os.PathLike
        A folder, or a name: of an installed package that carries the model, of the Hugging Face
        cache, of the hub, in this order.
    batch_size : int
        Bounds memory: one forward pass holds at most the tokens of this many texts of the model's
        greatest length. Vectors do not depend on it.
    query_instruction, doc_instruction : str
        Put before every query and before every document.
    device : str or None
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; None takes the first there is of CUDA,
        MPS and CPU.
    normalize_embeddings : bool
        Scale vectors to length 1; a model that ends in a normalisation does so anyway.
    dtype : str
        What is computed in: ``"fp32"``, ``"fp16"`` or ``"bf16"``; ``"auto"`` is fp16 on a GPU and
        fp32 on a CPU, where the others save memory and no time. ``"int8"`` multiplies whole
        numbers in the linear layers, on a CPU: faster, at a cosine of about 0.99 to fp32.
    devices : sequence of str, optional
        Several devices of one type instead of ``device``, such as ``["cuda:0", "cuda:1"]``: each
        has the weights and a thread, and takes work when it has none.
    **kwargs
        Of Sentence Transformers' own: ``truncate_dim`` (how many leading components to keep),
        ``cache_folder``, ``revision``, ``token`` and ``local_files_only`` are followed.
        ``trust_remote_code`` is taken and changes nothing: no model's own code is ever run.

    Raises
    ------
    TypeError
        For an argument of the wrong type, and for any other keyword.
    ValueError
        For an argument out of range, and for a model that is not supported.
    FileNotFoundError
        For a model found nowhere; the text lists what was tried and the command that fixes it.
    RuntimeError
        For a device that is not there.
    ImportError
        Without the extra ``dense``.
    """

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "all-MiniLM-L6-v2",
        batch_size: int = 32,
        query_instruction: str = "",
        doc_instruction: str = "",
        device: str | None = None,
        normalize_embeddings: bool = True,
        *,
        dtype: str = "auto",
        devices: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        _check_options(kwargs)
        _check("model_name", model_name, (str, os.PathLike))
        _check("batch_size", batch_size, int)
        if batch_size < 1:
            message = f"batch_size must be at least 1, not {batch_size}"
            raise ValueError(message)
        for name, text in (
            ("query_instruction", query_instruction),
            ("doc_instruction", doc_instruction),
        ):
            _check(name, text, str)
            refuse_surrogates([text], name)
        _check("normalize_embeddings", normalize_embeddings, bool)
        _check("dtype", dtype, str)
        self.model_name = model_name
        self.batch_size = batch_size
        self.query_instruction = query_instruction
        self.doc_instruction = doc_instruction
        self.normalize_embeddings = normalize_embeddings
        for module in ("torch", "tokenizers", "safetensors"):
            require(module, "dense")
        # Imported here, since the engine imports torch.
        from embedfn.encoder.device import choose_device, choose_dtype
        from embedfn.encoder.engine import Encoder
        from embedfn.encoder.resolve import Hub, resolve_model
        from embedfn.encoder.several import SeveralEncoders, choose_devices

        if devices is not None and device is not None:
            message = f"device={device!r} and devices={devices!r} exclude each other; give one"
            raise ValueError(message)
        several = None if devices is None else choose_devices(devices)
        chosen = choose_device(device) if several is None else several[0]
        precision = choose_dtype(dtype, chosen)
        hub = Hub(**{name: kwargs[name] for name in _HUB_OPTIONS if name in kwargs})
        path, truncate_dim = resolve_model(model_name, hub), kwargs.get("truncate_dim")
        self._encoder = (
            Encoder(path, chosen, batch_size, dtype=precision, truncate_dim=truncate_dim)
            if several is None
            else SeveralEncoders(
                path, several, batch_size, dtype=precision, truncate_dim=truncate_dim
            )
        )

    @property
    def dim(self) -> int:
        """Number of components of a vector."""
        return self._encoder.dim

    def _instructed(self, texts: list[str], kind: Kind) -> list[str]:
        """Each text after the instruction for its kind."""
        instructions = {"query": self.query_instruction, "document": self.doc_instruction}
        instruction = instructions.get(kind)
        return [instruction + text for text in texts] if instruction else texts

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """The texts' vectors, shape (n, dim)."""
        return self._encoder.encode(texts, self.normalize_embeddings)

    def _vector_blocks(self, blocks: Iterator[list[str]]) -> Iterator[NDArray[np.float32]]:
        """The vectors of each block."""
        return self._encoder.encode_blocks(blocks, self.normalize_embeddings)

    def _count(self, texts: list[str]) -> "TokenCounts":
        """The texts' tokens."""
        return self._encoder.count(texts)


def _check(name: str, value: object, kinds: type | tuple[type, ...]) -> None:
    """Raise for an argument of another type; True is no number here."""
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        names = " or ".join(kind.__name__ for kind in wanted)
        message = f"{name} must be {names}, not {type(value).__name__}"
        raise TypeError(message)


def _check_options(options: dict[str, Any]) -> None:
    """Raise for a keyword of Sentence Transformers' that is not followed or of another type."""
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        message = (
            f"{', '.join(unknown)} cannot be passed on: embedfn runs the model itself, without "
            f"sentence-transformers; possible: {', '.join(_OPTIONS)}"
        )
        raise TypeError(message)
    kinds: dict[str, tuple[type, ...]] = {
        "cache_folder": (str, os.PathLike, type(None)),
        "revision": (str, type(None)),
        "token": (str, bool, type(None)),
        "local_files_only": (bool,),
        "truncate_dim": (int, type(None)),
        "trust_remote_code": (bool,),
    }
    for name, value in options.items():
        _check(name, value, kinds[name])
