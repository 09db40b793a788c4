"""Small random hybrid models, written by the real libraries in the published formats."""

import json
import string
from pathlib import Path
from typing import Any

import torch

from tests.encoder.models import quiet
from tests.hybrid.texts import sentences


def tokenizer() -> Any:
    """XLM-RoBERTa's kind, with words and characters of ten languages."""
    from transformers import XLMRobertaTokenizer

    words = dict.fromkeys(word for sentence in sentences() for word in sentence.split())
    characters = dict.fromkeys("".join(sentences()) + string.printable)
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0)]
    # Some words whole, some in two parts, the rest by characters.
    for number, word in enumerate(words):
        if number % 3 == 0:
            pieces.append((f"▁{word}", -6.0))
        elif number % 3 == 1 and len(word) > 3:
            pieces += [(f"▁{word[:2]}", -5.0), (word[2:], -5.5)]
    pieces += [(character, -9.0) for character in characters if not character.isspace()]
    pieces = list(dict(reversed(pieces)).items())[::-1]
    with quiet():
        made = XLMRobertaTokenizer(vocab=[*pieces, ("<mask>", 0.0)])
    made.model_max_length = 8192
    return made


def _fill(model: torch.nn.Module, seed: int) -> None:
    """Give every tensor random numbers of a size that keeps activations alive."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            scale = 0.3 if "embed" in name else 0.15
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * scale)
            if ("norm" in name.lower() or "_ln" in name) and name.endswith("weight"):
                tensor.add_(1)


def _centre(layer: Any, model: Any, made: Any) -> None:
    """Set a layer's bias so that about half of all tokens get a weight above zero."""
    with torch.no_grad():
        batch = [torch.tensor([made(text)["input_ids"]]) for text in sentences()]
        states = torch.cat([model(input_ids=ids).last_hidden_state[0] for ids in batch])
        layer.bias.copy_(-(states @ layer.weight[0]).median())


def build_m3(
    folder: Path, seed: int = 1, safetensors: bool = True, colbert_dim: int = 48, **config: Any
) -> Path:
    """Save a random BGE-M3: an XLM-RoBERTa, its tokenizer, and two layers in files of their own."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    made = tokenizer()
    options = {
        "hidden_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": 8194,
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
        "pad_token_id": 1,
    }
    options |= {"vocab_size": len(made)} | config
    with quiet():
        model = XLMRobertaModel(XLMRobertaConfig(**options), add_pooling_layer=True)
        _fill(model, seed)
        model.save_pretrained(folder)
        made.save_pretrained(folder)
    if not safetensors:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    width = options["hidden_size"]
    for name, outputs in (("colbert_linear", colbert_dim), ("sparse_linear", 1)):
        layer = torch.nn.Linear(width, outputs)
        _fill(layer, seed + outputs)
        if outputs == 1:
            _centre(layer, model.eval(), made)
        torch.save(layer.state_dict(), folder / f"{name}.pt")
    return folder


def build_gte(
    folder: Path, seed: int = 1, published: bool = True, labels: int = 1, **config: Any
) -> Path:
    """Save a random mGTE; ``published`` with the names and the config of Alibaba-NLP's files."""
    from safetensors.torch import load_file, save_file
    from transformers import GteConfig, GteForTokenClassification

    made = tokenizer()
    options = {
        "hidden_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": 256,
        "num_labels": labels,
        "vocab_size": len(made),
    }
    extra = {key: config.pop(key) for key in list(config) if key in _NEW_ONLY}
    with quiet():
        model = GteForTokenClassification(GteConfig(**(options | config)))
        _fill(model, seed)
        if labels == 1:
            _centre(model.classifier, model.gte.eval(), made)
        model.save_pretrained(folder)
        made.save_pretrained(folder)
    if not published:
        return folder
    file = folder / "model.safetensors"
    # As published: transformers keeps all names but the first part.
    tensors = {name.replace("gte.", "new.", 1): t for name, t in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})
    values = json.loads((folder / "config.json").read_text())
    values |= {
        "model_type": "new",
        "architectures": ["NewModel", "NewForTokenClassification"],
        "auto_map": {"AutoModel": "Alibaba-NLP/new-impl--modeling.NewModel"},
        "position_embedding_type": "rope",
        "rope_theta": 160_000.0,
        "rope_scaling": None,
        "layer_norm_type": "layer_norm",
        "pack_qkv": True,
        "unpad_inputs": False,
        "use_memory_efficient_attention": False,
        "logn_attention_scale": False,
        **extra,
    }
    del values["rope_parameters"]
    (folder / "config.json").write_text(json.dumps(values))
    return folder


_NEW_ONLY = {
    "rope_theta",
    "rope_scaling",
    "layer_norm_type",
    "pack_qkv",
    "logn_attention_scale",
    "position_embedding_type",
}
