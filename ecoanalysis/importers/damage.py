"""Signs that a table was damaged on its way: rows of another width, cells that are no numbers, an unfinished end."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ecoanalysis.importers.head import Head, open_bytes
from ecoanalysis.importers.headings import Heading, heading
from ecoanalysis.importers.table import MISSING, as_float, filled_rows

_NUMERIC = 0.8  # of the cells of a column that say something
_SEEN = 50_000  # rows of which the cells are looked at
_NUMBER_UNITS = frozenset(
    ("W", "mW", "kW", "J", "mJ", "kJ", "Wh", "kWh", "%", "MiB", "GiB", "MB", "GB", "TB", "MHz", "GHz", "s", "ms", "C")
)  # fmt: skip
# Words of columns that an import may count; a heading with a unit counts too.
_SIZES = ("energy", "power", "joules", "watts", "emissions", "duration", "throughput")
_COUNTED = (*_SIZES, "tokens", "result", "time", "batch", "length", "steps", "frames")
_KINDS = ("source", "method", "type", "unit", "units", "tool", "provider", "basis", "scope", "mode")
_UNFINISHED = ("unfinished_line", "the last line has no end: it may be cut short")
_DECIMALS = 4
_FEW_ROWS = 10  # in a table this small one odd cell is a large share
_BROKEN = re.compile(r"[+-]?(\d+\.\d{4,}|inf)", re.IGNORECASE)  # what only a number begins with
_MAY_BE_ANYTHING = ("id", "gpu", "longitude", "latitude")  # a number here, a name or nothing there
_MOST_BYTES = 64 << 20  # of a larger table the first part is looked through


@dataclass(frozen=True, slots=True)
class Look:
    """What looking through a file found: (code, text) of what is doubtful, and its rows below the header.

    `rows_count` is None where the file is no table of one header, or too large to be looked through whole.
    """

    doubts: tuple[tuple[str, str], ...] = ()
    rows_count: int | None = None


@dataclass(slots=True)
class _Counted:
    """Rows that are counted while they pass, without those that repeat the beginning of the header."""

    given: Iterator[list[str]]
    count: int = 0

    def rows(self, names: list[str]) -> Iterator[list[str]]:
        """Yield the rows."""
        for row in self.given:
            self.count += row[0].strip(' "') != (names or [""])[0].strip(' "')
            yield row


def look_through(head: Head, layout: str) -> Look:
    """Return what is doubtful about a file of a layout (see `Importer`), nothing for a sound one.

    Whole lines that are missing, and digits that are other digits, leave no sign.
    """
    table = layout == "table" and len(head.columns) > 1 and head.text.lstrip()[:1] not in ("{", "[")
    end = () if not (table or layout == "log") or _ends(head) else (_UNFINISHED,)
    if not table:
        return Look((*_json_doubts(head), *end))
    text, whole = _text(head)
    rows = filled_rows(text, head.separator)
    names = next(rows, [])
    body: list[list[str]] = []
    filled = _Counted(row for row in rows if any(cell.strip() for cell in row))
    doubts = [*_shape(names, filled.rows(names), body), *_cells(names, body, decimal=head.separator != ",")]
    if "\ufffd" in text:
        doubts.append(("damaged_text", f"{text.count(chr(0xFFFD))} bytes are no text in this encoding"))
    return Look((*doubts, *end), filled.count if whole else None)


def _json_doubts(head: Head) -> Iterator[tuple[str, str]]:
    """Yield the doubt about an object of a JSON document that has a key twice: only its last value is read."""
    twice: Counter[str] = Counter()

    def look(pairs: list[tuple[str, object]]) -> None:
        twice.update(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)

    if head.text.lstrip()[:1] not in ("{", "["):
        return
    text = _text(head)[0]
    with suppress(ValueError, RecursionError):  # what is no JSON its own importer says
        try:
            json.loads(text, object_pairs_hook=look)
        except json.JSONDecodeError:
            for line in text.splitlines():
                json.loads(line or "0", object_pairs_hook=look)
    if twice:
        yield "repeated_key", f"objects with a key twice: {', '.join(sorted(twice))[:80]}"


def _text(head: Head) -> tuple[str, bool]:
    """Return the text of a table and True; of one above `_MOST_BYTES` the complete lines of its first part."""
    with open_bytes(head.path) as stream:
        data = stream.read(_MOST_BYTES)
    text = data.decode(head.encoding, errors="replace").replace("\0", "")
    whole = len(data) < _MOST_BYTES
    return (text if whole else text[: text.rfind("\n") + 1]), whole


def _ends(head: Head) -> bool:
    """Say whether a log's last line has its end; the end of a compressed one is its own checksum's matter."""
    with head.path.open("rb") as stream:
        start = stream.read(6)
        if start.startswith((b"\xfd7zXZ", b"\x1f\x8b", b"BZh", b"\xff\xfe", b"\xfe\xff")):
            return True
        stream.seek(-1, 2)
        return stream.read(1) in b"\r\n"


def _shape(names: list[str], rows: Iterator[list[str]], body: list[list[str]]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the widths of rows, the names of columns, the repetition of lines.

    The first rows of the header's width go into `body`; of the others a hash stays, so that memory is bounded.
    """
    ragged: Counter[int] = Counter()
    headers = copies = 0
    seen: set[int] = set()
    for row in rows:
        if len(row) != len(names):
            ragged[len(row)] += 1
        elif len(body) < _SEEN:
            body.append(row)
        headers += row == names
        one = hash(tuple(row))
        copies += one in seen
        seen.add(one)
    if ragged:
        widths = ", ".join(f"{width} ({count}×)" for width, count in sorted(ragged.items())[:4])
        yield "ragged_rows", f"{ragged.total()} rows have other than {len(names)} cells: {widths}"
    if headers:
        yield "repeated_header", f"{headers} rows repeat the header"
    stripped = Counter(name.strip() for name in names)
    twice = [name for name, count in stripped.items() if count > 1 and name]
    if twice:
        yield "repeated_column", f"columns of the same name: {', '.join(twice[:3])}"
    if copies:
        yield "repeated_rows", f"{copies} rows are word for word the same as another"


