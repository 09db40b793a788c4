"""Static models in model2vec's format, without model2vec."""

from pathlib import Path
from typing import Any

from embedfn._arguments import HUB_OPTIONS, check_count, check_options
from embedfn._extras import require
from embedfn.dense._local import LocalEmbeddingFunction

_OPTIONS = {
    **HUB_OPTIONS,
    "normalize": (bool, type(None)),
    "dimensionality": (int, type(None)),
    "max_length": (int, type(None)),
    "subfolder": (str, type(None)),
    "force_download": (bool,),
}


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
        check_options(kwargs, _OPTIONS, "model2vec")
        check_count("max_length", kwargs.get("max_length"), type(None))
        for module in ("tokenizers", "safetensors"):
            require(module, "model2vec")
        # Imported here, since the engine imports what was asked for above.
        from embedfn.encoder.resolve import STATIC, Hub, resolve_model
        from embedfn.encoder.static import StaticModel
        from embedfn.encoder.static_files import read_static

        hub = Hub(**{name: kwargs[name] for name in HUB_OPTIONS if name in kwargs})
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
