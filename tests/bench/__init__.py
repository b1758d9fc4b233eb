"""Benchmarks, on request: `python -m tests.bench NAME` prints one line of JSON."""
