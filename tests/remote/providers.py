"""Wire formats of the other providers, for the server."""

import base64

import numpy as np

from tests.remote.server import encoded, openai_embeddings
from tests.remote.service import Refusal, vector_of

MODEL, DIM = "model", 16
MODELS = {MODEL: DIM}


def only(body, *allowed):
    unknown = set(body) - set(allowed)
    if unknown:
        raise Refusal(422, f"Extra inputs are not permitted: {sorted(unknown)}")


def bearer(service, headers):
    service.check_key((headers.get("authorization") or "").removeprefix("Bearer "))


def quantised(row, kind):
    """A vector in one of the types that Voyage and Cohere share."""
    if kind in ("binary", "ubinary"):
        bits = np.packbits(row > 0)
        return bits if kind == "ubinary" else (bits.astype(np.int16) - 128).astype(np.int8)
    if kind in ("int8", "uint8"):
        levels = np.clip(np.round(row * 127), -128, 127).astype(np.int8)
        return levels if kind == "int8" else (levels.astype(np.int16) + 128).astype(np.uint8)
    return row


def voyage(service, body, headers, path):
    bearer(service, headers)
    only(body, "input", "model", "input_type", "truncation", "output_dtype", "output_dimension",
         "encoding_format")  # fmt: skip
    dim = body.get("output_dimension") or service.check_model(body["model"])
    if body.get("input_type") not in (None, "query", "document"):
        raise Refusal(400, "input_type must be query or document")
    tokens = service.check_texts(body["input"])
    kind, form = body.get("output_dtype") or "float", body.get("encoding_format") or "list"
    data = []
    for i, text in enumerate(body["input"]):
        row = quantised(vector_of(text, dim, kind=body.get("input_type") or ""), kind)
        data.append({"object": "embedding", "embedding": encoded(row, form), "index": i})
    content = {"object": "list", "data": data, "model": body["model"]}
    return body["input"], tokens, {**content, "usage": {"total_tokens": tokens}}


def cohere(service, body, headers, path):
    bearer(service, headers)
    only(body, "texts", "model", "input_type", "embedding_types", "truncate")
    dim = service.check_model(body["model"])
    if body["input_type"] not in (
        "search_document",
        "search_query",
        "classification",
        "clustering",
    ):
        raise Refusal(400, f"invalid input_type {body['input_type']}")
    if len(body["texts"]) > 96:
        raise Refusal(400, "total number of texts must be at most 96")
    tokens = service.check_texts(body["texts"])
    found = {}
    for kind in body["embedding_types"]:
        rows = [vector_of(text, dim, kind=body["input_type"]) for text in body["texts"]]
        if kind == "base64":
            found[kind] = [base64.b64encode(row.tobytes()).decode() for row in rows]
        else:
            found[kind] = [quantised(row, kind).tolist() for row in rows]
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": tokens}}
    content = {"id": "x", "embeddings": found, "texts": body["texts"], "meta": meta}
    return body["texts"], tokens, {**content, "response_type": "embeddings_by_type"}


def jina(service, body, headers, path):
    bearer(service, headers)
    only(body, "input", "model", "task", "late_chunking", "dimensions", "embedding_type")
    dim = body.get("dimensions") or service.check_model(body["model"])
    tokens = service.check_texts(body["input"])
    form = body.get("embedding_type", "float")
    together = "|".join(body["input"]) if body.get("late_chunking") else ""
    rows = [vector_of(text, dim, kind=body["task"] + together) for text in body["input"]]
    data = [
        {"object": "embedding", "index": i, "embedding": encoded(row, form)}
        for i, row in enumerate(rows)
    ]
    usage = {"total_tokens": tokens, "prompt_tokens": tokens}
    return body["input"], tokens, {"model": body["model"], "object": "list", "usage": usage,
                                   "data": data}  # fmt: skip


