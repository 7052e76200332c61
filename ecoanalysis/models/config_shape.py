"""What a config.json says of a shape, under whatever name, and what the table of architectures adds."""

from functools import cache
from typing import Any

from ecoanalysis.identity.table import read_rows


def architecture(shape: dict[str, Any]) -> dict[str, str] | None:
    """Return what the table says of a config's `model_type`: its family, its kind, how its weights are counted."""
    return _architectures().get(str(shape.get("model_type")))


@cache
def _architectures() -> dict[str, dict[str, str]]:
    """Return the rows of the table by model type; several of one family share a row."""
    rows = read_rows("ecoanalysis.models", "architectures")
    return {name: row for row in rows for name in row["model_type"].split("|")}


def defaults(shape: dict[str, Any]) -> dict[str, int]:
    """Return the sizes that a config leaves out where they are the usual of its architecture."""
    said = (architecture(shape) or {}).get("defaults") or ""
    return {name: int(value) for name, value in (pair.split("=") for pair in said.split())}


def first(shape: dict[str, Any], *names: str) -> Any:
    """Return the first of several values that is there."""
    return next((shape[name] for name in names if shape.get(name) is not None), None)


def entry(value: Any, index: int = 0) -> Any:
    """Return a layer's value where a config lists one for each layer, else the value."""
    return value[min(index, len(value) - 1)] if isinstance(value, list) and value else value


def size(shape: dict[str, Any], *names: str) -> int:
    """Return the first of several sizes that is there, of a list its first; 0 where none is."""
    said = entry(first(shape, *names))
    return int(said) if isinstance(said, int | float) else 0
