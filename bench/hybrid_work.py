"""What the benchmarks of hybrid models share: passages of mixed lengths and their tokenizer."""

from collections import Counter

import numpy as np

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
