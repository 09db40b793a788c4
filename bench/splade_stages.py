"""Where SPLADE's time goes: ``python -m bench.splade_stages`` prints a table.

Passages in float32 on a CPU, by the real checkpoint and random ones of larger shapes. The stages of
``encode_documents`` are run one by one. The head's own time is told apart by a head whose biases
leave no word: it multiplies and compares as the other does, and has nothing to compact or, where
products are bounded first, to make exactly.
"""

import statistics
import tempfile
import time

import torch
from tests.encoder.splade_models import BASE, DISTILBERT, TINY, checkpoint
from torch.nn.functional import linear

from bench.conftest import corpus
from embedfn._csr import build_csr
from embedfn.encoder.bert import Affine
from embedfn.encoder.masked_head import load_head
from embedfn.encoder.pack import PackQueue
from embedfn.encoder.rows import in_order
from embedfn.encoder.splade import SpladeEncoder
from embedfn.encoder.word_weights import KernelHead

AMOUNTS = {TINY: (64, 5), DISTILBERT: (16, 3), BASE: (16, 3)}


def stages(name, folder, texts, rounds):
    """Stage -> median of seconds; the product alone is timed beside them."""
    encoder = SpladeEncoder(folder, "cpu")
    way, route = encoder._ways["document"], encoder.folder.routes["document"]
    decoder = load_head(route.transformer, route.config).decoder
    empty = KernelHead(Affine(decoder.weight, torch.full_like(decoder.bias, -1e30)), route.logs)
    seconds = {}

    def timed(stage, call, *arguments):
        start = time.perf_counter()
        result = call(*arguments)
        seconds.setdefault(stage, []).append(time.perf_counter() - start)
        return result

    with torch.inference_mode():
        for number in range(rounds + 1):
            if number == 1:
                seconds.clear()  # the first is to warm up
            tokens = timed("tokenizer", way._tokeniser.tokenise, texts)
            (pack,) = iter(PackQueue(tokens, 1 << 30).take, None)
            hidden = timed("encoder", way._forward, pack)
            wide = timed("head: dense layer and norm", way._transform, hidden)
            rows = timed("head: all of the rest", way._head.rows, wide, pack)
            timed("head: bounds or products", empty.rows, wide, pack)
            timed("CSR", matrix, tokens, pack, rows, encoder.dim)
            timed("F.linear", product, wide, decoder)
    found = {stage: statistics.median(values) for stage, values in seconds.items()}
    whole = found.pop("head: all of the rest")
    rest = whole - found["head: bounds or products"]
    found["head: products that matter, compaction"] = max(0.0, rest)
    return found, len(tokens.ids), len(rows[1])


def matrix(tokens, pack, rows, dim):
    """The rows in the texts' order."""
    return build_csr(*in_order(tokens, [(pack, rows)]), dim)


def product(hidden, decoder):
    """The bare product, in parts of the size that is best for it."""
    for part in hidden.split(512):
        linear(part, decoder.weight, decoder.bias)


def main():
    """Print the table."""
    corpus_name, passages = corpus()
    print("| model | stage | ms | share |\n|---|---|---|---|")
    for name, (count, rounds) in AMOUNTS.items():
        texts = passages[:: len(passages) // count][:count]
        with tempfile.TemporaryDirectory() as folder:
            found, tokens, entries = stages(name, checkpoint(name, folder), texts, rounds)
        bare = found.pop("F.linear")
        total = sum(found.values())
        about = f"{name}, {count} passages of {corpus_name}, {tokens:,} tokens, {entries:,} entries"
        for stage, seconds in found.items():
            print(f"| {about} | {stage} | {seconds * 1e3:.1f} | {seconds / total:.0%} |")
            about = ""
        print(f"| | beside it: the bare product by F.linear | {bare * 1e3:.1f} | |", flush=True)


if __name__ == "__main__":
    main()
