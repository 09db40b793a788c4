"""What the hybrid functions share: texts in, a dict of several kinds of vectors out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from embedfn._arguments import HUB_OPTIONS, check_count, check_type
from embedfn._csr import build_csr
from embedfn._distinct import distinct
from embedfn._extras import require
from embedfn._texts import Texts, as_texts, refuse_surrogates
from embedfn.base import BaseEmbeddingFunction

if TYPE_CHECKING:
    import torch

    from embedfn.encoder.hybrid import HybridEncoder
    from embedfn.encoder.resolve import Hub

# Keywords that both take, beside upstream's own.
OPTIONS = {
    **HUB_OPTIONS,
    "cache_dir": HUB_OPTIONS["cache_folder"],
    "trust_remote_code": (bool,),
    "devices": (str, int, list, tuple, type(None)),
    "dtype": (str,),
}


class HybridEmbeddingFunction(BaseEmbeddingFunction):
    """Several kinds of vectors of each text; a subclass sets what follows.

    Attributes
    ----------
    _encoder : HybridEncoder
    _wanted : dict of str to bool
        For ``"dense"``, ``"sparse"`` and ``"colbert_vecs"``, whether it is asked for.
    _lengths : tuple of int
        Where queries and where other texts are cut, in tokens.
    """

    _encoder: "HybridEncoder"
    _wanted: dict[str, bool]
    _lengths: tuple[int, int]

    def __call__(self, texts: Texts) -> dict[str, Any]:
        """Embed texts as they are.

        Parameters
        ----------
        texts : iterable of str
            A text that stands several times is worked on once.

        Returns
        -------
        dict
            Of those asked for: ``"dense"``, a list of float32 arrays of shape (dim,), rows of one
            array; ``"sparse"``, a float32 csr_array of shape (n, tokens of the vocabulary);
            ``"colbert_vecs"``, a list of arrays of shape (tokens, dim), views of one array with a
            row for each of a text's tokens but the first.

        Raises
        ------
        TypeError
            For a bare str and for an item that is not a str; its position is named.
        ValueError
            For a lone surrogate; its position is named.
        """
        return self._encode(texts, "texts", self._lengths[1])

    def encode_queries(self, queries: Texts) -> dict[str, Any]:
        """Embed queries; otherwise as calling the object."""
        return self._encode(queries, "queries", self._lengths[0])

    def encode_documents(self, documents: Texts) -> dict[str, Any]:
        """Embed documents; otherwise as calling the object."""
        return self._encode(documents, "documents", self._lengths[1])

    def _instructed(self, texts: list[str], argument: str) -> list[str]:
        """The texts with what is put before that kind."""
        return texts

    def _encode(self, texts: Texts, argument: str, length: int) -> dict[str, Any]:
        """The vectors asked for, each distinct text worked on once."""
        checked = as_texts(texts, argument)
        refuse_surrogates(checked, argument)
        unique, which = distinct(checked)
        found = self._encoder.encode(self._instructed(unique, argument), length)
        results: dict[str, Any] = {}
        if found.dense is not None:
            results["dense"] = list(found.dense if which is None else found.dense[which])
        if found.sparse is not None:
            matrix = build_csr(*found.sparse, self._encoder.vocabulary)
            results["sparse"] = matrix if which is None else matrix[which]
        if found.colbert is not None:
            places = range(len(unique)) if which is None else which.tolist()
            results["colbert_vecs"] = [found.colbert[place] for place in places]
        return results


def check_common(
    model_name: object, batch_size: object, flags: Mapping[str, object], use_fp16: object
) -> None:
    """Check the arguments that both functions have.

    Raises
    ------
    TypeError, ValueError
    ImportError
        Without the extra ``dense``.
    """
    import os

    check_type("model_name", model_name, str, os.PathLike)
    check_count("batch_size", batch_size)
    check_type("use_fp16", use_fp16, bool, type(None))
    for name, value in flags.items():
        check_type(name, value, bool)
    asked = [name for name in flags if name.startswith("return_")]
    if not any(flags[name] for name in asked):
        message = f"at least one of {', '.join(asked)} must be True"
        raise ValueError(message)
    for module in ("torch", "tokenizers", "safetensors"):
        require(module, "dense")


def devices_of(
    device: str | None, devices: str | int | Sequence[str | int] | None
) -> "list[torch.device]":
    """Return the devices to run on; ``devices`` goes before ``device``, a number is a GPU's.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As :func:`embedfn.encoder.several.choose_devices`.
    """
    from embedfn.encoder.device import choose_device
    from embedfn.encoder.several import choose_devices

    if devices is None:
        return [choose_device(device or None)]
    listed = [devices] if isinstance(devices, (str, int)) else devices
    return choose_devices([f"cuda:{d}" if isinstance(d, int) else d for d in listed])


def precision_of(
    device: "torch.device", use_fp16: bool | None, options: Mapping[str, Any]
) -> "torch.dtype":
    """Return what to compute in: what ``dtype`` says, else float32 on a CPU, as FlagEmbedding.

    Raises
    ------
    ValueError
        For a ``dtype`` that there is not, or not on this device.
    """
    import torch

    from embedfn.encoder.device import choose_dtype, default_dtype

    use_bf16 = options.get("use_bf16", False)
    if options.get("dtype", "auto") != "auto":
        return choose_dtype(options["dtype"], device)
    if device.type == "cpu" or (use_fp16 is False and not use_bf16):
        return torch.float32
    return torch.bfloat16 if use_bf16 else default_dtype(device)


def hub_of(options: Mapping[str, Any]) -> "Hub":
    """Return how the hub and its cache are asked."""
    from embedfn.encoder.resolve import Hub

    given = {name: options[name] for name in HUB_OPTIONS if name in options}
    if options.get("cache_dir") is not None:
        given["cache_folder"] = options["cache_dir"]
    return Hub(**given)
