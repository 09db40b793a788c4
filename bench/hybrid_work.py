"""What the benchmarks of hybrid models share: passages of mixed lengths, their tokenizer, a device.

``EMBEDFN_BENCH_DEVICE=cuda`` runs ours and the peer in fp16 on a GPU, in place of fp32 on the CPU.
"""

import os
from collections import Counter

import numpy as np
import pytest
import torch

DEVICE = os.environ.get("EMBEDFN_BENCH_DEVICE", "cpu")
HALF = DEVICE != "cpu"
WHERE = "fp16 on a GPU" if HALF else "CPU"
# How far apart vectors may be; rounds of passages.
ATOL, ROUNDS = (2e-2, 5) if HALF else (1e-5, 1)
needs_device = pytest.mark.skipif(
    HALF and not torch.cuda.is_available(), reason="needs a CUDA device"
)
on_cpu = pytest.mark.skipif(HALF, reason="of the CPU")

# Words of the passages: many short, some long, none cut at 512 tokens.
LENGTHS = (4, 8, 12, 20, 30, 40, 60, 80, 120, 160, 220, 300)


def tokenizer(texts):
    """A Unigram of the corpus' words and characters, as XLM-RoBERTa sets it up."""
    from transformers import XLMRobertaTokenizer

    words = Counter(word for text in texts for word in text.split())
    pieces = {f"▁{word}": count for word, count in words.most_common(200_000)}
    for text in texts:
        for character in text:
            if not character.isspace():
                pieces.setdefault(character, 1)
    total = sum(pieces.values())
    scored = [(piece, float(np.log(count / total))) for piece, count in pieces.items()]
    special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -12.0)]
    return XLMRobertaTokenizer(vocab=[*special, *scored, ("<mask>", 0.0)])


def mixed(texts, count):
    """Passages of mixed lengths, in a fixed order."""
    words = [word for text in texts for word in text.split()]
    order = np.random.default_rng(0).permutation(np.arange(count) % len(LENGTHS))
    starts = np.random.default_rng(1).integers(0, len(words) - max(LENGTHS), count)
    sizes = (LENGTHS[place] for place in order)
    return [" ".join(words[s : s + n]) for s, n in zip(starts, sizes, strict=True)]
