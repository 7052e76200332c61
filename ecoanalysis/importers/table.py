"""Delimited text to a frame: every cell text first, numbers and times where they are asked for."""

import csv
import math
import re
from collections.abc import Iterator
from itertools import islice, pairwise

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.head import Head, decoded, read_text

Row = dict[str, object]  # one row of a frame, as polars names it

_MOST_COLUMNS = 10_000
MOST_RESULTS = 1_000_000  # of a file: they are held in memory, about a gigabyte of them
_MOST_READINGS = 10_000_000
_DECIMAL_COMMA = r"^([+-]?\d+),(\d+(?:[eE][+-]?\d+)?)$"
_LOOKED_AT, _FIRST_ROWS = 1 << 18, 200  # characters, rows

MISSING = (
    "",
    "[N/A]",
    "N/A",
    "n/a",
    "[Not Supported]",
    "[Unknown Error]",
    "[GPU requires reset]",
    "nan",
    "NaN",
    "None",
    "null",
    "-",
    "[Insufficient Permissions]",
)


def read_table(
    head: Head,
    *,
    need: tuple[str, ...] = (),
    text: str | None = None,
    quoted: bool = True,
    is_log: bool = False,
) -> pl.DataFrame:
    """Return a delimited file as a frame of text columns, names and cells stripped, without wholly empty rows.

    The separator is that of the header line; where it is no comma, "44,94" is 44.94. A log whose tool never quotes is
    read with `quoted` False: a stray quote then costs its cell, and not the lines up to the next. `is_log` says that
    the rows are readings, which may be more than results are.

    Where more headers follow, as in
    files of several versions of a tool that were put together, each row stands under its own.

    Raises `EcoError` when it is not a table, has no rows, lacks one of the columns in `need`, or where most of its
    first rows have more cells than columns; above `MOST_RESULTS` rows of results, or `_MOST_READINGS` of a log.
    """
    body = read_text(head).removeprefix("\ufeff") if text is None else text
    _refuse_wide(head, body)
    _refuse_long(head, body, _MOST_READINGS if is_log else MOST_RESULTS)
    frame = pl.concat([_parsed(head, part, quoted) for part in _tables(head, body)], how="diagonal")
    if head.separator != ",":
        frame = frame.with_columns(pl.all().str.replace(_DECIMAL_COMMA, "${1}.${2}"))
    refuse_without(frame, head, need)
    if frame.width and frame.height:
        frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    if frame.is_empty():
        raise EcoError(f"{head.path}: a header without rows", "check that the tool that wrote it ended well")
    return frame


def _tables(head: Head, body: str) -> list[str]:
    """Return the parts of a text that begin with a header: a line whose first cell is that of the first line."""
    first = body.lstrip("\r\n").split(head.separator, 1)[0]
    again = re.compile(f"^{re.escape(first)}{head.separator}", re.MULTILINE)
    starts = [found.start() for found in again.finditer(body)] if first.strip(' "') else []
    if len(starts) < 2:
        return [body]
    parts = [body[start:end] for start, end in pairwise([*starts, len(body)])]
    return [part for part in parts if "\n" in part.strip("\r\n")] or [body]


def _parsed(head: Head, text: str, quoted: bool) -> pl.DataFrame:
    """Return a text with one header as a frame of stripped texts."""
    try:
        frame = pl.read_csv(
            decoded(text.encode("utf-8", errors="replace")),
            separator=head.separator,
            infer_schema=False,
            truncate_ragged_lines=True,
            quote_char='"' if quoted else None,
        )
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise EcoError(
            f"{head.path}: not a readable table ({_first_line(error)})", "look at the file's first lines"
        ) from error
    _refuse_wider(head, text)
    return _strip_names(frame).with_columns(pl.all().str.strip_chars())


def _refuse_wide(head: Head, text: str) -> None:
    """Raise `EcoError` for a header of more columns than any table has: reading it would take hours."""
    columns = text[: max(text.find("\n"), 0) or None].count(head.separator) + 1
    if columns > _MOST_COLUMNS:
        hint = "is the table transposed? write a row per measurement"
        raise EcoError(f"{head.path}: {columns} columns, no table has over {_MOST_COLUMNS}", hint)


def _refuse_long(head: Head, text: str, most: int) -> None:
    """Raise `EcoError` for a table of more rows than fit in memory, before any is read."""
    if (rows := text.count("\n") - 1) > most:
        raise EcoError(f"{head.path}: {rows} rows, more than {most}", "split the file and import the parts")


