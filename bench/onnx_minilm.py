"""MiniLM as an ONNX graph, and texts through it by onnxruntime as its users run it.

The graph is torch's export of BERT's formulas, batch and length dynamic; onnxruntime fuses what it
knows. Texts are sorted by length and padded in batches, as sentence-transformers does.
"""

import io
import math
import warnings

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from torch.nn.functional import gelu, layer_norm, linear

from embedfn.encoder.bert import Bert
from embedfn.encoder.folder import read_folder
from embedfn.encoder.weights import load_weights


class Padded(torch.nn.Module):
    """BERT over padded texts, one operation after another."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, ids, mask):
        bert, (texts, length) = self.bert, ids.shape
        heads = bert.config.num_attention_heads
        bias = (1 - mask.float())[:, None, None, :] * -1e9
        hidden = self.normalise(bert.words[ids] + bert.positions[:length], bert.norm)
        for layer in bert.layers:
            qkv = linear(hidden, layer.qkv.weight, layer.qkv.bias)
            query, key, value = qkv.view(texts, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
            scores = query @ key.transpose(2, 3) / math.sqrt(bert.config.hidden_size // heads)
            context = ((scores + bias).softmax(-1) @ value).transpose(1, 2).flatten(2)
            mixed = linear(context, layer.mix.weight, layer.mix.bias)
            hidden = self.normalise(hidden + mixed, layer.mix_norm)
            wide = gelu(linear(hidden, layer.widen.weight, layer.widen.bias))
            narrow = linear(wide, layer.narrow.weight, layer.narrow.bias)
            hidden = self.normalise(hidden + narrow, layer.narrow_norm)
        return hidden

    def normalise(self, hidden, norm):
        config = self.bert.config
        shape = (config.hidden_size,)
        return layer_norm(hidden, shape, norm.weight, norm.bias, config.layer_norm_eps)


class OnnxPeer:
    """Texts to vectors of length 1, in padded batches."""

    def __init__(self, folder):
        read = read_folder(folder)
        weights = load_weights(read.transformer, read.config)
        bert = Bert(weights, read.config, torch.device("cpu"), torch.float32)
        given = torch.ones(2, 5, dtype=torch.int64)
        axes = {name: {0: "texts", 1: "length"} for name in ("ids", "mask", "hidden")}
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Padded(bert),
                (given, given),
                file,
                input_names=["ids", "mask"],
                output_names=["hidden"],
                dynamic_axes=axes,
                dynamo=False,
            )
        self.session = onnxruntime.InferenceSession(file.getvalue())
        self.tokenizer = Tokenizer.from_file(str(read.transformer / "tokenizer.json"))
        self.tokenizer.enable_truncation(read.max_tokens)
        self.tokenizer.enable_padding()

    def encode(self, texts, batch_size):
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        vectors = [None] * len(texts)
        for start in range(0, len(texts), batch_size):
            rows = order[start : start + batch_size]
            encodings = self.tokenizer.encode_batch_fast([texts[row] for row in rows])
            ids = np.array([encoding.ids for encoding in encodings])
            mask = np.array([encoding.attention_mask for encoding in encodings])
            (hidden,) = self.session.run(None, {"ids": ids, "mask": mask})
            sums = np.einsum("tlh,tl->th", hidden, mask.astype(np.float32))
            sums /= np.linalg.norm(sums, axis=1, keepdims=True)
            for row, vector in zip(rows, sums, strict=True):
                vectors[row] = vector
        return np.array(vectors)
