"""BGE's rerankers, run by embedfn's own encoder."""

import os
from typing import Any

from embedfn._arguments import HUB_OPTIONS, check_count, check_options, check_type
from embedfn._extras import require
from embedfn._texts import Texts
from embedfn.base import BaseRerankFunction, RerankResult
from embedfn.reranker._ranked import checked_call, ranked, sigmoid


class BGERerankFunction(BaseRerankFunction):
    """Scores of a BGE cross-encoder, such as bge-reranker-base, -large and -v2-m3.

    Parameters
    ----------
    model_name : str or os.PathLike
        A folder, or a name, as for :class:`CrossEncoderRerankFunction`.
    use_fp16 : bool or None
        None and True are fp16 on a GPU and fp32 on a CPU; False is fp32.
    batch_size : int
        Bounds memory; scores do not depend on it.
    normalize : bool
        Whether scores are sigmoids of the logits.
    device : str, list of one str, or None
        None takes the first there is of CUDA, MPS and CPU; ``devices`` is another name for it.
    query_max_length : int
        Tokens of a query; what is more is cut.
    max_length : int
        Tokens of a pair; the document is cut.
    **kwargs
        ``cache_folder``, ``revision``, ``token``, ``local_files_only``, for the hub;
        FlagEmbedding's ``cache_dir`` is the first of these.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and for a model that is not supported,
        those made of decoders among them.
    FileNotFoundError
        For a model found nowhere.
    ImportError
        Without the extra ``dense``.
    """

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "BAAI/bge-reranker-v2-m3",
        use_fp16: bool | None = None,
        batch_size: int = 32,
        normalize: bool = True,
        device: str | list[str] | None = None,
        query_max_length: int = 256,
        max_length: int = 512,
        **kwargs: Any,
    ) -> None:
        device = kwargs.pop("devices", device)
        if "cache_dir" in kwargs:
            kwargs["cache_folder"] = kwargs.pop("cache_dir")
        check_options(kwargs, HUB_OPTIONS, "FlagEmbedding")
        check_type("model_name", model_name, str, os.PathLike)
        check_type("use_fp16", use_fp16, bool, type(None))
        check_type("normalize", normalize, bool)
        check_type("device", device, str, list, type(None))
        for name, value in (
            ("batch_size", batch_size),
            ("query_max_length", query_max_length),
            ("max_length", max_length),
        ):
            check_count(name, value)
        if isinstance(device, list):
            if len(device) != 1:
                message = f"device must name one device, not {len(device)}: {device}"
                raise ValueError(message)
            device = device[0]
        for module in ("torch", "tokenizers", "safetensors"):
            require(module, "dense")
        # Imported here, since the engine imports torch.
        from embedfn.encoder.device import choose_device, choose_dtype
        from embedfn.encoder.pairs import CrossEncoder
        from embedfn.encoder.resolve import Hub, resolve_model

        chosen = choose_device(device or None)
        self.model_name = model_name
        self.batch_size = batch_size
        self.normalize = normalize
        self.device = str(chosen)
        self._model = CrossEncoder(
            resolve_model(model_name, Hub(**kwargs)),
            chosen,
            batch_size,
            choose_dtype("fp32" if use_fp16 is False else "auto", chosen),
            max_length,
            query_max_length,
        )

    def __call__(self, query: str, documents: Texts, top_k: int = 5) -> list[RerankResult]:
        """Score documents against a query; as :meth:`CrossEncoderRerankFunction.__call__`."""
        texts = checked_call(query, documents, top_k)
        logits = self._model.logits(query, texts)
        if logits.shape[1] != 1:
            message = f"{self.model_name} has {logits.shape[1]} labels; a reranker has one"
            raise ValueError(message)
        scores = logits[:, 0]
        return ranked(texts, sigmoid(scores) if self.normalize else scores, top_k)
