"""Quantities as people type and read them on a command line."""

import re

from collectors.trace.errors import EcoError

_UNITS_S = {"ms": 1e-3, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_COUNTS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}
_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"))


def parse_duration_s(text: str) -> float:
    """Return a time in seconds: `3`, `3s`, `500ms`, `2m`, `1h`. Raises `EcoError` for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|)", text.strip())
    if found is None:
        raise EcoError(f"cannot read the time {text!r}", "write 3s, 500ms, 2m or 1h")
    return float(found[1]) * _UNITS_S[found[2]]


def parse_count(text: str) -> int:
    """Return a count: `124M`, `7B`, `1.5T`, `1234567`. Raises `EcoError` for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMBGT]?)", text.strip().replace(",", "").upper())
    if found is None or float(found[1]) == 0:
        raise EcoError(f"cannot read the count {text!r}", "write 124M, 7B or 1234567")
    return round(float(found[1]) * _COUNTS[found[2]])


def scaled(value: float, unit: str) -> str:
    """Return a value with three digits and an SI prefix: 1234 J is 1.23 kJ."""
    if value == 0:
        return f"0 {unit}"
    size, prefix = next((pair for pair in _PREFIXES if abs(value) >= pair[0]), _PREFIXES[-1])
    digits = f"{value / size:.3g}"
    return f"{float(digits):g} {prefix}{unit}"
