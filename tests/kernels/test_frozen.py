"""Saved terms used in place: as the vocabulary they were saved from, or a ValueError."""

import random
import threading
from functools import cache

import numpy as np
import pytest

from embedfn.kernels import _lexical, _py
from embedfn.kernels._frozen import MAX_ALIKE, MAX_DISTANCE, n_buckets, place_slots
from tests.kernels.samples import as_buffer, as_terms, zipf_terms

SEED = 0x9C6E_10F3_77AA_5D21
ODD = 0x9E37_79B9_7F4A_7C15


def frozen_of(terms, seed=SEED):
    buffer, offsets = as_buffer(terms)
    slots = place_slots(_py.term_hashes(buffer, offsets, seed, 1))
    return buffer, offsets, slots


@cache
def words(n):
    """Distinct UTF-8 of many lengths, lone surrogates among it."""
    rng = np.random.default_rng(n)
    spelled = {"", "\0", "a\0b", "\ud800", "\U0010ffff", "é" * 9}
    alphabet = ["a", "b", "z", "0", "é", "ж", "中", "\ud83d", "😀"]
    while len(spelled) < n:
        length = int(rng.integers(1, 12)) if rng.random() < 0.95 else int(rng.integers(60, 90))
        spelled.add("".join(rng.choice(alphabet, length, p=[0.3, 0.3, 0.1, 0.1, *[0.04] * 5])))
    return tuple(word.encode("utf-8", "surrogatepass") for word in sorted(spelled)[:n])


def test_hashes_are_alike(twin, n_threads):
    rng = np.random.default_rng(3)
    buffer, offsets = as_buffer([*zipf_terms(rng, 5_000, 1_000), *words(3_000)])
    for seed in (0, 1, SEED, 2**64 - 1):
        hashes = twin.term_hashes(buffer, offsets, seed, n_threads)
        assert hashes.dtype == np.uint32
        assert np.array_equal(hashes, _py.term_hashes(buffer, offsets, seed, 1))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 50, 30_000])
def test_as_the_vocabulary_it_was_saved_from(twin, n_threads, n):
    terms = words(n)
    vocabulary = twin.Vocabulary.frozen(*frozen_of(terms), SEED, n_threads)
    assert len(vocabulary) == n
    assert as_terms(*vocabulary.terms()) == list(terms)
    assert vocabulary.find(*as_buffer(terms), n_threads).tolist() == list(range(n))
    strangers = [term + b"?" for term in terms] + [b"", b"never"]
    known = {term: i for i, term in enumerate(terms)}
    wanted = [known.get(term, -1) for term in strangers]
    assert vocabulary.find(*as_buffer(strangers), n_threads).tolist() == wanted
    assert len(vocabulary) == n


def test_new_terms_go_on_top(twin, n_threads):
    terms = words(30_000)
    frozen, more = terms[:15_000], terms[12_000:] + terms[:100]
    vocabulary = twin.Vocabulary.frozen(*frozen_of(frozen), SEED, n_threads)
    plain = twin.Vocabulary()
    plain.add(*as_buffer(frozen), 1)
    for part in (more, more[::-1], [], [b"x", b"x"]):
        assert np.array_equal(
            vocabulary.add(*as_buffer(part), n_threads), plain.add(*as_buffer(part), 1)
        )
    probe = as_buffer([*terms, b"never", *more])
    assert np.array_equal(vocabulary.find(*probe, n_threads), plain.find(*probe, 1))
    assert as_terms(*vocabulary.terms()) == as_terms(*plain.terms())
    assert len(vocabulary) == len(plain)


def test_the_arrays_live_as_long_as_the_vocabulary(twin):
    vocabulary = twin.Vocabulary.frozen(*frozen_of(words(5_000)), SEED, 1)
    spelled = vocabulary.terms()
    junk = [np.full(200_000, i, dtype=np.uint8) for i in range(20)]
    assert vocabulary.find(*as_buffer(words(5_000)), 1).tolist() == list(range(5_000))
    del vocabulary
    assert as_terms(*spelled) == list(words(5_000))
    assert len(junk) == 20