def refuse_without(frame: pl.DataFrame, head: Head, need: tuple[str, ...]) -> None:
    """Raise `EcoError` where a frame lacks one of these columns."""
    missing = [name for name in need if name not in frame.columns]
    if missing:
        raise EcoError(
            f"{head.path}: no column {', '.join(missing)}", f"it has: {', '.join(frame.columns)[:200]}"
        )


def _refuse_wider(head: Head, text: str) -> None:
    """Raise `EcoError` where most rows have more cells than the header: what stands in the columns is not theirs.

    A decimal comma between commas makes such rows, and a column of row names without a heading.
    """
    first, *rows = [*islice(filled_rows(text[:_LOOKED_AT], head.separator), _FIRST_ROWS)] or [[]]
    wider = sum(any(cell.strip() for cell in row[len(first) :]) for row in rows)
    if wider > len(rows) / 2:
        raise EcoError(
            f"{head.path}: {wider} of {len(rows)} rows have more cells than the {len(first)} columns of the header",
            "decimal commas between commas? part cells by semicolons; row names? give their column a name",
        )


def filled_rows(text: str, separator: str) -> Iterator[list[str]]:
    """Return the cells of each row that has any, see `rows_of`."""
    return (row for row in rows_of(text, separator) if row)


def rows_of(text: str, separator: str) -> Iterator[list[str]]:
    """Yield the cells of each row, none of an empty line, up to one that no table has (a cell of more than 128 KiB)."""
    try:
        yield from csv.reader(text.splitlines(), delimiter=separator)
    except csv.Error:
        return


def ragged_rows(lines: list[str], separator: str) -> int:
    """Return how many lines that are not empty have more or fewer cells than the first; none are quoted."""
    wanted = lines[0].rstrip(separator).count(separator)
    return sum(line.rstrip(separator + " ").count(separator) != wanted for line in lines if line.strip())


def _strip_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with stripped column names; a name that would repeat gets its place appended."""
    names: list[str] = []
    for place, name in enumerate(frame.columns):
        stripped = name.strip()
        names.append(stripped if stripped not in names else f"{stripped}#{place}")
    frame.columns = names
    return frame


def _first_line(error: Exception) -> str:
    """Return the first line of an error's text."""
    return (str(error).strip().splitlines() or ["?"])[0][:120]


def to_numbers(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Return the frame with these columns as finite floats; missing columns are added as null.

    What is not a number becomes null: `lost_cells` counts those.
    """
    return frame.with_columns(
        number(name) if name in frame.columns else pl.lit(None, pl.Float64).alias(name) for name in names
    )


def number(name: str) -> pl.Expr:
    """Return a text column as finite floats: '44.94 W' is 44.94, '[N/A]' is null."""
    text = (
        pl.col(name)
        .cast(pl.String)
        .str.strip_chars()
        .str.extract(r"^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(?:\s*[A-Za-z%µ/]*)$", 1)
    )
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value).alias(name)


def lost_cells(before: pl.DataFrame, after: pl.DataFrame, names: tuple[str, ...]) -> int:
    """Return how many cells said something that is not a number."""
    total = 0
    for name in names:
        if name in before.columns:
            said = before[name].cast(pl.String).str.strip_chars()
            total += int((said.is_not_null() & ~said.is_in(MISSING) & after[name].is_null()).sum())
    return total


def as_float(value: object) -> float | None:
    """Return a finite float, or None."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def as_int(value: object) -> int | None:
    """Return a whole number that fits 63 bits, or None."""
    found = as_float(value)
    return round(found) if found is not None and abs(found) < 2**62 else None


def as_text(value: object) -> str | None:
    """Return a non-empty stripped text, or None."""
    text = "" if value is None else str(value).strip()
    return None if text in MISSING else text


def ratio(numerator: float | None, denominator: float | None) -> float | None:
    """Return numerator/denominator, None when one is missing or the denominator is not positive."""
    if numerator is None or denominator is None or denominator <= 0:
        return None
    found = numerator / denominator
    return found if math.isfinite(found) else None


def product(*factors: float | None) -> float | None:
    """Return the product, None when a factor is missing or the product is not finite."""
    result = 1.0
    for factor in factors:
        if factor is None:
            return None
        result *= factor
    return result if math.isfinite(result) else None
