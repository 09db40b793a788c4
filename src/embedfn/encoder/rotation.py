"""Rotary positions (Su et al. 2021, arXiv 2104.09864)."""

from torch import Tensor


def turns(places: Tensor, frequencies: Tensor) -> tuple[Tensor, Tensor]:
    """Return the cosines and the sines of places in a text, each (places, 1, frequencies).

    Angles are kept in float32, so the precision of a GPU does not limit how long a text may be.
    """
    angles = (places[:, None].float() * frequencies)[:, None]
    return angles.cos(), angles.sin()


def rotated(qkv: Tensor, heads: int, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotate queries and keys in place: component i with component i + head / 2."""
    for part in (0, 1):
        pairs = qkv.view(qkv.shape[0], 3, heads, 2, -1)[:, part]
        first, second = pairs[:, :, 0].float(), pairs[:, :, 1].float()
        rotated = first * cosine - second * sine, second * cosine + first * sine
        pairs[:, :, 0], pairs[:, :, 1] = rotated
    return qkv
