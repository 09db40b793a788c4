"""Forms of answers that are not OpenAI's."""

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.remote.answers import BadAnswer
from embedfn.remote.decode import Place, decode_json, decode_rows, in_order

Read = tuple[NDArray[Any], int | None]


@cache
def _kinds() -> dict[str, Any]:
    """Types of bodies; vectors stay in their JSON until they go into an array."""
    msgspec: Any = require("msgspec", "remote")
    raw: Any = list[msgspec.Raw]
    number = (int | float | None, None)
    billed: Any = msgspec.defstruct("Billed", [("input_tokens", *number)])
    meta: Any = msgspec.defstruct("Meta", [("billed_units", billed | None, None)])
    usage: Any = msgspec.defstruct("Usage", [("total_tokens", *number), ("prompt_tokens", *number)])
    values: Any = msgspec.defstruct("Values", [("values", msgspec.Raw)])
    score: Any = msgspec.defstruct(
        "Score",
        [("index", int), ("relevance_score", float | None, None), ("score", float | None, None)],
    )
    answer: Any = msgspec.defstruct("Noul", [("noul", float | None, None)])
    return {
        "cohere": msgspec.defstruct(
            "Cohere", [("embeddings", dict[str, raw | None]), ("meta", meta | None, None)]
        ),
        "nomic": msgspec.defstruct("Nomic", [("embeddings", raw), ("usage", usage | None, None)]),
        "gemini": msgspec.defstruct("Gemini", [("embeddings", list[values])]),
        "scores": list[score],
        "results": msgspec.defstruct(
            "Results",
            [
                ("results", list[score] | None, None),
                ("data", list[score] | None, None),
                ("usage", usage | None, None),
            ],
        ),
        "jev": msgspec.defstruct("Jev", [("answers", dict[str, answer])]),
    }


def read_cohere(content: bytes, count: int, dtype: str, place: Place | None) -> Read:
    """``{"embeddings": {type: [...]}, "meta": {"billed_units": {"input_tokens"}}}``."""
    answer = decode_json(content, _kinds()["cohere"])
    found = [rows for rows in answer.embeddings.values() if rows]
    if len(found) != 1:
        message = f"the answer has vectors of {len(found)} types, not of one"
        raise BadAnswer(message)
    in_order(range(len(found[0])), count)
    billed = answer.meta and answer.meta.billed_units and answer.meta.billed_units.input_tokens
    return decode_rows(found[0], dtype, place), None if billed is None else int(billed)


def read_nomic(content: bytes, count: int, dtype: str, place: Place | None) -> Read:
    """``{"embeddings": [[...]], "usage": {"total_tokens"}}``."""
    answer = decode_json(content, _kinds()["nomic"])
    in_order(range(len(answer.embeddings)), count)
    usage = answer.usage
    told = None if usage is None else usage.total_tokens or usage.prompt_tokens
    return decode_rows(answer.embeddings, dtype, place), None if told is None else int(told)


def read_gemini(content: bytes, count: int, dtype: str, place: Place | None) -> Read:
    """``{"embeddings": [{"values": [...]}]}``."""
    answer = decode_json(content, _kinds()["gemini"])
    in_order(range(len(answer.embeddings)), count)
    return decode_rows([item.values for item in answer.embeddings], dtype, place), None


def read_scores(content: bytes, count: int, dtype: str, place: Place | None) -> Read:
    """Rerankers' answers: a list of index and score, by itself, in ``results`` or in ``data``."""
    told = None
    if content.lstrip()[:1] == b"[":
        items = decode_json(content, _kinds()["scores"])
    else:
        answer = decode_json(content, _kinds()["results"])
        items = answer.results if answer.results is not None else answer.data
        told = None if answer.usage is None else answer.usage.total_tokens
    if items is None:
        message = "the answer has neither results nor data"
        raise BadAnswer(message)
    in_order([item.index for item in items], count)
    scores = np.empty((count, 1), dtype)
    for item in items:
        value = item.relevance_score if item.score is None else item.score
        if value is None or not math.isfinite(value):
            message = f"document {item.index} of the answer has no score"
            raise BadAnswer(message)
        scores[item.index] = value
    return scores, None if told is None else int(told)


def read_jev(content: bytes, count: int, dtype: str, place: Place | None) -> Read:
    """``{"answers": {"d0": {"noul": probability}}}``; a document without one has NaN."""
    answers = decode_json(content, _kinds()["jev"]).answers
    scores = np.full((count, 1), np.nan, dtype)
    for i in range(count):
        answer = answers.get(f"d{i}")
        if answer is not None and answer.noul is not None:
            scores[i] = answer.noul
    return scores, None
