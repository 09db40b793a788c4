"""The modules of ``modules.json`` behind the transformer, as Sentence Transformers chains them."""

from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

from embedfn.encoder.files import read_json, read_object
from embedfn.encoder.values import flag, whole_number

POOLINGS = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
# Sentence Transformers' older spelling, one key a pooling, in the order in which it joins several.
_POOLING_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
# Dropout does nothing outside of training.
_SUPPORTED = ("Transformer", "Pooling", "Dense", "LayerNorm", "Normalize", "Dropout")
_TOKENS, _SENTENCE = "token_embeddings", "sentence_embedding"
_TANH = "torch.nn.modules.activation.Tanh"


@dataclass(frozen=True)
class Dense:
    """A linear layer, an activation and perhaps the input added to it.

    Attributes
    ----------
    folder : Path
        Holds the weights.
    activation : str
        Path of a class of torch.nn, such as ``"torch.nn.modules.activation.Tanh"``.
    """

    folder: Path
    in_features: int
    out_features: int
    bias: bool
    activation: str
    residual: bool


@dataclass(frozen=True)
class LayerNorm:
    """LayerNorm over the components, with torch's own epsilon."""

    folder: Path
    dimension: int


@dataclass(frozen=True)
class Normalize:
    """Scale to length 1."""


Step = Dense | LayerNorm | Normalize


@dataclass
class Chain:
    """What happens to the hidden states.

    Attributes
    ----------
    transformer : Path
        The first module's folder.
    on_tokens : list of Step
        Applied to every token's hidden state, before pooling.
    pooling : tuple of str
        Of :data:`POOLINGS`; several are joined end to end.
    include_prompt : bool
        Whether a prompt's tokens are pooled with the text's.
    on_vectors : list of Step
        Applied to the pooled vectors.
    saved : bool
        Whether Sentence Transformers saved the folder, with its own files beside the model's.
    """

    transformer: Path
    on_tokens: list[Step] = field(default_factory=list)
    pooling: tuple[str, ...] = ()
    include_prompt: bool = True
    on_vectors: list[Step] = field(default_factory=list)
    saved: bool = True

    def dim(self, hidden: int) -> int:
        """Number of components of a vector, for hidden states of so many.

        Raises
        ------
        ValueError
            For a module that takes another number of components than it would be given.
        """
        width = _width(self.on_tokens, hidden) * len(self.pooling)
        return _width(self.on_vectors, width)


def read_chain(folder: Path, config: dict[str, Any]) -> Chain:
    """Read ``modules.json`` and the modules' own files.

    Parameters
    ----------
    folder : Path
        Without ``modules.json`` it is a bare transformer, which gets the pooling that Sentence
        Transformers gives it: the last token's for causal language models, else the mean.
    config : dict
        The transformer's ``config.json``, if the folder is bare.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a module that is not run here; it is named.
    """
    file = folder / "modules.json"
    if not file.is_file():
        names = config.get("architectures")
        first = str(names[0]) if isinstance(names, list) and names else ""
        causal = first.endswith("ForCausalLM") and config.get("is_causal", True)
        return Chain(folder, pooling=("lasttoken" if causal else "mean",), saved=False)
    modules = entries(file, _SUPPORTED)
    if not modules or modules[0][0] != "Transformer":
        message = f"{file} must begin with a module of type Transformer"
        raise ValueError(message)
    chain = Chain(modules[0][1])
    waiting: list[Step] = []  # on tokens; without a pooling after them they change nothing
    for kind, place in modules[1:]:
        if kind == "Pooling":
            chain.on_tokens += waiting
            waiting = []
            chain.pooling, chain.include_prompt = _pooling(place / "config.json")
            chain.on_vectors = []
        elif kind == "Transformer":
            message = f"{file} has a second Transformer, which embedfn does not run"
            raise ValueError(message)
        else:
            step, on_tokens = _step(kind, place)
            if step is not None:
                _place(step, on_tokens, chain, waiting, file)
    if not chain.pooling:
        message = f"{file} must name a Transformer and a Pooling module"
        raise ValueError(message)
    return chain


def _place(step: Step, on_tokens: bool, chain: Chain, waiting: list[Step], file: Path) -> None:
    """Put a step where it acts."""
    if on_tokens:
        waiting.append(step)
    elif chain.pooling:
        chain.on_vectors.append(step)
    elif not isinstance(step, Normalize):  # which passes over what is not there yet
        message = f"{file}: {type(step).__name__} stands before Pooling, with no vector to work on"
        raise ValueError(message)


