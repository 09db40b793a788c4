"""What the files of a Sentence Transformers folder say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedfn.encoder.chain import Chain, Normalize, read_chain
from embedfn.encoder.families import ModelConfig, read_model_config
from embedfn.encoder.files import read_object
from embedfn.encoder.values import flag, length

_SETTINGS_FILES = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
# Keys of those files that change what the model computes, in a way that is not read here; of the
# tokenizer's two, one key is.
_FOREIGN_SETTINGS = (
    "processing_kwargs",
    "config_args",
    "config_kwargs",
    "tokenizer_name_or_path",
    "query_expansion",
)
_TOKENIZER_SETTINGS = ("tokenizer_args", "processor_kwargs")
# What the Transformer module is for, and what of the model's output it must give the next one.
_TASKS = {"feature-extraction": "last_hidden_state", "fill-mask": "logits"}
# Names that Sentence Transformers' encode_query and encode_document ask for, always there.
_EMPTY_PROMPTS = {"query": "", "document": ""}


@dataclass(frozen=True)
class ModelFolder:
    """One sentence encoder: the stages from text to vector.

    Attributes
    ----------
    transformer : Path
        The folder of ``config.json``, the weights and the tokenizer.
    config : EncoderConfig, ModernBertConfig or ForeignConfig
    chain : Chain
        What happens to the hidden states.
    max_tokens : int
        Where texts are cut, special tokens included.
    lowercase : bool
        Whether texts are lower-cased before the tokenizer's own normaliser.
    prompts : dict of str to str
        What may be put before texts, by name; ``"query"`` and ``"document"`` are always there.
    prompt : str
        What the model puts before every text where none is named; mostly empty.
    truncate_dim : int or None
        How many leading components the model keeps.
    full_dim : int
        Number of components before that.
    """

    transformer: Path
    config: ModelConfig
    chain: Chain
    max_tokens: int
    lowercase: bool
    prompts: dict[str, str]
    prompt: str
    truncate_dim: int | None
    full_dim: int

    @property
    def dim(self) -> int:
        """Number of components of a vector."""
        return self.full_dim if self.truncate_dim is None else min(self.full_dim, self.truncate_dim)

    @property
    def pooling(self) -> tuple[str, ...]:
        """The poolings, joined end to end."""
        return self.chain.pooling

    @property
    def normalise(self) -> bool:
        """Whether the model itself ends in a normalisation."""
        steps = self.chain.on_vectors
        return bool(steps) and isinstance(steps[-1], Normalize)


def read_folder(folder: Path) -> ModelFolder:
    """Read a model's folder.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a file that is no JSON or says what is not supported; the file and the value are named.
    ImportError
        For an architecture that transformers runs, without the extra ``transformers``.
    """
    bare = not (folder / "modules.json").is_file()
    chain = read_chain(folder, read_object(folder / "config.json", optional=True) if bare else {})
    adapter = chain.transformer / "adapter_config.json"
    if adapter.is_file():
        message = f"{adapter} names an adapter; merge it into its model and save that instead"
        raise ValueError(message)
    values = read_object(chain.transformer / "config.json")
    config = read_model_config(chain.transformer, values)
    general = folder / "config_sentence_transformers.json"
    said = read_object(general, optional=True) if chain.saved else {}
    kind = said.get("model_type", "SentenceTransformer")
    if kind != "SentenceTransformer":
        message = f"{general} has model_type {kind!r}, which gives no dense vectors of texts"
        raise ValueError(message)
    prompts, prompt = prompts_of(general, said)
    settings_file, settings = settings_of(chain.transformer) if chain.saved else (folder, {})
    limit = token_limit(chain.transformer, settings_file, settings)
    return ModelFolder(
        transformer=chain.transformer,
        config=config,
        chain=chain,
        max_tokens=config.max_tokens if limit is None else min(limit, config.max_tokens),
        lowercase=flag(settings, "do_lower_case", settings_file, absent=False),
        prompts=prompts,
        prompt=prompt,
        truncate_dim=length(said, "truncate_dim", general),
        full_dim=chain.dim(config.hidden_size),
    )


def settings_of(transformer: Path, task: str = "feature-extraction") -> tuple[Path, dict[str, Any]]:
    """Return the file that says what the Transformer module was saved with, and what it says.

    No file is as an empty one.

    Raises
    ------
    ValueError
        For what is not followed; the file and the keys are named.
    """
    plain = {"transformer_task": task, "module_output_name": "token_embeddings"}
    for name in _SETTINGS_FILES:
        file = transformer / name
        values = read_object(file, optional=True)
        if not values:
            continue
        foreign = [key for key in _FOREIGN_SETTINGS if values.get(key)]
        foreign += [k for k, said in plain.items() if values.get(k, said) != said]
        for key in _TOKENIZER_SETTINGS:
            said = values.get(key) or {}
            if not isinstance(said, dict) or set(said) - {"model_max_length"}:
                foreign.append(key)
        if _method(values.get("modality_config"), task) != ("forward", _TASKS[task]):
            foreign.append("modality_config")
        if foreign:
            message = f"{file} sets {', '.join(foreign)}, which embedfn does not follow"
            raise ValueError(message)
        return file, values
    return transformer, {}


def _method(modalities: Any, task: str) -> tuple[Any, Any]:
    """What of the model is called for a text, and what of its output is taken."""
    if modalities is None:
        return "forward", _TASKS[task]
    text = modalities.get("text") if isinstance(modalities, dict) else None
    if not isinstance(text, dict) or "message" in modalities:
        return None, None
    return text.get("method"), text.get("method_output_name")


def token_limit(transformer: Path, file: Path, settings: dict[str, Any]) -> int | None:
    """Return where texts are cut, by the first file that says so."""
    for key in _TOKENIZER_SETTINGS:
        limit = length(settings.get(key) or {}, "model_max_length", file)
        if limit is not None:
            return limit
    limit = length(settings, "max_seq_length", file)
    if limit is not None:
        return limit
    file = transformer / "tokenizer_config.json"
    return length(read_object(file, optional=True), "model_max_length", file)


def prompts_of(file: Path, values: dict[str, Any]) -> tuple[dict[str, str], str]:
    """Return the named prompts, and the one put before every text."""
    prompts = values.get("prompts") or {}
    if not isinstance(prompts, dict):
        message = f"{file}: prompts must be an object, not {prompts!r}"
        raise ValueError(message)
    for name, prompt in prompts.items():
        if not isinstance(prompt or "", str):
            message = f"{file}: the prompt {name!r} must be a str, not {prompt!r}"
            raise ValueError(message)
    prompts = _EMPTY_PROMPTS | {name: prompt or "" for name, prompt in prompts.items()}
    default = values.get("default_prompt_name")
    if default is None:
        return prompts, ""
    if not isinstance(default, str) or default not in prompts:
        message = f"{file}: default_prompt_name {default!r} is none of {', '.join(prompts)}"
        raise ValueError(message)
    return prompts, prompts[default]
