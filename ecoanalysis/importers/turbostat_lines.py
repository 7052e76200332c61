"""turbostat's lines told apart: headers, lines of the whole machine, lines of single CPUs, intervals."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ecoanalysis.importers.table import as_float

_SPAN = re.compile(r"^(\d+\.\d+) sec$")  # stands before the table where turbostat runs a command
_IDS = ("Package", "Node", "Die", "Core", "CPU", "L3", "Module", "APIC", "X2APIC")
_ROUNDING_W, _ROUNDING_MHZ, _ROUNDING = 0.05, 2.0, 0.02
_MOST_CELLS = 12  # of identities and times before the first quantity


@dataclass(slots=True)
class Lines:
    """What a log says. `rows`: the lines of the whole machine, an empty one where a line cannot be read.

    `spans_s` are the stated intervals, `odd` the lines of another width, `contradicted` those whose numbers deny each
    other: the parts of a power above the whole, clocks that are not the busy share of the busy clock.
    """

    rows: list[dict[str, str]] = field(default_factory=list)
    spans_s: list[float] = field(default_factory=list)
    odd: int = 0
    contradicted: int = 0


def parted(text: str) -> Lines:
    """Return the lines of a log, told apart."""
    found, names = Lines(), []
    packages: list[float] = []
    for line in text.splitlines():
        cells = line.split()
        span = _SPAN.match(line.strip())
        if span:
            found.spans_s.append(float(span[1]))
        elif is_header(cells):
            found.contradicted += _denied(found.rows, packages)
            names, packages = cells, []
        elif not names or not cells:
            continue
        elif _of_machine(names, cells):
            found.contradicted += _denied(found.rows, packages)
            packages = []
            row = _row(names, cells)
            found.odd += row is None
            found.rows.append(row or {})
            found.contradicted += row is not None and _denies_itself(row)
        else:
            row = dict(zip(names, cells, strict=False))
            packages += [watts for watts in (as_float(row.get("PkgWatt")),) if watts is not None]
            found.odd += len(cells) > len(names) or not _is_cpu(row)
    found.contradicted += _denied(found.rows, packages)
    return found


def is_header(cells: list[str]) -> bool:
    """Say whether a line names columns, a package's power among them."""
    return "PkgWatt" in cells and (
        "Busy%" in cells or "Avg_MHz" in cells or cells[0] in _IDS or len(cells) > 1
    )


def _of_machine(names: list[str], cells: list[str]) -> bool:
    """Say whether a line is of the whole machine: a dash for the CPU, or no CPU in the header."""
    return "CPU" not in names or "-" in cells[:_MOST_CELLS]


def _row(names: list[str], cells: list[str]) -> dict[str, str] | None:
    """Return the cells by name; words behind the last are a comment. None for a line that is cut or glued."""
    more = cells[len(names) : len(names) + 1]
    if len(cells) < len(names) or any(as_float(cell) is not None for cell in more):
        return None
    row = dict(zip(names, cells, strict=False))
    watts = as_float(row["PkgWatt"])
    return row if watts is not None and watts >= 0 else None


def _is_cpu(row: dict[str, str]) -> bool:
    """Say whether a line names its CPU, and where that is, by numbers."""
    return "CPU" in row and all(row[name].isdigit() for name in _IDS if name in row)


def _denies_itself(row: dict[str, str]) -> bool:
    """Say whether the numbers of a line contradict each other."""
    whole, *parts = _numbers(row, "PkgWatt", "CorWatt", "GFXWatt")
    drawn = sum(part for part in parts if part is not None)
    if whole is not None and drawn > whole * (1 + _ROUNDING) + _ROUNDING_W:
        return True
    average, busy, clock = _numbers(row, "Avg_MHz", "Busy%", "Bzy_MHz")
    if busy is not None and not 0 <= busy <= 100 * (1 + _ROUNDING):
        return True
    if average is None or busy is None or clock is None:
        return False
    return abs(average - busy / 100 * clock) > _ROUNDING_MHZ + _ROUNDING * average


def _denied(rows: list[dict[str, str]], packages: list[float]) -> bool:
    """Say whether the packages' powers do not sum to that of the machine's line above them."""
    whole = as_float(rows[-1].get("PkgWatt")) if rows else None
    if whole is None or not packages:
        return False
    return abs(sum(packages) - whole) > _ROUNDING_W * len(packages) + _ROUNDING * whole


def _numbers(row: dict[str, str], *names: str) -> Iterator[float | None]:
    """Yield cells as numbers."""
    return (as_float(row.get(name)) for name in names)
