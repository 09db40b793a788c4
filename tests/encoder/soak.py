"""Many threads that call one object; every vector is compared."""

import threading
import time

import numpy as np


def whole(embed, texts):
    """All at once."""
    return embed.encode_documents(texts, output="array")


def one_by_one(embed, texts):
    """A call for each."""
    return np.array([embed.encode_queries([text])[0] for text in texts])


def streamed(embed, texts):
    """In blocks of three."""
    return np.concatenate(list(embed.encode_iter(iter(texts), block_size=3)))


def soak(embed, texts, n_threads, seconds):
    """Number of vectors compared."""
    wanted = embed(texts, output="array")
    counts, errors = [0] * n_threads, []
    end = time.monotonic() + seconds

    def call(number):
        rng = np.random.default_rng(number)
        try:
            while time.monotonic() < end and not errors:
                which = rng.choice(len(texts), rng.integers(1, 16))
                way = (whole, one_by_one, streamed)[rng.integers(3)]
                vectors = way(embed, [texts[i] for i in which])
                if not (vectors == wanted[which]).all():
                    message = f"thread {number} got other vectors of {which.tolist()} by {way}"
                    raise AssertionError(message)
                counts[number] += len(which)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    assert all(counts), "a thread compared nothing"
    return sum(counts)
