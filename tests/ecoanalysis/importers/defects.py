"""Defects of tables, one kind each: to see which an import refuses, tells or takes in silence."""

import random
from collections.abc import Callable

from tests.ecoanalysis.importers.mutate import RUBBISH, double, drop, flip, shuffle


def _line(data: bytes, random_: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    """Return the data with one line after the first changed."""
    lines = data.split(b"\n")
    places = [place for place, line in enumerate(lines) if place and line.strip()] or [0]
    place = random_.choice(places)
    lines[place] = change(lines[place])
    return b"\n".join(lines)


def _separator(data: bytes) -> bytes:
    """Return what parts the cells of the first line."""
    first = data.split(b"\n", 1)[0]
    return max((b",", b";", b"\t", b" "), key=first.count)


def _cell(data: bytes, random_: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    """Return the data with one cell of numbers changed."""
    mark = _separator(data)

    def of(line: bytes) -> bytes:
        cells = line.split(mark)
        places = [place for place, cell in enumerate(cells) if any(48 <= byte < 58 for byte in cell)]
        if places:
            place = random_.choice(places)
            cells[place] = change(cells[place])
        return mark.join(cells)

    return _line(data, random_, of)


def _shift(data: bytes, random_: random.Random) -> bytes:
    """Insert a separator into a line, or take one out: all cells after it are another column's."""
    mark = _separator(data)

    def of(line: bytes) -> bytes:
        places = [place for place in range(len(line)) if line[place : place + 1] == mark]
        if not places:
            return line + mark
        place = random_.choice(places)
        return line[:place] + (mark * 2 if random_.random() < 0.5 else b"") + line[place + 1 :]

    return _line(data, random_, of)


def _header_unit(data: bytes, random_: random.Random) -> bytes:
    """Swap a unit of the first line for another of its kind."""
    first, newline, rest = data.partition(b"\n")
    swaps = (
        (b"[W]", b"[mW]"),
        (b"(J)", b"(kJ)"),
        (b"_j", b"_mj"),
        (b"kwh", b"wh"),
        (b"_w", b"_kw"),
        (b"kWh", b"MWh"),
    )
    present = [swap for swap in swaps if swap[0] in first]
    if not present:
        return data
    old, new = random_.choice(present)
    return first.replace(old, new) + newline + rest


def _halved_line(data: bytes, random_: random.Random) -> bytes:
    return _line(data, random_, lambda line: line[: random_.randrange(len(line) + 1)])


def _thousandfold(cell: bytes) -> bytes:
    """Return a cell a thousand times as large, as a slip of a unit makes it."""
    try:
        return b"%r" % (float(cell) * 1000)
    except ValueError:
        return cell + b"000"


def _other_digit(cell: bytes, random_: random.Random) -> bytes:
    """Return a cell with one digit changed."""
    place = random_.choice([place for place, byte in enumerate(cell) if 48 <= byte < 58])
    return cell[:place] + b"%d" % random_.randrange(10) + cell[place + 1 :]


def leaves_it_sound(kind: str, whole: bytes, damaged: bytes) -> bool:
    """Say whether a damaged file is one that a tool could have written: nothing in it shows that it was another.

    So are files without some of their whole lines, files in which digits are other digits, and files whose header says
    another unit. What such a file repeats in other words may still deny it.
    """
    if kind == "unit of the header":
        return True
    if len(whole) == len(damaged):
        changed = [pair for pair in zip(whole, damaged, strict=True) if pair[0] != pair[1]]
        return all(byte in _DIGITS for pair in changed for byte in pair)
    lines = iter(whole.splitlines(keepends=True))
    return all(line in lines for line in damaged.splitlines(keepends=True))  # each found after the one before


_DIGITS = frozenset(b"0123456789")

# One defect of one kind, for telling which kinds are seen.
KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut short": lambda data, random_: data[: random_.randrange(len(data) // 3, len(data))],
    "line halved": _halved_line,
    "column shifted": _shift,
    "cell is rubbish": lambda data, random_: _cell(data, random_, lambda _: random_.choice(RUBBISH)),
    "cell is nan or inf": lambda data, random_: _cell(
        data, random_, lambda _: random_.choice((b"nan", b"inf", b"-inf"))
    ),
    "cell is empty": lambda data, random_: _cell(data, random_, lambda _: b""),
    "decimal comma": lambda data, random_: _cell(data, random_, lambda cell: cell.replace(b".", b",")),
    "sign flipped": lambda data, random_: _cell(data, random_, lambda cell: b"-" + cell.strip()),
    "thousandfold cell": lambda data, random_: _cell(data, random_, _thousandfold),
    "unit of the header": _header_unit,
    "header twice": lambda data, random_: _line(
        data, random_, lambda line: data.split(b"\n", 1)[0] + b"\n" + line
    ),
    "line twice": lambda data, random_: _line(data, random_, lambda line: line + b"\n" + line),
    "lines glued": lambda data, random_: _line(data, random_, lambda line: line + b"\0GLUE").replace(
        b"\0GLUE\n", b""
    ),
    "bytes dropped": drop,
    "block doubled": double,
    "lines shuffled": shuffle,
    "bit flipped": flip,
    "whole line missing": lambda data, random_: _line(data, random_, lambda _: b"\0LOST").replace(
        b"\0LOST\n", b""
    ),
    "digit changed": lambda data, random_: _cell(data, random_, lambda cell: _other_digit(cell, random_)),
}
