"""turbostat text: a table of blanks per interval, the first line of each being the whole machine."""

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import from_unix

TITLE = "turbostat text"
LAYOUT = "log"
_PARTS = {
    "PkgWatt": ("package", "cpu", "package"),
    "RAMWatt": ("dram", "memory", "dram"),
    "SysWatt": ("psys", "platform", "platform"),
}
_INTERVAL_S = 5.0  # turbostat's default


def sniff(head: Head) -> bool:
    """Say whether there is turbostat's header."""
    return any(
        "PkgWatt" in line.split() and ("Busy%" in line.split() or "Avg_MHz" in line.split())
        for line in head.lines[:200]
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording; a power is the mean since the line before. Core and GFX are parts of the package."""
    rows, odd = _summaries(read_text(head))
    if not rows:
        raise EcoError(
            f"{head.path}: no summary line in it",
            "record with: turbostat --quiet --show Time_Of_Day_Seconds,PkgWatt,RAMWatt,Busy%",
        )
    draft = Draft(head, "turbostat", dataset="turbostat")
    if odd:
        draft.note(
            "ragged_rows", f"{odd} lines have other cells than the header: left out or cut", None, "warning"
        )
    times = [as_float(row.get("Time_Of_Day_Seconds")) for row in rows]
    if any(when is None for when in times):
        draft.note(
            "no_times", f"no Time_Of_Day_Seconds: taken as one line per {_INTERVAL_S:g} s", "add it to --show",
            "warning",
        )  # fmt: skip
        times = [place * _INTERVAL_S for place in range(1, len(rows) + 1)]
    t_s = pl.Series(times, dtype=pl.Float64)
    begin = pl.Series([2 * t_s[0] - t_s[1] if len(rows) > 1 else t_s[0] - _INTERVAL_S], dtype=pl.Float64)
    # The mean of an interval holds from the line before to its own.
    both = pl.concat([pl.concat([begin, t_s[:-1]]) + 1e-6, t_s])
    tracks = []
    for column, (name, kind, boundary) in _PARTS.items():
        values = pl.Series([as_float(row.get(column)) for row in rows], dtype=pl.Float64)
        if values.drop_nulls().len():
            busy = pl.Series([as_float(row.get("Busy%")) for row in rows], dtype=pl.Float64) / 100
            more = {"util_ratio": pl.concat([busy, busy])} if boundary == "package" else {}
            tracks.append(
                Track(name, kind, boundary, "rapl", both, {"power_w": pl.concat([values, values]), **more})
            )
    return finish_recording(
        draft, tracks, host="unknown", tool="turbostat", rows_count=len(rows),
        started_utc_ns=from_unix(times[0]),
    )  # fmt: skip


def _summaries(text: str) -> tuple[list[dict[str, str]], int]:
    """Return the lines of the whole machine (CPU is a dash, or no CPU is named), and how many lines are of other width.

    turbostat leaves out the last columns where it has nothing to say, in lines of single CPUs.
    """
    odd = 0
    names: list[str] = []
    rows: list[dict[str, str]] = []
    for line in text.splitlines():
        cells = line.split()
        whole = "CPU" not in names or "-" in cells[:6]
        if "PkgWatt" in cells:
            names = cells
        elif names and cells and len(cells) <= len(names) and whole:
            rows.append(dict(zip(names, cells, strict=False)))
            odd += len(cells) < len(names)
        elif names and len(cells) > len(names):
            odd += 1
    return rows, odd
