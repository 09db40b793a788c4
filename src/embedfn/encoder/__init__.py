"""Text to token ids to hidden states to vectors, on torch."""
