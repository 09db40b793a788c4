"""The checksum of saved sections: XXH64 of pieces, alike on every twin."""

import numpy as np
import pytest

from embedfn.kernels import _lexical, _py
from embedfn.kernels._digest import PIECE, xxh64

# XXH64 of the first n of some bytes, by PyPI xxhash 4.1.0 (xxHash 0.8.4).
KNOWN = [
    (0, 0xEF46DB3751D8E999),
    (1, 0xE934A84ADB052768),
    (3, 0x2DF787A32136C8E8),
    (4, 0x6946DD4412DF0C09),
    (7, 0x798394F1A2575922),
    (8, 0xD4E44A76773CC1EA),
    (12, 0x06A5426206A0FEC1),
    (31, 0x61837887C25EA66E),
    (32, 0xB4924A084947E863),
    (33, 0x66444CFE47CDD102),
    (63, 0x652B683CE3E1BFB5),
    (64, 0x6747532DABDEA186),
    (100, 0xDFF63C99D2CCB198),
    (222, 0x163BFFA030B02173),
    (1000, 0x26EE091D67F7937A),
    (16384, 0x804834AA31705945),
]


def some_bytes(n):
    return bytes((i * i * 7 + i // 3) % 251 for i in range(n))


def as_array(data):
    return np.frombuffer(data, dtype=np.uint8)


@pytest.mark.parametrize(("n", "wanted"), KNOWN)
def test_xxh64_is_that_of_its_author(n, wanted):
    assert xxh64(some_bytes(n)) == wanted


def test_a_digest_is_the_hash_of_the_pieces_hashes(twin, n_threads):
    for n in [*range(70), 8191, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 7 * PIECE + 13]:
        data = np.random.default_rng(n).bytes(n)
        pieces = [data[i : i + PIECE] for i in range(0, n, PIECE)]
        wanted = xxh64(b"".join(xxh64(piece).to_bytes(8, "little") for piece in pieces))
        assert twin.digest(as_array(data), n_threads) == wanted, n


def test_long_digests_are_alike():
    data = as_array(np.random.default_rng(1).bytes(300 * PIECE + 77))
    wanted = _py.digest(data, 1)
    assert {_lexical.digest(data[:], n) for n in (1, 2, 3, 8)} == {wanted}
    assert _lexical.digest(data[1:], 2) == _py.digest(data[1:], 1) != wanted  # not aligned


def test_every_bit_counts(twin):
    data = bytearray(some_bytes(1100))
    known = {twin.digest(as_array(bytes(data)), 1)}
    places = range(0, len(data), 1 if twin is _lexical else 97)
    for i in places:
        for bit in range(8):
            data[i] ^= 1 << bit
            known.add(twin.digest(as_array(bytes(data)), 1))
            data[i] ^= 1 << bit
    assert len(known) == 1 + 8 * len(places)
