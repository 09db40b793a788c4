"""mGTE: dense and lexical vectors of a text from one pass, without code of the model's folder."""

import os
from typing import Any

from embedfn._arguments import check_count, check_options
from embedfn.hybrid._local import (
    OPTIONS,
    HybridEmbeddingFunction,
    check_common,
    devices_of,
    hub_of,
    precision_of,
)

_LENGTH = 8192  # where upstream cuts
_OPTIONS = {**OPTIONS, "dimension": (int, type(None))}


class MGTEEmbeddingFunction(HybridEmbeddingFunction):
    """Dense and lexical vectors by mGTE (Zhang et al. 2024, arXiv 2407.19669).

    Parameters
    ----------
    model_name : str or os.PathLike
        A folder, or a name: of an installed package that carries the model, of the Hugging Face
        cache, of the hub, in this order.
    batch_size : int
        Bounds memory: one forward pass holds at most the tokens of this many texts of 8,192.
        Vectors do not depend on it.
    device : str or None
        ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``; None or an empty str takes the first there
        is of CUDA, MPS and CPU.
    normalize_embeddings : bool
        Scale dense vectors to length 1.
    dimensions : int, optional
        How many leading components of the dense vectors to keep; all by default.
    use_fp16 : bool or None
        Compute in fp16 on a GPU; None does so. A CPU computes in fp32 whatever is said.
    return_dense, return_sparse : bool
        Which kinds of vectors; at least one.
    **kwargs
        ``dimension`` (upstream's other name for ``dimensions``), ``devices`` (goes before
        ``device``; several share the work), ``dtype`` (as dense models take it), ``cache_folder``,
        ``revision``, ``token`` and ``local_files_only``. ``trust_remote_code`` is taken and changes
        nothing.

    Raises
    ------
    TypeError
        For an argument of the wrong type, and for any other keyword.
    ValueError
        For an argument out of range, and for a model that is not supported.
    FileNotFoundError
        For a model found nowhere, and for a file of it that is missing.
    RuntimeError
        For a device that is not there.
    ImportError
        Without the extra ``dense``.
    """

    def __init__(
        self,
        model_name: str | os.PathLike[str] = "Alibaba-NLP/gte-multilingual-base",
        batch_size: int = 16,
        device: str | None = None,
        normalize_embeddings: bool = True,
        dimensions: int | None = None,
        use_fp16: bool | None = None,
        return_dense: bool = True,
        return_sparse: bool = True,
        **kwargs: Any,
    ) -> None:
        check_options(kwargs, _OPTIONS, "transformers")
        dimensions = kwargs.get("dimension", dimensions)
        check_count("dimensions", dimensions, type(None))
        flags = {
            "normalize_embeddings": normalize_embeddings,
            "return_dense": return_dense,
            "return_sparse": return_sparse,
        }
        check_common(model_name, batch_size, flags, use_fp16)
        self.model_name = model_name
        self.batch_size = batch_size
        self.device = device
        self.normalize_embeddings = normalize_embeddings
        self.use_fp16 = use_fp16
        # Imported here, since the engine imports torch.
        from embedfn.encoder.hybrid import Heads, HybridEncoder
        from embedfn.encoder.hybrid_folder import read_mgte
        from embedfn.encoder.resolve import resolve_model

        devices = devices_of(device, kwargs.get("devices"))
        folder = read_mgte(resolve_model(model_name, hub_of(kwargs)), return_sparse)
        hidden = folder.config.hidden_size
        self.dimensions = min(dimensions or hidden, hidden)
        heads = Heads(
            dense=return_dense,
            sparse=return_sparse,
            dim=self.dimensions,
            unit=normalize_embeddings,
        )
        precision = precision_of(devices[0], use_fp16, kwargs)
        self._lengths = (_LENGTH, _LENGTH)
        self._encoder = HybridEncoder(folder, heads, self._lengths, devices, batch_size, precision)

    @property
    def dim(self) -> dict[str, int]:
        """Number of components: of ``"dense"`` and of ``"sparse"``."""
        return {"dense": self.dimensions, "sparse": self._encoder.vocabulary}
