"""Names and shapes of a BERT-shaped encoder's tensors, and other families' names for them.

Everything after loading knows only today's names of BERT.
"""

from embedfn.encoder.config import EncoderConfig

# In a layer, for each family: BERT's name -> its own, as the published checkpoints have them.
_DISTILBERT = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}
_MPNET = {
    "attention.self.query": "attention.attn.q",
    "attention.self.key": "attention.attn.k",
    "attention.self.value": "attention.attn.v",
    "attention.output.dense": "attention.attn.o",
    "attention.output.LayerNorm": "attention.LayerNorm",
}
_IN_LAYER = {"distilbert": _DISTILBERT, "mpnet": _MPNET}
_LAYERS = {"distilbert": "transformer.layer."}
# Checkpoints converted from TensorFlow name LayerNorm's two tensors so.
_OLD_NAMES = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}

TYPES = "embeddings.token_type_embeddings.weight"
RELATIVE = "encoder.relative_attention_bias.weight"


def wanted_shapes(config: EncoderConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that a checkpoint must have."""
    hidden, wide = config.hidden_size, config.intermediate_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config.vocab_size, hidden),
        "embeddings.position_embeddings.weight": (config.max_position_embeddings, hidden),
    }
    if config.type_vocab_size:
        shapes[TYPES] = (config.type_vocab_size, hidden)
    if config.relative_buckets:
        shapes[RELATIVE] = (config.relative_buckets, config.num_attention_heads)
    norms = ["embeddings.LayerNorm"]
    for number in range(config.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        linears = {
            "attention.self.query": (hidden, hidden),
            "attention.self.key": (hidden, hidden),
            "attention.self.value": (hidden, hidden),
            "attention.output.dense": (hidden, hidden),
            "intermediate.dense": (wide, hidden),
            "output.dense": (hidden, wide),
        }
        for name, shape in linears.items():
            shapes[f"{layer}.{name}.weight"] = shape
            shapes[f"{layer}.{name}.bias"] = shape[:1]
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for norm in norms:
        shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (hidden,)
    return shapes


def spellings(name: str, model_type: str) -> list[str]:
    """Names, without a prefix, under which a checkpoint may have a tensor; today's first."""
    own = name
    if name.startswith("encoder.layer."):
        number, _, rest = name.removeprefix("encoder.layer.").partition(".")
        part, _, kind = rest.rpartition(".")
        part = _IN_LAYER.get(model_type, {}).get(part, part)
        own = f"{_LAYERS.get(model_type, 'encoder.layer.')}{number}.{part}.{kind}"
    found = [own]
    for today, old in _OLD_NAMES.items():
        if own.endswith(today):
            found.append(own.removesuffix(today) + old)
    return found
