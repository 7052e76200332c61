"""Cells of a table that look damaged: no number among numbers, torn or glued ones, empty, below zero."""

import re
from collections.abc import Iterator, Sequence

from ecoanalysis.importers.headings import Heading, heading
from ecoanalysis.importers.table import MISSING, as_float

_NUMERIC = 0.8  # of the cells of a column that say something
_NUMBER_UNITS = frozenset(
    ("W", "mW", "kW", "J", "mJ", "kJ", "Wh", "kWh", "%", "MiB", "GiB", "MB", "GB", "TB", "MHz", "GHz", "s", "ms", "C")
)  # fmt: skip
# Words of columns that an import may count; a heading with a unit counts too.
_SIZES = ("energy", "power", "joules", "watts", "emissions", "duration", "throughput")
_COUNTED = (*_SIZES, "tokens", "result", "time", "batch", "length", "steps", "frames")
_KINDS = ("source", "method", "type", "unit", "units", "tool", "provider", "basis", "scope", "mode")
_DECIMALS = 4
_FEW_ROWS = 10  # in a table this small one odd cell is a large share
_PADDED, _PADDED_ROWS = 2, 4  # decimals, rows
_BROKEN = re.compile(r"[+-]?(\d+\.\d{4,}|inf)", re.IGNORECASE)  # what only a number begins with
_PLAIN = re.compile(r"[+-]?\d+(\.\d*)?")
_DIGITS, _GLUED_DIGITS = 17, 20  # that a number of 64 bits has at most; that only two in one have
_MAY_BE_ANYTHING = ("id", "gpu", "longitude", "latitude")  # a number here, a name or nothing there


def cell_doubts(
    names: list[str], body: Sequence[Sequence[str]], *, decimal: bool
) -> Iterator[tuple[str, str]]:
    """Yield as code and text what is odd in columns of numbers.

    No numbers, numbers torn or glued, nothing where others say something, sizes below zero.
    """
    few = 0.5 if len(body) < _FEW_ROWS else 1 - _NUMERIC
    for place, said_name in enumerate(names):
        column = heading(said_name.strip())
        cells = [row[place].strip() for row in body]
        said = [cell for cell in cells if cell not in MISSING]
        odd = [cell for cell in said if _number(cell, decimal) is None]
        is_size = (column.unit is not None or column.has(*_SIZES)) and not column.has(*_KINDS)
        only = len(cells) == 1 and is_size
        if not only and (len(said) < 1 or len(odd) > few * len(said)):
            continue
        counts = _counts(column)
        small = len(cells) < _FEW_ROWS and not column.has(*_MAY_BE_ANYTHING)
        if odd and (small or counts or any(map(_BROKEN.match, odd))):
            yield (
                "not_a_number",
                f"{column.name}: {len(odd)} of {len(said)} cells are no numbers, as {odd[0][:20]!r}",
            )
        if said:
            yield from _torn_numbers(column.name, said)
        lost = len(cells) - len(said)
        if (small or counts) and lost > 0 and (only or lost <= few * len(cells)):
            yield "empty_cells", f"{column.name}: {lost} of {len(cells)} cells say nothing"
        below = sum((_number(cell, decimal) or 0.0) < 0 for cell in said)
        if counts and 0 < below <= few * len(said):
            yield "negative_cells", f"{column.name}: {below} of {len(said)} cells are below zero"


def _torn_numbers(name: str, said: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the numbers of a column that are written as no other of it is: cut short, glued, a negative zero."""
    if shorter := _cut_number(said):
        yield "cut_number", f"{name}: {shorter!r} has fewer decimals than all other cells, which have alike"
    digits = [sum(map(str.isdigit, cell.lstrip("-0."))) for cell in said]
    long = [
        cell for cell, count in zip(said, digits, strict=True) if count >= _GLUED_DIGITS and as_float(cell)
    ]
    if 0 < len(long) < len(said) and len(long) == sum(count > _DIGITS for count in digits):
        yield "glued_number", f"{name}: {long[0][:40]!r} has more digits than a number has: two in one?"
    if "-0" in said and all(cell.lstrip("-").isdigit() for cell in said):
        yield "negative_cells", f"{name}: a zero with a sign among whole numbers"


def _cut_number(said: list[str]) -> str | None:
    """Return the only number of a column with fewer decimals than all others have, else None.

    That shows where it has none and the others several, where it ends in its point and the others do not, and where all
    others have the same count though some end in 0: then the tool fills up with zeros.
    """
    decimals = [len(cell.partition(".")[2]) for cell in said]
    fewest = min(decimals)
    found, others = said[decimals.index(fewest)], [count for count in decimals if count > fewest]
    plain = all(_PLAIN.fullmatch(cell) for cell in said) and found.strip("-0.")
    if not plain or len(others) < len(said) - 1 or max(others, default=0) < _PADDED:
        return None
    pointed = found.endswith(".")
    several = not fewest and min(others) >= _DECIMALS and len(said) >= _FEW_ROWS
    padded = len(set(others)) == 1 and any(cell.endswith("0") for cell in said if cell != found)
    return found if several or ((pointed or padded) and len(others) >= _PADDED_ROWS) else None


def _counts(column: Heading) -> bool:
    """Say whether a column looks like a quantity: a unit, or a word for one, in its heading; not what kind it is of."""
    return column.unit not in (None, "%") or (column.has(*_COUNTED) and not column.has(*_KINDS))


def _number(cell: str, decimal: bool) -> float | None:
    """Return a cell as a finite number, with a unit or without, None where it is none."""
    number, _, unit = cell.partition(" ")
    if unit and unit.strip() not in _NUMBER_UNITS:
        return None
    return as_float(number.replace(",", ".") if decimal else number)