def damaged(buffer, offsets, slots, every_bit):
    """One change at a time: each bit, or some, of offsets, slots and bytes; then swaps."""
    rng = np.random.default_rng(1)
    for place, array in enumerate((offsets.view(np.uint64), slots, buffer)):
        bits = [(i, bit) for i in range(len(array)) for bit in range(8 * array.itemsize)]
        for i, bit in bits if every_bit else rng.permutation(bits)[:60].tolist():
            changed = array.copy()
            changed[i] ^= array.dtype.type(1 << bit)
            yield place, changed
        values = [0, 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
        if array.itemsize == 8:
            for i in range(len(array)) if every_bit else [0, len(array) // 2, len(array) - 1]:
                for value in values:
                    changed = array.copy()
                    changed[i] = value
                    yield place, changed
            for i, j in rng.integers(0, len(array), (200 if every_bit else 20, 2)).tolist():
                changed = array.copy()
                changed[[i, j]] = changed[[j, i]]
                yield place, changed
                changed = array.copy()
                changed[i] = changed[j]
                yield place, changed


def test_any_change_is_an_error(twin):
    sound = frozen_of(words(40))
    twin.Vocabulary.frozen(*sound, SEED, 1)
    refused = 0
    for place, changed in damaged(*sound, every_bit=twin is _lexical):
        arrays = [sound[1], sound[2], sound[0]]
        arrays[place] = changed.view(arrays[place].dtype)
        if np.array_equal(arrays[place], [sound[1], sound[2], sound[0]][place]):
            continue
        with pytest.raises(ValueError, match=r"its terms|not UTF-8|no vocabulary"):
            twin.Vocabulary.frozen(arrays[2], arrays[0], arrays[1], SEED, 1)
        refused += 1
    assert refused > (5_000 if twin is _lexical else 150)


def test_arrays_of_other_lengths_are_an_error(twin):
    buffer, offsets, slots = frozen_of(words(40))
    none = np.zeros(0, dtype=np.int64)
    more = np.zeros(1, dtype=np.uint64)
    for arrays in [
        (buffer, offsets[:-1], slots),
        (buffer, offsets[1:], slots),
        (buffer[:-1], offsets, slots),
        (buffer[:0], offsets, slots),
        (buffer, np.append(offsets, offsets[-1:]), slots),
        (buffer, none, slots),
        (buffer, offsets, none.view(np.uint64)),
        (buffer, offsets, slots[:-1]),
        (buffer, offsets, slots[1:]),
        (buffer, offsets, np.append(slots, more)),
        (buffer, offsets, np.append(more, slots)),
    ]:
        with pytest.raises(ValueError, match=r"its terms|no vocabulary has"):
            twin.Vocabulary.frozen(*arrays, SEED, 1)
    with pytest.raises(ValueError, match="not that of its terms"):
        twin.Vocabulary.frozen(buffer, offsets, slots, SEED + 1, 1)


def test_a_term_that_stands_twice_is_an_error(twin):
    for terms in ([b"a", b"b", b"a"], [b"", b""], [b"long enough to be hashed in steps"] * 3):
        with pytest.raises(ValueError, match="a term stands twice among its terms"):
            twin.Vocabulary.frozen(*frozen_of(terms), SEED, 1)


@pytest.mark.parametrize(
    "term",
    [
        *(b"\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xff"),
        *(
            b"a\xc3",
            b"\xe4\xb8",
            b"\xf0\x9f\x98",
            b"\xc3a",
            b"\xe4\xb8a",
            b"\xf0\x9f\x98a",
            b"\xf5",
        ),
        *(b"0123456789\xe4\xb8", b"\xe4\xb80123456789", b"0123456789\x80abcdefghij"),
    ],
)
def test_terms_that_are_not_utf8_are_an_error(twin, term):
    with pytest.raises(UnicodeDecodeError):
        term.decode("utf-8", "surrogatepass")
    with pytest.raises(ValueError, match="a term is not UTF-8"):
        twin.Vocabulary.frozen(*frozen_of([b"a", term, b"\xad"[:0]]), SEED, 1)


def test_utf8_is_what_python_says():
    """Every lead byte, with the borders of what may follow."""
    tails = [b"", b"\x7f", b"\x80", b"\xbf", b"\xc0", b"\x80\x80", b"\xbf\xbf", b"\x80\x7f", b"ab"]
    for lead in range(256):
        for second in b"\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xff":
            for tail in tails:
                term = bytes([lead, second]) + tail
                try:
                    term.decode("utf-8", "surrogatepass")
                    wrong = None
                except UnicodeDecodeError:
                    wrong = "a term is not UTF-8"
                assert refusal(term) == wrong, term


def refusal(term):
    buffer, offsets = as_buffer([term])
    slots = place_slots(_lexical.term_hashes(buffer, offsets, SEED, 1))
    try:
        _lexical.Vocabulary.frozen(buffer, offsets, slots, SEED, 1)
    except ValueError as error:
        return str(error)
    return None


def folded(a, b):
    return (a * b ^ a * b >> 64) & (2**64 - 1)


def terms_of_one_hash(n):
    """Who knows the seed can choose the second half of 16 bytes so that the hash is 0."""
    size = 16 * 0xD6E8_FEB8_6659_FD93
    found, i = [], 0
    while len(found) < n:
        i += 1
        first = b"%08d" % i
        state = SEED ^ (size & (2**64 - 1)) ^ int.from_bytes(first, "little")
        second = folded(state, ODD).to_bytes(8, "little")
        if second.isascii():
            found.append(first + second)
    return found


def slots_without_limits(hashes):
    slots = np.sort(
        (hashes.astype(np.uint64) << np.uint64(32))
        + np.arange(1, len(hashes) + 1).astype(np.uint64)
    )
    homes = ((slots >> np.uint64(32)) * np.uint64(n_buckets(len(hashes))) >> np.uint64(32)).tolist()
    places, free = [], 0
    for home in homes:
        places.append(max(home, free))
        free = places[-1] + 1
    table = np.zeros(max(n_buckets(len(hashes)), free) + 1, dtype=np.uint64)
    table[places] = slots
    return table


def test_crowds_of_one_hash_are_found_and_bounded(twin):
    crowd = terms_of_one_hash(MAX_ALIKE + 1)
    assert set(_py.term_hashes(*as_buffer(crowd), SEED, 1).tolist()) == {0}
    terms = [*words(100), *crowd[:MAX_ALIKE]]
    vocabulary = twin.Vocabulary.frozen(*frozen_of(terms), SEED, 1)
    assert vocabulary.find(*as_buffer([*terms, crowd[-1]]), 1).tolist() == [*range(len(terms)), -1]
    terms = [*words(100), *crowd]
    buffer, offsets = as_buffer(terms)
    hashes = _py.term_hashes(buffer, offsets, SEED, 1)
    assert place_slots(hashes) is None
    with pytest.raises(ValueError, match="not that of its terms"):
        twin.Vocabulary.frozen(buffer, offsets, slots_without_limits(hashes), SEED, 1)
    twice = frozen_of([*words(100), *crowd[:9], crowd[2]])
    with pytest.raises(ValueError, match="a term stands twice"):
        twin.Vocabulary.frozen(*twice, SEED, 1)


def test_crowds_around_one_home_are_bounded(twin):
    tried = [b"%d" % i for i in range(1_500_000)]
    hashes = _lexical.term_hashes(*as_buffer(tried), SEED, 1)
    low = np.flatnonzero(hashes < (1 << 32) // (MAX_DISTANCE + 300))
    for n, fits in [(MAX_DISTANCE + 1, True), (MAX_DISTANCE + 40, False)]:
        terms = [tried[i] for i in low[:n]]
        buffer, offsets = as_buffer(terms)
        few = hashes[low[:n]]
        assert len(few) == n
        table = slots_without_limits(few)
        if fits:
            assert np.array_equal(place_slots(few), table)
            vocabulary = twin.Vocabulary.frozen(buffer, offsets, table, SEED, 1)
            assert vocabulary.find(buffer, offsets, 1).tolist() == list(range(n))
        else:
            assert place_slots(few) is None
            with pytest.raises(ValueError, match="not that of its terms"):
                twin.Vocabulary.frozen(buffer, offsets, table, SEED, 1)


def test_a_large_table_is_checked_by_threads(n_threads):
    buffer, offsets, slots = frozen_of(words(30_000))
    rng = np.random.default_rng(0)
    _lexical.Vocabulary.frozen(buffer, offsets, slots, SEED, n_threads)
    for i in rng.integers(0, len(slots), 40).tolist():
        changed = slots.copy()
        changed[i] ^= np.uint64(1) << np.uint64(rng.integers(0, 64))
        with pytest.raises(ValueError, match="its terms"):
            _lexical.Vocabulary.frozen(buffer, offsets, changed, SEED, n_threads)
    taken = np.flatnonzero(slots)
    for i in rng.integers(0, len(taken) - 1, 40).tolist():  # neighbours' ids exchanged
        changed = slots.copy()
        one, two = taken[i], taken[i + 1]
        low = np.uint64(0xFFFF_FFFF)
        changed[one] = (slots[one] & ~low) | (slots[two] & low)
        changed[two] = (slots[two] & ~low) | (slots[one] & low)
        with pytest.raises(ValueError, match="its terms"):
            _lexical.Vocabulary.frozen(buffer, offsets, changed, SEED, n_threads)


def test_lookups_bear_a_thread_that_adds(twin):
    old = words(20_000)
    new = [b"new%d" % i for i in range(20_000)]
    vocabulary = twin.Vocabulary.frozen(*frozen_of(old), SEED, 1)
    probe = as_buffer([*old[::50], *new[::1_000], b"never"])
    wanted = [*range(0, len(old), 50), *range(len(old), len(old) + len(new), 1_000), -1]
    done, wrong = threading.Event(), []

    def look_up():
        while not done.is_set():
            found = vocabulary.find(*probe, 1).tolist()
            if found[:400] != wanted[:400] or any(
                got not in (-1, i) for got, i in zip(found, wanted, strict=True)
            ):
                wrong.append(found)

    def spell():
        while not done.is_set():
            names = as_terms(*vocabulary.terms())
            if names != [*old, *new][: len(names)]:
                wrong.append(names[-3:])

    threads = [threading.Thread(target=work) for work in (look_up, look_up, spell)]
    for thread in threads:
        thread.start()
    for start in range(0, len(new), 500):
        vocabulary.add(*as_buffer(new[start : start + 500]), 2)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert vocabulary.find(*probe, 1).tolist() == wanted


@pytest.mark.parametrize("seed", range(20))
def test_lookups_stay_inside_a_file_that_someone_writes_into(seed):
    """Whatever they find then: the process lives, and ids are ids of terms."""
    buffer, offsets, slots = (array.copy() for array in frozen_of(words(2_000)))
    vocabulary = _lexical.Vocabulary.frozen(buffer, offsets, slots, SEED, 1)
    rng = random.Random(seed)
    for array in (offsets, slots):
        for place in rng.sample(range(len(array)), len(array) // rng.choice([1, 3, 50])):
            near = (int(array[place]) + 1) % 2**63
            array[place] = rng.choice([0, 2**63 - 1, 2**31, near, rng.getrandbits(63), len(buffer)])
    if seed % 4 == 0:
        slots[:] = slots | np.uint64(1) if seed % 8 else np.uint64(2**64 - 1)
    ids = vocabulary.find(*as_buffer([*words(2_000), b"never"]), 1)
    assert ids.min() >= -1
    assert ids.max() < 2_000
