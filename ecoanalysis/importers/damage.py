"""Signs that a file was damaged on its way: rows of another width, empty lines between rows, an unfinished end."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches

from ecoanalysis.importers.damaged_cells import cell_doubts
from ecoanalysis.importers.head import Head, open_bytes
from ecoanalysis.importers.table import rows_of

_SEEN = 50_000  # rows of which the cells are looked at
_UNFINISHED = ("unfinished_line", "the last line has no end: it may be cut short")
_FEW, _SEVERAL = 0.2, 3  # of the rows that may be empty lines; objects of one list
_ODD_NAME = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_PAIRS = ("()", "[]", "{}")
_LONGEST_NAME, _MOST_NAMES, _ALIKE = 100, 1000, 0.8
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
    """Rows that are counted while they pass, without those that repeat the beginning of the header.

    `empty` counts the lines that say nothing between two that do.
    """

    given: Iterator[list[str]]
    count: int = 0
    empty: int = 0

    def rows(self, names: list[str]) -> Iterator[list[str]]:
        """Yield the rows that say something."""
        waiting = 0
        for row in self.given:
            if not any(cell.strip() for cell in row):
                waiting += 1
                continue
            self.empty, waiting = self.empty + waiting, 0
            self.count += row[0].strip(' "') != (names or [""])[0].strip(' "')
            yield row

    def doubts(self) -> Iterator[tuple[str, str]]:
        """Yield the doubt about a few empty lines; where they are many, the tool writes them."""
        if 0 < self.empty <= max(1, _FEW * self.count):
            yield "empty_lines", f"{self.empty} empty lines between rows: rows may be lost there"


def look_through(head: Head, layout: str) -> Look:
    """Return what is doubtful about a file of a layout (see `Importer`), nothing for a sound one.

    Whole lines that are missing, and digits that are other digits, leave no sign.
    """
    table = layout == "table" and len(head.columns) > 1 and head.text.lstrip()[:1] not in ("{", "[")
    end = () if not (table or layout == "log") or _ends(head) else (_UNFINISHED,)
    if not table:
        return Look((*_json_doubts(head), *end))
    text, whole = _text(head)
    rows = rows_of(text, head.separator)
    names = next((row for row in rows if row), [])
    body: list[list[str]] = []
    filled = _Counted(rows)
    doubts = [*_shape(names, filled.rows(names), body), *filled.doubts(), *_name_doubts(names)]
    doubts += cell_doubts(names, body, decimal=head.separator != ",")
    if "\ufffd" in text:
        doubts.append(("damaged_text", f"{text.count(chr(0xFFFD))} bytes are no text in this encoding"))
    return Look((*doubts, *end), filled.count if whole else None)


def _name_doubts(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the doubt about names of columns or keys that nobody writes: a bracket alone, a control character."""
    odd = [
        name for name in names
        if _ODD_NAME.search(name) or any(name.count(pair[0]) != name.count(pair[1]) for pair in _PAIRS)
    ]  # fmt: skip
    if odd:
        yield "odd_name", f"names that look damaged: {', '.join(map(repr, odd[:3]))[:80]}"


def _json_doubts(head: Head) -> Iterator[tuple[str, str]]:
    """Yield the doubts about the keys of a JSON document: one twice in an object, of which only the last value is read;
    one that only one object of a list has, like one of all others; one that nobody writes."""
    twice: Counter[str] = Counter()
    names: Counter[str] = Counter()

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        mine = Counter(name for name, _ in pairs)
        names.update(mine)
        twice.update(name for name, count in mine.items() if count > 1)
        for _, value in pairs:
            odd.update(_misspelt(value))
        return dict(pairs)

    odd: set[str] = set()
    if head.text.lstrip()[:1] not in ("{", "["):
        return
    text = _text(head)[0]
    with suppress(ValueError, RecursionError):  # what is no JSON its own importer says
        try:
            odd.update(_misspelt(json.loads(text, object_pairs_hook=look)))
        except json.JSONDecodeError:
            for line in text.splitlines():
                json.loads(line or "0", object_pairs_hook=look)
    if twice:
        yield "repeated_key", f"objects with a key twice: {', '.join(sorted(twice))[:80]}"
    if odd:
        yield "odd_name", f"only one object has the key {', '.join(sorted(odd))[:80]}, the others one like it"
    yield from _name_doubts(name for name in names if len(name) < _LONGEST_NAME)


def _misspelt(value: object) -> set[str]:
    """Return the keys that only one of several objects of a list has, like one that it lacks and all others have."""
    objects = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    counts = Counter(name for one in objects for name in one)
    if len(objects) < _SEVERAL or len(counts) > _MOST_NAMES:
        return set()
    often = {name for name, count in counts.items() if count == len(objects) - 1}
    return {
        name for one in objects for name in one
        if counts[name] == 1 and get_close_matches(name, often - one.keys(), n=1, cutoff=_ALIKE)
    }  # fmt: skip


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
