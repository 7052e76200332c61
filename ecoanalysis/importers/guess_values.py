"""Columns that name a precision or a device by what stands in their cells, whatever their headings say."""

from collections.abc import Callable

import polars as pl

from ecoanalysis.identity.devices import find_device
from ecoanalysis.identity.precisions import find_precision

_MOST = 64  # distinct cells: a column that names configurations has no more


def named_by_values(frame: pl.DataFrame, known: set[str]) -> dict[str, str]:
    """Return precision and device -> the first column in which every cell that says something is a known name.

    `known` are the words that the headings named already. "half" and "full" alone name no precision.
    """
    found: dict[str, str] = {}
    for ours, is_known in (("precision", _is_precision), ("device", _is_device)):
        column = None if ours in known else _first(frame, is_known)
        if column is not None:
            found[ours] = column
    return found


def _first(frame: pl.DataFrame, is_known: Callable[[str], bool]) -> str | None:
    """Return the first column whose distinct cells are all known names, None where there is none."""
    for name in frame.columns:
        cells = frame[name].drop_nulls().unique()
        if 0 < cells.len() <= _MOST and all(is_known(str(cell)) for cell in cells):
            return name
    return None


def _is_precision(cell: str) -> bool:
    """Say whether a cell is a known number format with its bits in the name."""
    return (
        find_precision(cell) is not None and any(letter.isdigit() for letter in cell) and not cell.isdigit()
    )


def _is_device(cell: str) -> bool:
    """Say whether a cell is the name of a known device."""
    return find_device(cell) is not None
