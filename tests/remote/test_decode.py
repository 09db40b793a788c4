"""Bodies of answers to arrays, beside json and base64 of the standard library."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedfn.remote.answers import BadAnswer
from embedfn.remote.rows_of_data import read_data

DIM = 5


def written(row, as_base64):
    return base64.b64encode(row.tobytes()).decode() if as_base64 else row.tolist()


def read_plainly(body, count):
    """The vectors by index, float32 of shape (count, DIM)."""
    rows = np.full((count, DIM), np.nan, np.float32)
    for i, item in enumerate(json.loads(body)["data"]):
        value = item["embedding"]
        if isinstance(value, str):
            value = np.frombuffer(base64.b64decode(value), "<f4")
        rows[item.get("index", i)] = value
    return rows


ITEM = st.tuples(
    st.booleans(),  # base64
    st.sampled_from(
        [{}, {"object": "embedding"}, {"note": 'the "embedding": "x"'}, {"embedding2": "y"}]
    ),
    st.booleans(),  # index first
)


@given(
    items=st.lists(ITEM, min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (",\n  ", " :\t")]),
    mixed=st.booleans(),
)
def test_every_form_of_a_body(items, order, separators, mixed):
    rng = np.random.default_rng(len(items))
    rows = rng.standard_normal((len(items), DIM)).astype(np.float32)
    places = list(range(len(items)))
    order.shuffle(places)
    data = []
    for place, (as_base64, extra, first) in zip(places, items, strict=True):
        vector = {"embedding": written(rows[place], as_base64 if mixed else items[0][0])}
        index = {"index": place}
        data.append({**extra, **index, **vector} if first else {**vector, **index, **extra})
    body = json.dumps({"object": "list", "data": data}, separators=separators).encode()
    got, told = read_data(body, len(items))
    assert told is None
    np.testing.assert_array_equal(got, read_plainly(body, len(items)))
    np.testing.assert_array_equal(got, rows)
    given_rows = np.empty_like(rows)
    got, _ = read_data(body, len(items), place=lambda dim: given_rows)
    assert got is given_rows
    np.testing.assert_array_equal(got, rows)


def strings(*texts):
    data = [{"embedding": text, "index": i} for i, text in enumerate(texts)]
    return json.dumps({"data": data}).encode()


GOOD = base64.b64encode(np.ones(DIM, "<f4")).decode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (strings(GOOD, GOOD[:-4]), "vector 1 of the answer cannot be read"),
        (strings(GOOD, GOOD + GOOD), "vector 1"),
        (strings(GOOD, "*" + GOOD[1:]), "vector 1"),
        (strings(GOOD, ""), "vector 1"),
        (strings("", GOOD), "vector 0"),
        (strings(GOOD, "AAA="), "vector 1"),
        # A quote where the last string's length has it ends another string.
        (strings(GOOD, GOOD[:8]).replace(b'"index": 1', b'"": "zz"'), "vector"),
        (strings(GOOD, None), "vector 1"),
        (strings(GOOD, GOOD)[:-20], "answer"),
        (strings(GOOD, GOOD)[: -len(GOOD)], "answer"),
        (strings(GOOD), "1 vectors for 2 texts"),
        (strings(GOOD, [1.0] * 4), "vector 1"),
        (strings([1.0] * DIM, GOOD[:8]), "vector 1"),
    ],
)
def test_what_is_wrong_is_told(body, message):
    with pytest.raises(BadAnswer, match=message):
        read_data(body, 2)
