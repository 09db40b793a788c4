"""SPLADE: the words of a masked language model's vocabulary that a text is about, with weights."""

import os
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from embedfn._arguments import HUB_OPTIONS, check_count, check_options, check_type
from embedfn._csr import build_csr
from embedfn._distinct import distinct
from embedfn._extras import require
from embedfn._texts import Texts, as_texts, refuse_surrogates
from embedfn.base import BaseEmbeddingFunction
from embedfn.sparse._explained import Explanation

# What the methods call their texts, for each kind that the engine tells apart.
_ARGUMENTS = {"query": "queries", "document": "documents", "text": "texts"}


class SpladeEmbeddingFunction(BaseEmbeddingFunction):
    """Learned sparse vectors: ``max_t log(1 + relu(logit))`` of each word over a text's tokens.

    Formal et al. 2021, arXiv 2109.10086. A text's vector is the same in any company; padding,
    which upstream lets take part, does not exist here.

    Parameters
    ----------
    model_name : str or os.PathLike
        A folder of a masked language model (BERT, DistilBERT, RoBERTa, XLM-RoBERTa, CamemBERT or
        MPNet) or of a Sentence Transformers SparseEncoder, or a name: of an installed package that
        carries the model, of the Hugging Face cache, of the hub, in this order.
    batch_size : int
        Bounds memory: one forward pass holds at most the tokens of this many texts of the model's
        greatest length. Weights do not depend on it.
    query_instruction, doc_instruction : str
        Put before every query and before every document.
    device : str or None
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; None takes the first there is of CUDA,
        MPS and CPU.
    k_tokens_query, k_tokens_document : int or None
        How many words of a query and of a document to keep: those of the largest weights, of equal
        ones those with the lower ids. None keeps all.
    dtype : str
        What is computed in: ``"fp32"``, ``"fp16"`` or ``"bf16"``; ``"auto"`` is fp16 on a GPU and
        fp32 on a CPU. ``"int8"`` runs the linear layers before the head in bytes, on a CPU.
    **kwargs
        ``cache_folder``, ``revision``, ``token`` and ``local_files_only``, for the hub.

    Raises
    ------
    TypeError
        For an argument of the wrong type, and for any other keyword.
    ValueError
        For an argument out of range, and for a model that is not supported or has no masked-LM
        head.
    FileNotFoundError
        For a model found nowhere; the text lists what was tried and the command that fixes it.
    RuntimeError
        For a device that is not there.
    ImportError
        Without the extra ``dense``.
    """

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "naver/splade-cocondenser-ensembledistil",
        batch_size: int = 32,
        query_instruction: str = "",
        doc_instruction: str = "",
        device: str | None = None,
        k_tokens_query: int | None = None,
        k_tokens_document: int | None = None,
        *,
        dtype: str = "auto",
        **kwargs: Any,
    ) -> None:
        check_options(kwargs, HUB_OPTIONS, "transformers")
        check_type("model_name", model_name, str, os.PathLike)
        check_count("batch_size", batch_size)
        check_count("k_tokens_query", k_tokens_query, type(None))
        check_count("k_tokens_document", k_tokens_document, type(None))
        check_type("dtype", dtype, str)
        instructions = {"query_instruction": query_instruction, "doc_instruction": doc_instruction}
        for name, text in instructions.items():
            check_type(name, text, str)
            refuse_surrogates([text], name)
        self.model_name = model_name
        self.batch_size = batch_size
        self.query_instruction = query_instruction
        self.doc_instruction = doc_instruction
        self.k_tokens_query = k_tokens_query
        self.k_tokens_document = k_tokens_document
        for module in ("torch", "tokenizers", "safetensors"):
            require(module, "dense")
        # Imported here, since the engine imports torch.
        from embedfn.encoder.device import choose_device, choose_dtype
        from embedfn.encoder.resolve import Hub, resolve_model
        from embedfn.encoder.splade import SpladeEncoder

        chosen = choose_device(device)
        self.device = str(chosen)
        precision = choose_dtype(dtype, chosen)
        folder = resolve_model(model_name, Hub(**kwargs))
        self._encoder = SpladeEncoder(folder, chosen, batch_size, dtype=precision)

    def __call__(self, texts: Texts) -> csr_array:
        """Weigh words for texts as they are: csr_array of shape (n, dim), nothing left out."""
        return self._encode(texts, "text", "", None)

    def encode_queries(self, queries: Texts) -> csr_array:
        """Weigh words for queries: csr_array of shape (n, dim)."""
        return self._encode(queries, "query", self.query_instruction, self.k_tokens_query)

    def encode_documents(self, documents: Texts) -> csr_array:
        """Weigh words for documents: csr_array of shape (n, dim)."""
        return self._encode(documents, "document", self.doc_instruction, self.k_tokens_document)

    @property
    def dim(self) -> int:
        """Number of words: the width of the model's logits."""
        return self._encoder.dim

    def explain(self, text: str, top: int = 10, *, kind: str = "text") -> Explanation:
        """Return the words behind a text's vector, the heaviest first.

        Parameters
        ----------
        text : str
        top : int
            How many words at most.
        kind : str
            What the text is taken for: ``"query"`` and ``"document"``, as :meth:`encode_queries`
            and :meth:`encode_documents` take it, with their instruction, or ``"text"``.

        Returns
        -------
        Explanation
            A list of (word, weight); printed, a bar chart; ``save_png(path)`` draws one.

        Raises
        ------
        TypeError, ValueError
            For an argument of the wrong type or out of range.
        """
        check_type("text", text, str)
        check_count("top", top)
        check_type("kind", kind, str)
        instructions = {
            "query": self.query_instruction,
            "document": self.doc_instruction,
            "text": "",
        }
        if kind not in instructions:
            message = f"kind must be one of {', '.join(instructions)}, not {kind!r}"
            raise ValueError(message)
        refuse_surrogates([text], "text")
        _, indices, data = self._encoder.encode([instructions[kind] + text], kind, top)
        words = self._encoder.words(kind)
        order = np.argsort(-data, kind="stable")
        return Explanation((words[indices[i]], float(data[i])) for i in order)

    def _encode(self, texts: Texts, kind: str, instruction: str, k_tokens: int | None) -> csr_array:
        """The texts' rows, each distinct text worked on once."""
        argument = _ARGUMENTS[kind]
        checked = as_texts(texts, argument)
        refuse_surrogates(checked, argument)
        unique, which = distinct(checked)
        if instruction:
            unique = [instruction + text for text in unique]
        matrix = build_csr(*self._encoder.encode(unique, kind, k_tokens), self.dim)
        return matrix if which is None else matrix[which]

    def _encode_query(self, query: str) -> csr_array:
        """One query's row: csr_array of shape (1, dim)."""
        return self.encode_queries([query])

    def _encode_document(self, document: str) -> csr_array:
        """One document's row: csr_array of shape (1, dim)."""
        return self.encode_documents([document])
