"""Dense embedding functions, by upstream's names; each loads when it is first used."""

from typing import TYPE_CHECKING

from embedfn._lazy import lazy

if TYPE_CHECKING:
    from embedfn.dense.cohere import CohereEmbeddingFunction
    from embedfn.dense.gemini import GeminiEmbeddingFunction
    from embedfn.dense.instructor import InstructorEmbeddingFunction
    from embedfn.dense.jinaai import JinaEmbeddingFunction
    from embedfn.dense.mistralai import MistralAIEmbeddingFunction
    from embedfn.dense.model2vec_embed import Model2VecEmbeddingFunction
    from embedfn.dense.nomic import NomicEmbeddingFunction
    from embedfn.dense.onnx import OnnxEmbeddingFunction
    from embedfn.dense.openai import OpenAIEmbeddingFunction
    from embedfn.dense.sentence_transformer import SentenceTransformerEmbeddingFunction
    from embedfn.dense.tei import TEIEmbeddingFunction
    from embedfn.dense.voyageai import VoyageEmbeddingFunction

__all__ = [
    "CohereEmbeddingFunction",
    "GeminiEmbeddingFunction",
    "InstructorEmbeddingFunction",
    "JinaEmbeddingFunction",
    "MistralAIEmbeddingFunction",
    "Model2VecEmbeddingFunction",
    "NomicEmbeddingFunction",
    "OnnxEmbeddingFunction",
    "OpenAIEmbeddingFunction",
    "SentenceTransformerEmbeddingFunction",
    "TEIEmbeddingFunction",
    "VoyageEmbeddingFunction",
]

_MODULES = {
    "CohereEmbeddingFunction": "cohere",
    "GeminiEmbeddingFunction": "gemini",
    "InstructorEmbeddingFunction": "instructor",
    "JinaEmbeddingFunction": "jinaai",
    "MistralAIEmbeddingFunction": "mistralai",
    "Model2VecEmbeddingFunction": "model2vec_embed",
    "NomicEmbeddingFunction": "nomic",
    "OnnxEmbeddingFunction": "onnx",
    "OpenAIEmbeddingFunction": "openai",
    "SentenceTransformerEmbeddingFunction": "sentence_transformer",
    "TEIEmbeddingFunction": "tei",
    "VoyageEmbeddingFunction": "voyageai",
}
__getattr__, __dir__ = lazy(__name__, _MODULES)
