"""Static models in model2vec's format, without model2vec."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.dense._local import LocalEmbeddingFunction

if TYPE_CHECKING:
    from embedfn.encoder.tokenise import TokenCounts

_HUB_OPTIONS = {
    "cache_folder": (str, os.PathLike, type(None)),
    "revision": (str, type(None)),
    "token": (str, bool, type(None)),
    "local_files_only": (bool,),
}
_MODEL_OPTIONS = {
    "normalize": (bool, type(None)),
    "dimensionality": (int, type(None)),
    "max_length": (int, type(None)),
    "subfolder": (str, type(None)),
}
_WITHOUT_EFFECT = {"force_download": (bool,)}


class Model2VecEmbeddingFunction(LocalEmbeddingFunction):
    """Dense vectors from a static model: the mean of a text's token vectors.

    Equal to model2vec's ``StaticModel.encode``, in float32 whatever the model is stored in.

    Parameters
    ----------
    model_source : str or pathlib.Path
        A folder, or a name: of an installed package that carries the model, of the Hugging Face
        cache, of the hub, in this order.
    **kwargs
        Of model2vec's ``StaticModel.from_pretrained``, followed for folders too: ``normalize``,
        ``dimensionality``, ``max_length`` (None for no limit), ``subfolder``, ``token``; of the
        hub: ``cache_folder``, ``revision``, ``local_files_only``. ``force_download`` is taken and
        changes nothing: what the cache has is used. What quantises is refused: save a quantised
        model with model2vec once.

    Raises
    ------
    TypeError
        For an argument of the wrong type, and for any other keyword.
    ValueError
        For an argument out of range, and for files that are damaged or do not belong together.
    FileNotFoundError
        For a model found nowhere, and for a folder that is no static model.
    ImportError
        Without the extra ``model2vec``.
    """

    def __init__(
        self, model_source: str | Path = "minishlab/potion-base-8M", **kwargs: Any
    ) -> None:
        _check_options(kwargs)
        for module in ("tokenizers", "safetensors"):
            require(module, "model2vec")
        # Imported here, since the engine imports what was asked for above.
        from embedfn.encoder.resolve import STATIC, Hub, resolve_model
        from embedfn.encoder.static import StaticModel
        from embedfn.encoder.static_files import read_static

        hub = Hub(**{name: kwargs[name] for name in _HUB_OPTIONS if name in kwargs})
        folder = resolve_model(model_source, hub, STATIC) / (kwargs.get("subfolder") or "")
        self.model_source = model_source
        self._model = StaticModel(
            read_static(
                folder,
                normalise=kwargs.get("normalize"),
                dim=kwargs.get("dimensionality"),
                max_length=kwargs.get("max_length", -1),
            )
        )

    @property
    def dim(self) -> int:
        """Number of components of a vector."""
        return self._model.dim

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """The texts' vectors, shape (n, dim)."""
        return self._model.encode(texts)

    def _vector_blocks(self, blocks: Iterator[list[str]]) -> Iterator[NDArray[np.float32]]:
        """The vectors of each block."""
        return self._model.encode_blocks(blocks)

    def _count(self, texts: list[str]) -> "TokenCounts":
        """The texts' tokens."""
        return self._model.count(texts)


def _check_options(options: dict[str, Any]) -> None:
    """Raise for a keyword that is not followed, and for one of another type."""
    kinds = {**_HUB_OPTIONS, **_MODEL_OPTIONS, **_WITHOUT_EFFECT}
    unknown = sorted(set(options) - set(kinds))
    if unknown:
        message = (
            f"{', '.join(unknown)} cannot be passed on: embedfn runs the model itself, without "
            f"model2vec; possible: {', '.join(kinds)}"
        )
        raise TypeError(message)
    for name, value in options.items():
        wanted = kinds[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            names = " or ".join(kind.__name__ for kind in wanted)
            message = f"{name} must be {names}, not {type(value).__name__}"
            raise TypeError(message)
    if options.get("max_length") == -1:
        message = "max_length must be at least 1, or None for no limit; got -1"
        raise ValueError(message)
