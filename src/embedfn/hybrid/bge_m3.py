"""BGE-M3: dense, lexical and ColBERT vectors of a text from one pass."""

import os
from typing import Any

from embedfn._arguments import check_count, check_options, check_type
from embedfn.hybrid import _pairs
from embedfn.hybrid._local import (
    OPTIONS,
    HybridEmbeddingFunction,
    check_common,
    devices_of,
    hub_of,
    precision_of,
)

# FlagEmbedding's names for poolings, and the encoder's.
_POOLINGS = {"cls": "cls", "mean": "mean", "last_token": "lasttoken"}
_LENGTH = 512  # FlagEmbedding's default
_INSTRUCTIONS = {
    "queries": ("query_instruction_for_retrieval", "query_instruction_format"),
    "documents": ("passage_instruction_for_retrieval", "passage_instruction_format"),
}
_OPTIONS = {
    **OPTIONS,
    "use_bf16": (bool,),
    "pooling_method": (str,),
    "colbert_dim": (int,),
    "colbert_dtype": (str,),
    "query_max_length": (int, type(None)),
    "passage_max_length": (int,),
    "truncate_dim": (int, type(None)),
    **{option: (str, type(None)) for pair in _INSTRUCTIONS.values() for option in pair},
}


class BGEM3EmbeddingFunction(HybridEmbeddingFunction):
    """Dense, lexical and ColBERT vectors by BGE-M3 (Chen et al. 2024, arXiv 2402.03216).

    Parameters
    ----------
    model_name : str or os.PathLike
        A folder, or a name: of an installed package that carries the model, of the Hugging Face
        cache, of the hub, in this order.
    batch_size : int
        Bounds memory: one forward pass holds at most the tokens of this many texts of the greatest
        length. Vectors do not depend on it.
    device : str or None
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; None takes the first there is of CUDA,
        MPS and CPU.
    normalize_embeddings : bool
        Scale dense and ColBERT vectors to length 1.
    use_fp16 : bool or None
        Compute in fp16 on a GPU; None does so. A CPU computes in fp32 whatever is said.
    return_dense, return_sparse, return_colbert_vecs : bool
        Which kinds of vectors; at least one.
    **kwargs
        Of FlagEmbedding's own: ``devices`` (goes before ``device``; several share the work),
        ``passage_max_length`` (where texts are cut, in tokens; 512, at most what the model has
        positions for, 8,192), ``query_max_length`` (the same for queries; as the other by
        default), ``use_bf16``, ``pooling_method`` (``"cls"``, ``"mean"``, ``"last_token"``),
        ``truncate_dim`` (leading components of dense and ColBERT vectors to keep),
        ``query_instruction_for_retrieval``, ``passage_instruction_for_retrieval`` and their
        ``..._format``, ``colbert_dim`` (checked) and ``cache_dir``; of the hub's ``revision``,
        ``token`` and ``local_files_only``; of embedfn's ``colbert_dtype`` (``"float32"`` or
        ``"float16"``) and ``dtype``, as dense models take it (``"int8"`` on a CPU: faster and
        rougher). ``trust_remote_code`` is taken and changes nothing.

    Raises
    ------
    TypeError
        For an argument of the wrong type, and for any other keyword.
    ValueError
        For an argument out of range, and for a model that is not supported.
    FileNotFoundError
        For a model found nowhere, and for a file of it that is missing.
    RuntimeError
        For a device that is not there.
    ImportError
        Without the extra ``dense``.
    """

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "BAAI/bge-m3",
        batch_size: int = 16,
        device: str | None = None,
        normalize_embeddings: bool = True,
        use_fp16: bool | None = None,
        return_dense: bool = True,
        return_sparse: bool = True,
        return_colbert_vecs: bool = False,
        **kwargs: Any,
    ) -> None:
        check_options(kwargs, _OPTIONS, "FlagEmbedding")
        flags = {
            "normalize_embeddings": normalize_embeddings,
            "return_dense": return_dense,
            "return_sparse": return_sparse,
            "return_colbert_vecs": return_colbert_vecs,
        }
        check_common(model_name, batch_size, flags, use_fp16)
        pooling = _choice("pooling_method", kwargs.get("pooling_method", "cls"), tuple(_POOLINGS))
        dtype = _choice(
            "colbert_dtype", kwargs.get("colbert_dtype", "float32"), ("float32", "float16")
        )
        check_count("truncate_dim", kwargs.get("truncate_dim"), type(None))
        self.model_name = model_name
        self.batch_size = batch_size
        self.device = device
        self.normalize_embeddings = normalize_embeddings
        self.use_fp16 = use_fp16
        self._kwargs = kwargs
        # Imported here, since the engine imports torch.
        from embedfn.encoder.hybrid import Heads, HybridEncoder
        from embedfn.encoder.hybrid_folder import read_bge_m3
        from embedfn.encoder.resolve import resolve_model

        devices = devices_of(device, kwargs.get("devices"))
        folder = read_bge_m3(
            resolve_model(model_name, hub_of(kwargs)), return_sparse, return_colbert_vecs
        )
        hidden = folder.config.hidden_size
        full = hidden if folder.colbert is None else len(folder.colbert.weight)
        if kwargs.get("colbert_dim", -1) > 0 and kwargs["colbert_dim"] != full:
            message = f"colbert_dim={kwargs['colbert_dim']}, but the model's vectors have {full}"
            raise ValueError(message)
        self._lengths = self._checked_lengths(folder.config.max_tokens)
        truncate = kwargs.get("truncate_dim") or max(hidden, full)
        heads = Heads(
            dense=return_dense,
            sparse=return_sparse,
            colbert=return_colbert_vecs,
            pooling=_POOLINGS[pooling],
            dim=truncate,
            unit=normalize_embeddings,
            half=dtype == "float16",
        )
        precision = precision_of(devices[0], use_fp16, kwargs)
        self._encoder = HybridEncoder(folder, heads, self._lengths, devices, batch_size, precision)
        self._dim = {
            "dense": min(hidden, truncate),
            "colbert_vecs": min(full, truncate),
            "sparse": self._encoder.vocabulary,
        }

    @property
    def dim(self) -> dict[str, int]:
        """Number of components: of ``"dense"``, ``"colbert_vecs"`` and ``"sparse"``."""
        return dict(self._dim)

    def compute_score(
        self,
        sentence_pairs: Any,
        weights_for_different_modes: Any = None,
    ) -> dict[str, Any]:
        """Score queries against passages by every kind of vector, and by weighted means.

        Parameters
        ----------
        sentence_pairs : sequence of (str, str), or one pair
            A query and a passage each; a text that stands several times is worked on once.
        weights_for_different_modes : sequence of three floats, optional
            Of dense, sparse and ColBERT scores, at least 0; 1 each by default.

        Returns
        -------
        dict of str to list of float
            By FlagEmbedding's keys: ``"colbert"``, ``"sparse"``, ``"dense"``, ``"sparse+dense"``,
            ``"colbert+sparse+dense"``, as far as the function makes the vectors; floats instead of
            lists for one pair.

        Raises
        ------
        TypeError, ValueError
            For what is no pair of texts, and for weights of another number or sum.
        """
        pairs, alone = _pairs.checked_pairs(sentence_pairs)
        weights = _pairs.checked_weights(weights_for_different_modes)
        queries, which_query = _pairs.distinct_column([query for query, _ in pairs])
        passages, which_passage = _pairs.distinct_column([passage for _, passage in pairs])
        scores = _pairs.pair_scores(
            self.encode_queries(queries),
            self.encode_documents(passages),
            which_query,
            which_passage,
            weights,
        )
        if alone:
            return {mode: values[0] for mode, values in scores.items()}
        return scores

    def _instructed(self, texts: list[str], argument: str) -> list[str]:
        """Each text after the instruction for its kind."""
        names = _INSTRUCTIONS.get(argument)
        instruction = None if names is None else self._kwargs.get(names[0])
        if names is None or instruction is None:
            return texts
        template = (self._kwargs.get(names[1]) or "{}{}").replace("\\n", "\n")
        return [template.format(instruction, text) for text in texts]

    def _checked_lengths(self, positions: int) -> tuple[int, int]:
        """Where queries and passages are cut."""
        passages = self._kwargs.get("passage_max_length", min(_LENGTH, positions))
        queries = self._kwargs.get("query_max_length") or passages
        for name, length in (("query_max_length", queries), ("passage_max_length", passages)):
            check_count(name, length)
            if length > positions:
                message = f"{name}={length}, but the model has positions for {positions} tokens"
                raise ValueError(message)
        return queries, passages


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """One of several words."""
    check_type(name, value, str)
    if value not in choices:
        message = f"{name} must be one of {', '.join(choices)}, not {value!r}"
        raise ValueError(message)
    return value
