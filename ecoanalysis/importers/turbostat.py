"""turbostat text: a table of blanks per interval, the first line of each being the whole machine."""

from itertools import accumulate, pairwise
from statistics import median

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import from_unix, stated_step_s
from ecoanalysis.importers.turbostat_lines import Lines, parted

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
    lines = parted(read_text(head))
    if not any(lines.rows):
        raise EcoError(
            f"{head.path}: no summary line in it",
            "record with: turbostat --quiet --show Time_Of_Day_Seconds,PkgWatt,RAMWatt,Busy%",
        )
    draft = Draft(head, "turbostat", dataset="turbostat")
    if lines.odd:
        text = f"{lines.odd} lines are cut, glued or no readings: left out"
        draft.note("ragged_rows", text, None, "warning")
    if lines.contradicted:
        text = f"{lines.contradicted} lines deny themselves: parts exceed the whole, or clocks the busy share"
        draft.note("contradicting_numbers", text, "look at these lines of the file", "warning")
    begins, ends = _intervals(draft, lines, stated_step_s(options))
    tracks = []
    for column, (name, kind, boundary) in _PARTS.items():
        values = [as_float(row.get(column)) for row in lines.rows]
        if any(value is not None for value in values):
            shares = [as_float(row.get("Busy%")) for row in lines.rows] if boundary == "package" else []
            tracks.append(_track(name, kind, boundary, begins, ends, values, shares))
    return finish_recording(
        draft, tracks, host="unknown", tool="turbostat", rows_count=sum(map(bool, lines.rows)),
        started_utc_ns=from_unix(ends[0]),
    )  # fmt: skip


def _intervals(draft: Draft, lines: Lines, step_s: float | None) -> tuple[list[float], list[float]]:
    """Return when the interval of each line begins and ends [s].

    By the lines' own times, the first interval as long as the middle one; else by the stated intervals; else by
    the one that the user says, or the default one.
    """
    said = [as_float(row.get("Time_Of_Day_Seconds")) for row in lines.rows]
    times = [when if from_unix(when) is not None else None for when in said]
    lost = sum(when is None for when in times) - sum(not row for row in lines.rows)
    if 0 < lost < len(times):
        text = f"{lost} times are none: put between their neighbours"
        draft.note("unreadable_lines", text, severity="warning")
    if any(when is not None for when in times):
        ends = _filled(times)
        steps = [after - before for before, after in pairwise(ends)]
        return [ends[0] - (median(steps) if steps else _INTERVAL_S), *ends[:-1]], ends
    if len(lines.spans_s) == len(times):
        spans = lines.spans_s
    else:
        spans = [step_s or _INTERVAL_S] * len(times)
        if step_s is None:
            text = f"no Time_Of_Day_Seconds: taken as one line per {_INTERVAL_S:g} s"
            hint = "add it to --show, or say the interval, for example --column time==1s"
            draft.note("no_times", text, hint, "warning")
    ends = list(accumulate(spans))
    return [0.0, *ends[:-1]], ends


def _filled(times: list[float | None]) -> list[float]:
    """Return the times with those of unreadable lines put between their neighbours'."""
    series = pl.Series(times, dtype=pl.Float64)
    return series.interpolate().fill_null(strategy="forward").fill_null(strategy="backward").to_list()


def _track(
    name: str, kind: str, boundary: str, begins: list[float], ends: list[float],
    watts: list[float | None], busy: list[float | None],
) -> Track:  # fmt: skip
    """Return the readings of one part: the mean of an interval holds from the line before to its own."""
    both = [when for begin, end in zip(begins, ends, strict=True) for when in (begin + 1e-6, end)]
    columns = {"power_w": _twice(watts)}
    if busy:
        columns["util_ratio"] = _twice(busy) / 100
    return Track(name, kind, boundary, "rapl", pl.Series(both, dtype=pl.Float64), columns)


def _twice(values: list[float | None]) -> pl.Series:
    """Return each value twice in a row."""
    return pl.Series([value for value in values for _ in range(2)], dtype=pl.Float64)
