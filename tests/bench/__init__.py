"""Benchmarks: one file each with `run() -> list[str]`; `python -m tests.bench [name …]` runs them."""
