"""Columns of a table as numbers in our units, by what a column map says of them."""

import polars as pl

from ecoanalysis.importers.table import MISSING, number
from ecoanalysis.units import convert, is_unit

_INVERSE = "1/"
_THOUSANDS = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$"
_SURELY_THOUSANDS = r"^[+-]?\d{1,3}(?:,\d{3})+\.\d+$|^[+-]?\d{1,3}(?:,\d{3}){2,}$"
_SPREAD = r"\s*(?:±|\+/-|\+-)\s*[0-9.]+(?:[eE][+-]?[0-9]+)?"


def parted(theirs: str) -> tuple[str, str]:
    """Return a column and its unit: what follows the last colon, where that is a unit.

    Besides the units that `convert` knows there are those of many items, J/1000 (of 1,000 tokens), and inverse ones,
    1/J (tokens per joule).
    """
    name, colon, unit = theirs.rpartition(":")
    return (name, unit) if colon and _is_unit(unit) else (theirs, "")


def in_unit(frame: pl.DataFrame, theirs: str, unit: str, kept: str) -> pl.Series:
    """Return a column in our unit; of "12.3 ± 0.4" the 12.3, and "1,234.5" is 1234.5.

    A comma parts thousands only where a cell of the column leaves no doubt of it: "2,611" alone may be 2.611.
    """
    text = pl.col(theirs).cast(pl.String).str.strip_chars().str.replace(_SPREAD, "")
    commas = frame.select(text.str.contains(_SURELY_THOUSANDS).any()).item()
    if commas:
        text = pl.when(text.str.contains(_THOUSANDS)).then(text.str.replace_all(",", "")).otherwise(text)
    numbers = frame.select(text.alias(theirs)).select(number(theirs)).to_series()
    inverse, (plain, many) = unit.startswith(_INVERSE), _of_many(unit.removeprefix(_INVERSE))
    factor = convert(1.0, plain, kept) / many if plain and kept else 1.0
    if not inverse:
        return numbers * factor
    return pl.select(pl.when(numbers > 0).then(factor / numbers)).to_series()


def unreadable(frame: pl.DataFrame, theirs: str, values: pl.Series) -> tuple[int, str] | None:
    """Return how many cells of a column say something that is no number, and the first of them; None for none."""
    said = frame[theirs].cast(pl.String).str.strip_chars()
    odd = said.filter(said.is_not_null() & ~said.is_in(MISSING) & values.is_null())
    return (odd.len(), str(odd[0])) if odd.len() else None


def _is_unit(text: str) -> bool:
    """Say whether a text is a unit, one of many items, or an inverse one."""
    unit, many = _of_many(text.removeprefix(_INVERSE))
    return is_unit(unit) and many > 0


def _of_many(unit: str) -> tuple[str, int]:
    """Return a unit without its number of items, and that number: J/1000 is (J, 1000)."""
    plain, slash, many = unit.partition("/")
    return (plain, int(many)) if slash and many.isdecimal() else (unit, 1)
