"""Sentence encoders as ONNX graphs."""

import os
from collections.abc import Sequence
from typing import Any

from embedfn._arguments import check_count
from embedfn._extras import require
from embedfn.dense._local import LocalEmbeddingFunction


class OnnxEmbeddingFunction(LocalEmbeddingFunction):
    """Dense vectors from an ONNX encoder: the mean of a text's hidden states, of length 1.

    Texts run in batches of like lengths, the padding masked. A graph with dynamic quantisation
    rounds by what else is in its batch; ``batch_size=1`` makes its vectors independent of that.

    Parameters
    ----------
    model_name : str or os.PathLike
        A folder with ``model.onnx`` or ``onnx/model.onnx``, or a name: of an installed package
        that carries it, of the Hugging Face cache, of the hub, in this order. The default is
        upstream's.
    tokenizer_name : str, os.PathLike or None
        The folder or name of the tokenizer; None takes the model's.
    batch_size : int
        Texts in one run at most.
    providers : sequence, optional
        onnxruntime's execution providers; None is the CPU.

    Raises
    ------
    TypeError
        For an argument of the wrong type.
    ValueError
        For an argument out of range, and for a graph that is no sentence encoder.
    FileNotFoundError
        For a model found nowhere, and for a folder without the file.
    ImportError
        Without the extra ``onnx``.
    """

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "GPTCache/paraphrase-albert-onnx",
        tokenizer_name: str | os.PathLike[str] | None = "GPTCache/paraphrase-albert-small-v2",
        *,
        batch_size: int = 32,
        providers: Sequence[Any] | None = None,
    ) -> None:
        check_count("batch_size", batch_size)
        if isinstance(providers, str):
            message = f"providers must be a list of names; write [{providers!r}]"
            raise TypeError(message)
        for module in ("onnxruntime", "tokenizers"):
            require(module, "onnx")
        # Imported here, since the engine imports what was asked for above.
        from embedfn.encoder.onnx import OnnxModel
        from embedfn.encoder.resolve import ONNX, TOKENIZER, resolve_model

        folder = resolve_model(model_name, wanted=ONNX)
        tokenizer = folder
        if tokenizer_name is not None:
            tokenizer = resolve_model(tokenizer_name, wanted=TOKENIZER)
        self.model_name = model_name
        self.tokenizer_name = tokenizer_name
        self._model = OnnxModel(
            folder, tokenizer, batch_size, None if providers is None else list(providers)
        )
