"""MiniLM's WordPiece, texts to token ids, against Hugging Face's tokenizers; ids must be equal."""

from importlib.metadata import version

import numpy as np
import pytest
from tokenizers import Tokenizer

from bench.paired import paired
from embedfn.encoder.resolve import resolve_model
from embedfn.encoder.tokenise import Tokeniser

MODEL = "all-MiniLM-L6-v2"
NO_LIMIT = 1 << 20  # more tokens than any of the texts has
EVERY = 4  # of the corpus' passages: the peer takes seconds for all


@pytest.mark.parametrize("sight", ["first", "second"])
def bench_wordpiece(benchmark, passages, sight):
    """Ours remembers parts of texts: a new one works all out, one that saw the texts does not."""
    name, texts = passages
    texts = texts[::EVERY]
    folder = resolve_model(MODEL)
    peer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    peer.no_padding()
    peer.no_truncation()
    tokenisers = [Tokeniser(folder, NO_LIMIT, lowercase=False)]

    def renew():
        if sight == "first":
            tokenisers[0] = Tokeniser(folder, NO_LIMIT, lowercase=False)

    def peer_ids():
        return [encoding.ids for encoding in peer.encode_batch_fast(texts)]

    tokens = tokenisers[0].tokenise(texts)
    assert tokens.ids.tolist() == [number for ids in peer_ids() for number in ids]
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    paired(
        benchmark,
        lambda: tokenisers[0].tokenise(texts),
        peer_ids,
        work=f"WordPiece, {np.diff(tokens.indptr).sum():,} tokens of {name}, {sight} sight",
        peer_name=f"tokenizers {version('tokenizers')}",
        amounts=(megabytes, megabytes),
        unit="MB",
        before=renew,
    )
