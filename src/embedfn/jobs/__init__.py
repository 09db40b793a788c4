"""Whole jobs: corpora to vectors to stores."""
