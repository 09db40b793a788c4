"""What providers take, by their documentation.

The numbers were collected in November 2026 from the sources beside them: stored copies of the
providers' pages, their SDKs, and what services were reported to answer. Those without a source
could not be looked up again; a row that is out of date costs a refused request, no result.

A model that is not listed has its provider's usual limits, and its dim is learnt from the first
answer. A provider that takes less than its row says refuses a request, which is then split; rates
in an answer's headers replace those given here.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """A model's limits; None where there is none or it is not published.

    Attributes
    ----------
    inputs : int
        Texts in a request.
    input_tokens : int or None
        Tokens of a text.
    request_tokens : int or None
        Tokens of all texts of a request.
    requests_per_minute, tokens_per_minute : float or None
        Of the lowest paid tier, for providers whose answers do not tell them.
    dim : int or None
        Components of a vector when nothing else is asked for.
    dims : tuple of int
        What may be asked for, where only some numbers may.
    encoding : str or None
        Name of the table of byte pairs that counts its tokens exactly.
    """

    inputs: int
    input_tokens: int | None = None
    request_tokens: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    dim: int | None = None
    dims: tuple[int, ...] = ()
    encoding: str | None = None


# The API's schema (as in the crate openai-client-base 0.12.0, CreateEmbeddingRequestInput): arrays
# of up to 2048 texts, 8192 tokens a text, 300,000 a request; rates are in the headers.
_OPENAI = Limits(2048, 8192, 300_000, encoding="cl100k_base")
# Any other model of that API may have another tokenizer and another length; and a server of one's
# own, without a GPU, needs its time for 256 texts already.
_OPENAI_LIKE = Limits(256, None, 300_000)
# docs.voyageai.com/docs/rate-limits, tier 1: 2000 requests a minute; tokens by model, 3 million
# where the page names none. Tokens a request and 1000 texts: "Text embeddings", not looked up.
_VOYAGE = Limits(1000, 32_000, 120_000, 2000, 3_000_000)
_VOYAGE_DIMS = (1024, 256, 512, 2048)
# jina.ai, "Rate Limit", with a key that is not premium: 500 requests and 1 million tokens a minute.
# 512 texts and 8192 tokens: jina.ai/embeddings, not looked up.
_JINA = Limits(512, 8192, None, 500, 1_000_000)
# The SDK's config.py (cohere 7.3.1) and docs.oracle.com on Cohere's models: 96 texts, 512 tokens.
# docs.cohere.com, "Rate limits": 2000 requests a minute, not looked up.
_COHERE = Limits(96, 512, None, 2000)
# What the service refuses: more than 16,384 tokens ("Too many tokens in batch", issue 297 of
# aurelio-labs/semantic-router) and 512 texts (pull request 74 of raphaelmansuy/edgequake-llm).
_MISTRAL = Limits(512, 8192, 16_384)
# nomic/embed.py of nomic 3.9.0: requests of 10 texts; longer texts are cut by the service.
_NOMIC = Limits(10, 8192)
# ai.google.dev, BatchEmbedTextRequest: 100 texts; Google's staff in discuss.ai.google.dev/t/107091:
# 3000 requests and 1 million tokens a minute at tier 1. 2048 tokens: Vertex AI's page of quotas.
_GEMINI = Limits(100, 2048, None, 3000, 1_000_000, dim=3072)
# github.com/huggingface/text-embeddings-inference, README: max-client-batch-size 32.
_TEI = Limits(32)

PROVIDERS = {
    "openai": _OPENAI_LIKE,
    "voyage": _VOYAGE,
    "jina": _JINA,
    "cohere": _COHERE,
    "mistral": _MISTRAL,
    "nomic": _NOMIC,
    "gemini": _GEMINI,
    "tei": _TEI,
}

MODELS = {
    ("openai", "text-embedding-3-small"): replace(_OPENAI, dim=1536),
    ("openai", "text-embedding-3-large"): replace(_OPENAI, dim=3072),
    ("openai", "text-embedding-ada-002"): replace(_OPENAI, dim=1536, dims=(1536,)),
    ("voyage", "voyage-3.5"): replace(_VOYAGE, request_tokens=320_000, dim=1024, dims=_VOYAGE_DIMS),
    ("voyage", "voyage-3.5-lite"): replace(
        _VOYAGE, request_tokens=1_000_000, dim=1024, dims=_VOYAGE_DIMS
    ),
    ("voyage", "voyage-3-large"): replace(_VOYAGE, dim=1024, dims=_VOYAGE_DIMS),
    ("voyage", "voyage-code-3"): replace(_VOYAGE, dim=1024, dims=_VOYAGE_DIMS),
    ("voyage", "voyage-3"): replace(
        _VOYAGE, request_tokens=320_000, tokens_per_minute=8_000_000, dim=1024, dims=(1024,)
    ),
    ("voyage", "voyage-3-lite"): replace(
        _VOYAGE, tokens_per_minute=16_000_000, dim=512, dims=(512,)
    ),
    ("voyage", "voyage-finance-2"): replace(_VOYAGE, dim=1024, dims=(1024,)),
    ("voyage", "voyage-multilingual-2"): replace(_VOYAGE, dim=1024, dims=(1024,)),
    ("voyage", "voyage-law-2"): replace(_VOYAGE, input_tokens=16_000, dim=1024, dims=(1024,)),
    ("voyage", "voyage-large-2"): replace(_VOYAGE, input_tokens=16_000, dim=1536, dims=(1536,)),
    ("voyage", "voyage-code-2"): replace(_VOYAGE, input_tokens=16_000, dim=1536, dims=(1536,)),
    ("voyage", "voyage-2"): replace(
        _VOYAGE, input_tokens=4000, request_tokens=320_000, dim=1024, dims=(1024,)
    ),
    ("voyage", "voyage-lite-02-instruct"): replace(
        _VOYAGE, input_tokens=4000, dim=1024, dims=(1024,)
    ),
    ("jina", "jina-embeddings-v3"): replace(_JINA, dim=1024),
    ("jina", "jina-embeddings-v4"): replace(_JINA, input_tokens=32_768, dim=2048),
    ("cohere", "embed-v4.0"): replace(
        _COHERE, input_tokens=128_000, dim=1536, dims=(256, 512, 1024, 1536)
    ),
    ("cohere", "embed-english-v3.0"): replace(_COHERE, dim=1024),
    ("cohere", "embed-english-light-v3.0"): replace(_COHERE, dim=384),
    ("cohere", "embed-english-v2.0"): replace(_COHERE, dim=4096),
    ("cohere", "embed-english-light-v2.0"): replace(_COHERE, dim=1024),
    ("cohere", "embed-multilingual-v3.0"): replace(_COHERE, dim=1024),
    ("cohere", "embed-multilingual-light-v3.0"): replace(_COHERE, dim=384),
    ("cohere", "embed-multilingual-v2.0"): replace(_COHERE, input_tokens=256, dim=768),
    ("mistral", "mistral-embed"): replace(_MISTRAL, dim=1024, dims=(1024,)),
    ("mistral", "codestral-embed"): replace(_MISTRAL, dim=1536),
    ("gemini", "gemini-embedding-exp-03-07"): replace(_GEMINI, input_tokens=8192),
    ("gemini", "models/embedding-001"): replace(_GEMINI, dim=768),
    ("gemini", "models/text-embedding-004"): replace(_GEMINI, dim=768),
}


def limits_of(provider: str, model: str) -> Limits:
    """Return the limits of a provider's model; of one not listed the provider's, without a dim."""
    known = MODELS.get((provider, model))
    return replace(PROVIDERS[provider], dim=None) if known is None else known


# Documents in a request. docs.cohere.com, "Rerank API (v2)": 1000 advised; docs.voyageai.com,
# "Rerankers": 1000; api.jina.ai: 2048; the TEI server's README: 32; Jev: upstream sends all.
_RERANK = {"cohere": 1000, "voyage": 1000, "jina": 2048, "tei": 32, "jev": 1000}


def rerank_limits_of(provider: str) -> Limits:
    """Return the limits of a provider's rerankers."""
    return Limits(_RERANK[provider])
