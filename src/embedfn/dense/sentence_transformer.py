"""Sentence Transformers models, run by embedfn's own encoder."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedfn._arguments import HUB_OPTIONS, check_count, check_options, check_type
from embedfn._extras import require
from embedfn._texts import refuse_surrogates
from embedfn.dense._dense import Kind
from embedfn.dense._local import LocalEmbeddingFunction

if TYPE_CHECKING:
    from embedfn.encoder.engine import Encoder
    from embedfn.encoder.tokenise import TokenCounts

_OPTIONS = {**HUB_OPTIONS, "truncate_dim": (int, type(None)), "trust_remote_code": (bool,)}


class SentenceTransformerEmbeddingFunction(LocalEmbeddingFunction):
    """Dense vectors from a Sentence Transformers model.

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

    _model: "Encoder"
    # Whether what the encoder puts before a text is pooled with it; None takes what the model says.
    _include_prompt: bool | None = None

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
        check_options(kwargs, _OPTIONS, "sentence-transformers")
        check_type("model_name", model_name, str, os.PathLike)
        check_count("batch_size", batch_size)
        for name, text in (
            ("query_instruction", query_instruction),
            ("doc_instruction", doc_instruction),
        ):
            check_type(name, text, str)
            refuse_surrogates([text], name)
        check_type("normalize_embeddings", normalize_embeddings, bool)
        check_type("dtype", dtype, str)
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
        hub = Hub(**{name: kwargs[name] for name in HUB_OPTIONS if name in kwargs})
        path, truncate_dim = resolve_model(model_name, hub), kwargs.get("truncate_dim")
        options: dict[str, Any] = {
            "dtype": precision,
            "truncate_dim": truncate_dim,
            "include_prompt": self._include_prompt,
        }
        self._model = (
            Encoder(path, chosen, batch_size, **options)
            if several is None
            else SeveralEncoders(path, several, batch_size, **options)
        )

    def _instructed(self, texts: list[str], kind: Kind) -> list[str]:
        """Each text after the instruction for its kind."""
        instructions = {"query": self.query_instruction, "document": self.doc_instruction}
        instruction = instructions.get(kind)
        return [instruction + text for text in texts] if instruction else texts

    def _prompt(self, kind: Kind) -> str | None:
        """What the encoder itself puts before each text; None for the model's own default."""
        return None

    def _vectors(self, texts: list[str], kind: Kind) -> NDArray[np.float32]:
        """The vectors of texts of that kind, shape (n, dim)."""
        given = self._instructed(texts, kind)
        return self._model.encode(given, self.normalize_embeddings, self._prompt(kind))

    def _vector_blocks(
        self, blocks: Iterator[list[str]], kind: Kind
    ) -> Iterator[NDArray[np.float32]]:
        """The vectors of each block."""
        given = (self._instructed(block, kind) for block in blocks)
        return self._model.encode_blocks(given, self.normalize_embeddings, self._prompt(kind))

    def _counts(self, texts: list[str], kind: Kind) -> "TokenCounts":
        """The tokens of texts of that kind, those before them included."""
        return self._model.count(self._instructed(texts, kind), self._prompt(kind))