def entries(file: Path, supported: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Return kind and folder of each module that ``modules.json`` names, in order.

    Raises
    ------
    ValueError
        For a module of no supported kind; it is named.
    """
    modules = read_json(file)
    if not isinstance(modules, list) or not all(isinstance(m, dict) for m in modules):
        message = f"{file} must hold a list of modules"
        raise ValueError(message)
    return [module_entry(file, m.get("type"), m.get("path", ""), supported) for m in modules]


def module_entry(file: Path, kind: Any, path: Any, supported: tuple[str, ...]) -> tuple[str, Path]:
    """Return a module's class, without its package, and its folder.

    Parameters
    ----------
    file : Path
        Which names the module; folders are beside it.
    kind : str
        Dotted name of the class.
    path : str
    supported : tuple of str

    Raises
    ------
    ValueError
        For a class that is not supported and for a folder elsewhere; the file is named.
    """
    name = str(kind).split(".")
    # Old and new releases keep the same classes in different modules of their package.
    if len(name) < 2 or name[0] != "sentence_transformers" or name[-1] not in supported:
        message = (
            f"{file} has a module of type {kind!r}, which embedfn does not run; "
            f"supported: Sentence Transformers' own {', '.join(supported)}"
        )
        raise ValueError(message)
    if not isinstance(path, str) or "\0" in path:
        message = f"{file}: path {path!r} of {kind} must be a folder's name"
        raise ValueError(message)
    place = PureWindowsPath(path)  # knows both kinds of slashes, and drives
    if place.anchor or ".." in place.parts:
        message = f"{file}: path {path!r} of {kind} leads out of the folder"
        raise ValueError(message)
    return name[-1], file.parent / path


def _pooling(file: Path) -> tuple[tuple[str, ...], bool]:
    """The poolings of a Pooling module, in the order in which they are joined."""
    values = read_object(file)
    modes = values.get("pooling_mode")
    if modes is None:
        modes = [mode for key, mode in _POOLING_KEYS.items() if values.get(key)] or ["mean"]
    elif isinstance(modes, str):
        modes = [modes]
    if not isinstance(modes, list) or not modes or any(mode not in POOLINGS for mode in modes):
        message = (
            f"{file} asks for pooling {modes!r}, which embedfn does not run; "
            f"supported: {', '.join(POOLINGS)}"
        )
        raise ValueError(message)
    return tuple(modes), flag(values, "include_prompt", file, absent=True)


def _step(kind: str, place: Path) -> tuple[Step | None, bool]:
    """What a module does, and whether it does so to tokens."""
    file = place / "config.json"
    if kind == "Dropout":
        return None, False
    if kind == "Normalize":
        return Normalize(), _on_tokens(read_object(file, optional=True), file)
    values = read_object(file)
    if kind == "LayerNorm":
        return LayerNorm(place, whole_number(values, "dimension", file)), False
    activation = values.get("activation_function", _TANH)
    if not isinstance(activation, str) or not activation.startswith("torch.nn."):
        message = (
            f"{file} has activation_function {activation!r}, which embedfn does not run; "
            "it must be a class of torch.nn"
        )
        raise ValueError(message)
    dense = Dense(
        folder=place,
        in_features=whole_number(values, "in_features", file),
        out_features=whole_number(values, "out_features", file),
        bias=flag(values, "bias", file, absent=True),
        activation=activation,
        residual=flag(values, "use_residual", file, absent=False),
    )
    return dense, _on_tokens(values, file)


def _on_tokens(values: dict[str, Any], file: Path) -> bool:
    """Whether a module reads and writes tokens' states instead of the pooled vector."""
    source = values.get("module_input_name") or _SENTENCE
    target = values.get("module_output_name") or source
    if source != target or source not in (_TOKENS, _SENTENCE):
        message = (
            f"{file} reads {source!r} and writes {target!r}, which embedfn does not follow; "
            f"it must do both with {_SENTENCE!r} or with {_TOKENS!r}"
        )
        raise ValueError(message)
    return bool(source == _TOKENS)


def _width(steps: list[Step], width: int) -> int:
    """Components after the steps, which must fit each other."""
    for step in steps:
        if isinstance(step, Normalize):
            continue
        wanted = step.in_features if isinstance(step, Dense) else step.dimension
        if wanted != width:
            message = (
                f"{step.folder / 'config.json'}: {type(step).__name__} takes {wanted} components, "
                f"but what stands before it gives {width}"
            )
            raise ValueError(message)
        width = step.out_features if isinstance(step, Dense) else width
    return width
