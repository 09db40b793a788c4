"""Cross-encoders of Sentence Transformers' kind, run by embedfn's own encoder."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from embedfn._arguments import HUB_OPTIONS, check_count, check_options, check_type
from embedfn._extras import require
from embedfn._texts import Texts
from embedfn.base import BaseRerankFunction, RerankResult
from embedfn.reranker._ranked import checked_call, ranked, sigmoid

_OPTIONS = {**HUB_OPTIONS, "max_length": (int, type(None))}
_SIGMOID = ("torch.nn.modules.activation.Sigmoid", "torch.nn.Sigmoid")
_IDENTITY = ("torch.nn.modules.linear.Identity", "torch.nn.Identity")


class CrossEncoderRerankFunction(BaseRerankFunction):
    """Scores of a cross-encoder with one label.

    Parameters
    ----------
    model_name : str or os.PathLike
        A folder of a BERT, DistilBERT, RoBERTa, XLM-RoBERTa or CamemBERT sequence classifier, or a
        name, as for :class:`embedfn.dense.SentenceTransformerEmbeddingFunction`.
    device : str or None
        None and ``""`` take the first there is of CUDA, MPS and CPU.
    batch_size : int
        Bounds memory; scores do not depend on it.
    activation_fct : callable or None
        Applied to the logits, a torch tensor; None takes what the model's folder says, else the
        sigmoid.
    dtype : str
        ``"fp32"``, ``"fp16"``, ``"bf16"``; ``"auto"`` is fp16 on a GPU and fp32 on a CPU.
    **kwargs
        ``max_length``, and ``cache_folder``, ``revision``, ``token``, ``local_files_only``.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and for a model that is not supported.
    FileNotFoundError
        For a model found nowhere.
    ImportError
        Without the extra ``dense``.
    """

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "",
        device: str | None = None,
        batch_size: int = 32,
        activation_fct: Callable[[Any], Any] | None = None,
        *,
        dtype: str = "auto",
        **kwargs: Any,
    ) -> None:
        check_options(kwargs, _OPTIONS, "sentence-transformers")
        check_type("model_name", model_name, str, os.PathLike)
        check_count("batch_size", batch_size)
        if not model_name:
            message = "model_name is needed: a cross-encoder's folder or name"
            raise ValueError(message)
        for module in ("torch", "tokenizers", "safetensors"):
            require(module, "dense")
        # Imported here, since the engine imports torch.
        from embedfn.encoder.device import choose_device, choose_dtype
        from embedfn.encoder.pairs import CrossEncoder
        from embedfn.encoder.resolve import Hub, resolve_model

        chosen = choose_device(device or None)
        self.model_name = model_name
        self.device = str(chosen)
        self.batch_size = batch_size
        self.activation_fct = activation_fct
        hub = Hub(**{name: kwargs[name] for name in HUB_OPTIONS if name in kwargs})
        self._model = CrossEncoder(
            resolve_model(model_name, hub),
            chosen,
            batch_size,
            choose_dtype(dtype, chosen),
            kwargs.get("max_length"),
        )
        known = ("", *_SIGMOID, *_IDENTITY)
        if activation_fct is None and self._model.activation not in known:
            message = f"the model's activation {self._model.activation} is not known; give one"
            raise ValueError(message)

    def __call__(self, query: str, documents: Texts, top_k: int = 5) -> list[RerankResult]:
        """Score documents against a query.

        Parameters
        ----------
        query : str
        documents : iterable of str
        top_k : int
            How many to return at most; 0 and None are all.

        Returns
        -------
        list of RerankResult
            Best first; of equal scores the earlier one.

        Raises
        ------
        TypeError, ValueError
            For texts that are none, and for a model with several labels.
        """
        texts = checked_call(query, documents, top_k)
        logits = self._model.logits(query, texts)
        if logits.shape[1] != 1:
            message = f"{self.model_name} has {logits.shape[1]} labels; a reranker has one"
            raise ValueError(message)
        scores = logits[:, 0]
        if self.activation_fct is not None:
            import torch

            scores = np.asarray(self.activation_fct(torch.from_numpy(scores)), np.float32)
        elif self._model.activation not in _IDENTITY:
            scores = sigmoid(scores)
        return ranked(texts, scores, top_k)