def _cells(names: list[str], body: list[list[str]], *, decimal: bool) -> Iterator[tuple[str, str]]:
    """Yield the cells of columns of numbers that are none, that are empty in full ones, or below zero among sizes."""
    few = 0.5 if len(body) < _FEW_ROWS else 1 - _NUMERIC
    for place, said_name in enumerate(names):
        column = heading(said_name.strip())
        cells = [row[place].strip() for row in body]
        said = [cell for cell in cells if cell not in MISSING]
        odd = [cell for cell in said if _number(cell, decimal) is None]
        only = (
            len(cells) == 1 and (column.unit is not None or column.has(*_SIZES)) and not column.has(*_KINDS)
        )
        if not only and (len(said) < 1 or len(odd) > few * len(said)):
            continue
        counts = _counts(column)
        small = len(cells) < _FEW_ROWS and not column.has(*_MAY_BE_ANYTHING)
        if odd and (small or counts or any(map(_BROKEN.match, odd))):
            yield (
                "not_a_number",
                f"{column.name}: {len(odd)} of {len(said)} cells are no numbers, as {odd[0][:20]!r}",
            )
        if shorter := _cut_numbers(said):
            yield (
                "cut_number",
                f"{column.name}: {shorter!r} has no decimals, all other cells have {_DECIMALS} or more",
            )
        lost = len(cells) - len(said)
        if (small or counts) and lost > 0 and (only or lost <= few * len(cells)):
            yield "empty_cells", f"{column.name}: {lost} of {len(cells)} cells say nothing"
        below = sum((_number(cell, decimal) or 0.0) < 0 for cell in said)
        if counts and 0 < below <= few * len(said):
            yield "negative_cells", f"{column.name}: {below} of {len(said)} cells are below zero"


def _cut_numbers(said: list[str]) -> str | None:
    """Return the only number of a column that has no point where all others have several decimals, else None."""
    decimals = [len(cell.partition(".")[2]) for cell in said]
    several = sum(count >= _DECIMALS for count in decimals)
    if len(said) < _FEW_ROWS or decimals.count(0) != 1 or several != len(said) - 1:
        return None
    found = said[decimals.index(0)]
    return found if found.isdigit() and found.strip("0") else None


def _counts(column: Heading) -> bool:
    """Say whether a column looks like a quantity: a unit, or a word for one, in its heading; not what kind it is of."""
    return column.unit not in (None, "%") or (column.has(*_COUNTED) and not column.has(*_KINDS))


def _number(cell: str, decimal: bool) -> float | None:
    """Return a cell as a finite number, with a unit or without, None where it is none."""
    number, _, unit = cell.partition(" ")
    if unit and unit.strip() not in _NUMBER_UNITS:
        return None
    return as_float(number.replace(",", ".") if decimal else number)
