"""The chooser of kernels: native, else Numba, else Python. Nothing else knows there are three.

``EMBEDFN_KERNELS=native|numba|python`` forces one; a forced one that cannot load is an error.
"""

import os
import warnings
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from embedfn.kernels._frozen import place_slots as place_slots
from embedfn.kernels._py import Run as Run
from embedfn.kernels._py import Terms as Terms

_TWINS = {"native": "_lexical", "numba": "_numba", "python": "_py"}


def _load(twin: str) -> ModuleType:
    """Import one twin."""
    return import_module(f"embedfn.kernels.{_TWINS[twin]}")


def _choose() -> tuple[str, ModuleType]:
    """Return the name and module of the twin to use; say once when it is not the fast one."""
    forced = os.environ.get("EMBEDFN_KERNELS")
    if forced:
        if forced not in _TWINS:
            message = f"EMBEDFN_KERNELS must be one of {', '.join(_TWINS)}; got {forced!r}"
            raise ImportError(message)
        return forced, _load(forced)
    try:
        return "native", _load("native")
    except ImportError as error:
        reason = error
    try:
        twin, module = "numba", _load("numba")
    except ImportError:
        twin, module = "python", _load("python")
    message = (
        f"embedfn runs on its {twin} kernels, many times slower than the native ones, which could "
        f"not be loaded ({reason}); reinstall it with a C++17 compiler at hand"
    )
    warnings.warn(message, RuntimeWarning, stacklevel=2)
    return twin, module


if TYPE_CHECKING:
    from embedfn.kernels import _py as _chosen
    from embedfn.kernels._analysis import Analysis as Analysis
    from embedfn.kernels._analysis import Model as Model
    from embedfn.kernels._analysis import all_str as all_str
    from embedfn.kernels._arrow import ArrowReader as ArrowReader
    from embedfn.kernels._arrow import ArrowTexts as ArrowTexts
    from embedfn.kernels._encoder import BertEncoder as BertEncoder
    from embedfn.kernels._hybrid import TokenLinear as TokenLinear
    from embedfn.kernels._splade import HeadTransform as HeadTransform
    from embedfn.kernels._tokens import PartTokens as PartTokens

    implementation: str
    _tokens = _splade = _hybrid = None
else:
    implementation, _chosen = _choose()

    def _native(module: str) -> ModuleType | None:
        """Import what only native code has; None where its caller must do without."""
        return import_module(f"embedfn.kernels.{module}") if implementation == "native" else None

    # Its twin is the analyzer itself, in embedfn.lexical.
    _analysis = _native("_analysis")
    Analysis, Model, all_str = (
        getattr(_analysis, name, None) for name in ("Analysis", "Model", "all_str")
    )
    # These have none: texts come as a list then.
    _arrow = _native("_arrow")
    ArrowReader, ArrowTexts = (
        getattr(_arrow, name, None) for name in ("ArrowReader", "ArrowTexts")
    )
    # Its twin is the model's own tokenizer.
    _tokens = _native("_tokens")
    PartTokens = getattr(_tokens, "PartTokens", None)
    # Their twins are the torch paths of embedfn.encoder.bert and of embedfn.encoder.transform.
    BertEncoder = getattr(_native("_encoder"), "BertEncoder", None)
    _splade = _native("_splade")
    HeadTransform = getattr(_splade, "HeadTransform", None)
    # Of its class the twin is the torch path of embedfn.encoder.token_heads.
    _hybrid = _native("_hybrid")
    TokenLinear = getattr(_hybrid, "TokenLinear", None)

Vocabulary = _chosen.Vocabulary
digest = _chosen.digest
term_hashes = _chosen.term_hashes
learn = _chosen.learn
count_terms = _chosen.count_terms
okapi_idf = _chosen.okapi_idf
lucene_idf = _chosen.lucene_idf
bm25_document_weights = _chosen.bm25_document_weights
bm25_document_rows = _chosen.bm25_document_rows
bm25_query_weights = _chosen.bm25_query_weights
mean_rows = _chosen.mean_rows if _tokens is None else _tokens.mean_rows
SpladeHead = _chosen.SpladeHead if _splade is None else _splade.SpladeHead
token_maxima = _chosen.token_maxima if _hybrid is None else _hybrid.token_maxima
max_sim = _chosen.max_sim if _hybrid is None else _hybrid.max_sim
