"""Hosted models: limits, batches, requests, answers; one transport for every provider."""
