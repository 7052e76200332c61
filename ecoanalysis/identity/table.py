"""Rows of a fact table that ships with the package, read once and only when asked for."""

import csv
from functools import cache
from importlib.resources import files


@cache
def read_rows(package: str, name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of `tables/<name>.csv` of a package, as text; an empty cell is an unknown."""
    text = files(package).joinpath("tables", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def number(cell: str | None, factor: float = 1.0) -> float | None:
    """Return a cell as a number times `factor`, None for an empty cell."""
    return float(cell) * factor if cell else None


def count(cell: str | None) -> int | None:
    """Return a cell as a whole number, None for an empty cell."""
    return round(float(cell)) if cell else None
