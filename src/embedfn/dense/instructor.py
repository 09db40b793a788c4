"""Instructor models: an instruction before each text that the pooling leaves out."""

import os
from collections.abc import Sequence
from typing import Any

from embedfn.dense._dense import Kind
from embedfn.dense.sentence_transformer import SentenceTransformerEmbeddingFunction


class InstructorEmbeddingFunction(SentenceTransformerEmbeddingFunction):
    """Dense vectors from an Instructor model, which is told what each vector is for.

    The model, T5's encoder in the published ones, reads instruction and text as one. Its mean is
    over the text's tokens alone: as many tokens are left out at the beginning as the instruction
    has by itself, whatever the folder says of ``include_prompt``. White space around instructions
    and texts is dropped. Where both together are too long, the text loses its end.

    Parameters
    ----------
    model_name, batch_size, device, normalize_embeddings, dtype, devices, **kwargs
        As :class:`embedfn.dense.SentenceTransformerEmbeddingFunction` takes them. The native
        kernels do not run T5, so ``dtype="int8"`` is an error.
    query_instruction : str
        Put before every query.
    doc_instruction : str
        Put before every document, and before the texts that the object is called with.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError, RuntimeError
        As :class:`embedfn.dense.SentenceTransformerEmbeddingFunction`.
    ImportError
        Without the extra ``transformers``.

    Notes
    -----
    Su et al. 2023, "One Embedder, Any Task: Instruction-Finetuned Text Embeddings", arXiv
    2212.09741.
    """

    _include_prompt = False

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "hkunlp/instructor-xl",
        batch_size: int = 32,
        query_instruction: str = "Represent the question for retrieval:",
        doc_instruction: str = "Represent the document for retrieval:",
        device: str | None = None,
        normalize_embeddings: bool = True,
        *,
        dtype: str = "auto",
        devices: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            model_name,
            batch_size,
            query_instruction,
            doc_instruction,
            device,
            normalize_embeddings,
            dtype=dtype,
            devices=devices,
            **kwargs,
        )

    def _instructed(self, texts: list[str], kind: Kind) -> list[str]:
        """Each text; the encoder puts the instruction before it."""
        return [text.strip() for text in texts]

    def _prompt(self, kind: Kind) -> str:
        """The instruction for that kind."""
        instruction = self.query_instruction if kind == "query" else self.doc_instruction
        return instruction.strip()
