"""Texts in the containers whose strings lie in Arrow's memory."""

from random import Random

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from embedfn import kernels
from tests.lexical.strings import random_text

native = pytest.mark.skipif(kernels.implementation != "native", reason="these kernels take lists")
SCRIPTS = [
    "The cats sat on the mat.",
    "",
    "Café, naïve façade: 3 £ per Straße",
    "\u4e2d\u6587\u5206\u8bcd\u3002 \u041c\u0438\u0440",
    "\U0001f642\U0001f1e9\U0001f1ea it's fine",
    "12 bytes now",
]


def random_texts(seed, n):
    """Adversarial texts that UTF-8 can carry."""
    rng = Random(seed)
    texts = [random_text(rng) for _ in range(n)] + SCRIPTS * 3
    rng.shuffle(texts)
    return [text.encode("utf-8", "replace").decode() for text in texts]


def exact(texts):
    """An array whose bytes end with the last text's, in memory of just that size."""
    data = "".join(texts).encode()
    ends = np.cumsum([0, *(len(text.encode()) for text in texts)], dtype=np.int32)
    held = np.frombuffer(data, dtype=np.uint8).copy()
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(held)]
    )


def chunked(texts, dtype):
    """Chunks of all sizes, none among them, the rest in the last one."""
    rng, chunks, start = Random(len(texts)), [], 0
    while start < len(texts):
        stop = start + rng.choice([0, 1, 2, 1 + len(texts) // 4])
        chunks.append(pa.array(texts[start:stop], dtype))
        start = stop
    return pa.chunked_array(chunks, dtype)


def sliced(texts, dtype):
    return pa.array(["before", None, *texts, None], dtype)[2 : 2 + len(texts)]


class Foreign:
    """Of a library that is not known here."""

    def __init__(self, texts):
        self._texts = texts

    def __arrow_c_stream__(self, requested_schema=None):
        return pa.chunked_array([self._texts]).__arrow_c_stream__(requested_schema)


CONTAINERS = {
    "string": pa.array,
    "exact": exact,
    "large": lambda texts: pa.array(texts, pa.large_string()),
    "view": lambda texts: pa.array(texts, pa.string_view()),
    "dictionary": lambda texts: pa.array(texts).dictionary_encode(),
    "small dictionary": lambda texts: pa.array(texts).cast(
        pa.dictionary(pa.uint16(), pa.large_string())
    ),
    "slice": lambda texts: sliced(texts, pa.string()),
    "slice of large": lambda texts: sliced(texts, pa.large_string()),
    "slice of view": lambda texts: sliced(texts, pa.string_view()),
    "slice of dictionary": lambda texts: pa.array(["x", *texts, "y"]).dictionary_encode()[1:-1],
    "chunks": lambda texts: chunked(texts, pa.string()),
    "chunks of view": lambda texts: chunked(texts, pa.string_view()),
    "chunks of dictionary": lambda texts: chunked(texts, pa.string()).dictionary_encode(),
    "slice of chunks": lambda texts: chunked(["x", *texts, "y"], pa.string())[1:-1],
    "foreign": lambda texts: Foreign(pa.array(texts)),
    "pandas": lambda texts: pd.Series(
        texts, index=range(9, 9 + len(texts)), dtype="string[pyarrow]"
    ),
    "pandas str": lambda texts: pd.Series(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan)),
    "pandas arrow": lambda texts: pd.Series(["x", *texts], dtype=pd.ArrowDtype(pa.string()))[1:],
    "polars": pl.Series,
    "polars chunks": lambda texts: pl.Series(texts[:5]).append(pl.Series(texts[5:])),
    "polars categorical": lambda texts: pl.Series(texts, dtype=pl.Categorical),
}