def mistral(service, body, headers, path):
    only(body, "input", "model", "encoding_format", "output_dimension", "output_dtype")
    if sum((len(text) + 3) // 4 for text in body["input"]) > 16_384:
        raise Refusal(400, "Too many tokens in batch. Max is 16384 tokens.")
    body = dict(body)
    if "output_dimension" in body:
        body["dimensions"] = body.pop("output_dimension")
    texts, tokens, content = openai_embeddings(service, body, headers, path)
    return texts, tokens, {"id": "x", **content}


def nomic(service, body, headers, path):
    bearer(service, headers)
    only(body, "texts", "model", "task_type", "dimensionality", "long_text_mode")
    service.check_model(body["model"])
    if body["task_type"] not in ("search_query", "search_document", "clustering"):
        raise Refusal(400, "unknown task_type")
    tokens = service.check_texts(body["texts"])
    rows = [vector_of(t, body["dimensionality"], kind=body["task_type"]) for t in body["texts"]]
    content = {"embeddings": [row.tolist() for row in rows], "model": body["model"]}
    return body["texts"], tokens, {**content, "usage": {"prompt_tokens": tokens,
                                                        "total_tokens": tokens}}  # fmt: skip


def gemini(service, body, headers, path):
    service.check_key(headers.get("x-goog-api-key"))
    model = path.split("/models/")[1].partition(":")[0]
    dim = service.check_model(model)
    requests = body["requests"]
    if len(requests) > 100:
        raise Refusal(400, "BatchEmbedContentsRequest.requests: at most 100 requests can be in one")
    texts = []
    for request in requests:
        only(request, "model", "content", "taskType", "title", "outputDimensionality")
        assert request["model"] == f"models/{model}"
        (part,) = request["content"]["parts"]
        texts.append(part["text"])
        dim = request.get("outputDimensionality", dim)
    tokens = service.check_texts(texts)
    rows = [
        vector_of(t, dim, kind=r.get("taskType", "")) for t, r in zip(texts, requests, strict=True)
    ]
    return texts, tokens, {"embeddings": [{"values": row.tolist()} for row in rows]}


def tei(service, body, headers, path):
    only(body, "input", "model", "encoding_format", "user", "dimensions")
    if len(body["input"]) > 32:
        raise Refusal(422, f"batch size {len(body['input'])} > maximum allowed batch size 32")
    tokens = service.check_texts(body["input"])
    form = body.get("encoding_format", "float")
    data = [
        {"object": "embedding", "embedding": encoded(vector_of(text, DIM), form), "index": i}
        for i, text in enumerate(body["input"])
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return body["input"], tokens, {"object": "list", "data": data, "model": "x", "usage": usage}


def score_of(query, document):
    """The one right score of a pair, from 0 to 1."""
    return float(vector_of(f"{query}\0{document}")[0]) / 2 + 0.5


def best_first(query, documents, top, name="relevance_score"):
    found = [{"index": i, name: score_of(query, text)} for i, text in enumerate(documents)]
    found.sort(key=lambda item: -item[name])
    return found if top is None else found[:top]


def rerank(service, body, headers, path):
    """Of Cohere, Jina and Voyage."""
    bearer(service, headers)
    only(body, "model", "query", "documents", "top_n", "top_k", "return_documents", "truncation",
         "max_tokens_per_doc")  # fmt: skip
    service.check_model(body["model"])
    texts, tokens = body["documents"], service.check_texts(body["documents"])
    found = best_first(body["query"], texts, body.get("top_n") or body.get("top_k"))
    if body.get("return_documents", True):
        for item in found:
            item["document"] = {"text": texts[item["index"]]}
    name = "data" if service.refuses == frozenset(["voyage"]) else "results"
    return texts, tokens, {"model": MODEL, name: found, "usage": {"total_tokens": tokens}}


def tei_rerank(service, body, headers, path):
    only(body, "query", "texts", "return_text", "truncate", "raw_scores")
    if len(body["texts"]) > 32:
        raise Refusal(422, f"batch size {len(body['texts'])} > maximum allowed batch size 32")
    tokens = service.check_texts(body["texts"])
    found = best_first(body["query"], body["texts"], None, "score")
    if body.get("return_text"):
        for item in found:
            item["text"] = body["texts"][item["index"]]
    return body["texts"], tokens, found


def jev(service, body, headers, path):
    bearer(service, headers)
    only(body, "state", "model", "questions")
    query = body["state"].removeprefix("Scientific claim: ")
    answers, texts = {}, []
    for name, question in body["questions"].items():
        text = question["instructions"].removeprefix("Document: ").rpartition(" — Does ")[0]
        texts.append(text)
        if text != "no answer":
            answers[name] = {"noul": score_of(query, text)}
    return texts, service.check_texts(texts), {"answers": answers}
