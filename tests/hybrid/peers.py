"""The same vectors by others: transformers and the published formulas, or FlagEmbedding."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from tests.encoder.models import quiet


class Vectors(NamedTuple):
    """One text's vectors; ``sparse`` by token id."""

    dense: np.ndarray
    sparse: dict[int, float]
    colbert: np.ndarray | None


def m3_vectors(folder: Path, texts: list[str], length: int = 512) -> list[Vectors]:
    """BGE-M3's formulas (arXiv 2402.03216) on transformers' hidden states, each text alone."""
    from transformers import XLMRobertaModel

    colbert, sparse = (
        torch.load(folder / f"{name}_linear.pt", weights_only=True)
        for name in ("colbert", "sparse")
    )
    with quiet():
        model = XLMRobertaModel.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for ids in token_ids(folder, texts, length):
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
            weights = torch.relu(hidden @ sparse["weight"].T + sparse["bias"])[:, 0]
            vectors = hidden[1:] @ colbert["weight"].T + colbert["bias"]
        found.append(
            Vectors(
                torch.nn.functional.normalize(hidden[0], dim=-1).numpy(),
                maxima(ids, weights.tolist()),
                torch.nn.functional.normalize(vectors, dim=-1).numpy(),
            )
        )
    return found


def gte_vectors(
    folder: Path, texts: list[str], frequencies: Any = None, length: int = 8192, dim: int = 48
) -> list[Vectors]:
    """mGTE's vectors by transformers' GteForTokenClassification, each text alone.

    ``frequencies`` go in place of its rotation's, which knows no scaling.
    """
    from safetensors.torch import load_file
    from transformers import GteConfig, GteForTokenClassification

    values = json.loads((folder / "config.json").read_text())
    theta = values.get("rope_theta", 160_000.0)
    kept = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    kept += ("vocab_size", "type_vocab_size", "layer_norm_eps")
    config = GteConfig(
        **{key: values[key] for key in kept},
        num_labels=1,
        rope_parameters={"rope_type": "default", "rope_theta": theta},
    )
    with quiet():
        model = GteForTokenClassification(config).eval()
    model.load_state_dict(_their_names(load_file(folder / "model.safetensors")))
    if frequencies is not None:
        model.gte.rotary_emb.inv_freq.copy_(torch.as_tensor(frequencies))
    found = []
    for ids in token_ids(folder, texts, length):
        with torch.no_grad():
            hidden = model.gte(input_ids=torch.tensor([ids])).last_hidden_state[0]
            weights = torch.relu(model.classifier(hidden))[:, 0]
        dense = torch.nn.functional.normalize(hidden[0, :dim], dim=-1).numpy()
        found.append(Vectors(dense, maxima(ids, weights.tolist()), None))
    return found


def _their_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Published tensors under the names of transformers' modules."""
    named = {}
    for name, tensor in tensors.items():
        name = name.replace("new.", "gte.", 1).replace("encoder.layer.", "layers.")
        name = name.replace("attention.", "self_attn.").replace(
            "attn_ln", "post_attention_layernorm"
        )
        name = name.replace("mlp_ln", "post_mlp_layernorm")
        if "qkv_proj" in name:
            for part, rows in zip("qkv", tensor.chunk(3), strict=True):
                named[name.replace("qkv", part)] = rows
        elif "up_gate_proj" in name:
            for part, rows in zip(("up", "gate"), tensor.chunk(2), strict=True):
                named[name.replace("up_gate", part)] = rows
        else:
            named[name] = tensor
    return named


def token_ids(folder: Path, texts: list[str], length: int) -> list[list[int]]:
    """What transformers' tokenizer makes of the texts."""
    from transformers import AutoTokenizer

    with quiet():
        made = AutoTokenizer.from_pretrained(folder)
        return [made(text, truncation=True, max_length=length)["input_ids"] for text in texts]


def maxima(ids: list[int], weights: list[float]) -> dict[int, float]:
    """Each token's greatest weight, but for <s>, <pad>, </s> and <unk>."""
    best: dict[int, float] = {}
    for token, weight in zip(ids, weights, strict=True):
        if token > 3 and weight > best.get(token, 0):
            best[token] = weight
    return best


def check(
    results: dict[str, Any], wanted: list[Vectors], atol: float = 1e-5, least: int = 4
) -> None:
    """Raise unless the results of one of our functions are the wanted vectors."""
    if "dense" in results:
        np.testing.assert_allclose(
            np.stack(results["dense"]), [one.dense for one in wanted], rtol=0, atol=atol
        )
    if "sparse" in results:
        matrix = results["sparse"]
        assert matrix.shape[0] == len(wanted)
        assert matrix.nnz >= least * len(wanted)  # or little is compared
        for row, one in enumerate(wanted):
            check_row(matrix[[row]], one.sparse, atol)
    for ours, one in zip(results.get("colbert_vecs", []), wanted, strict=False):
        assert ours.shape == one.colbert.shape
        np.testing.assert_allclose(ours, one.colbert, rtol=0, atol=atol)


def check_row(row: Any, wanted: dict[int, float], atol: float) -> None:
    """One text's weights: the same tokens, but where a weight is nearer to 0 than ``atol``."""
    got = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    for token in got.keys() ^ wanted.keys():
        assert got.get(token, wanted.get(token)) < atol
    for token in got.keys() & wanted.keys():
        assert abs(got[token] - wanted[token]) < atol
