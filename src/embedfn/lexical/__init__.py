"""Text to term ids to statistics to BM25 weights. No torch."""
