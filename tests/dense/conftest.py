"""Fixtures of this folder's tests."""

from tests.encoder.conftest import one_thread

__all__ = ["one_thread"]
