"""nvidia-smi dmon text: a table of blanks with two comment lines of names and units."""

import math
from collections.abc import Iterator

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import NS, parse_time, stated_step_s, zone_of
from ecoanalysis.importers.turns import doubt_turns, out_of_turn

TITLE = "nvidia-smi dmon text"
LAYOUT = "log"
_COLUMNS = {
    "pwr": ("power_w", 1.0),
    "gtemp": ("temperature_c", 1.0),
    "mtemp": ("mem_temperature_c", 1.0),
    "sm": ("util_ratio", 0.01),
    "mem": ("mem_util_ratio", 0.01),
    "mclk": ("mem_clock_hz", 1e6),
    "pclk": ("clock_hz", 1e6),
    "fb": ("memory_bytes", 2.0**20),
}
_DAY_S = 86_400.0
_PERIOD_S = 1.0  # dmon's default interval, used when the lines carry no time


def sniff(head: Head) -> bool:
    """Say whether there is dmon's header line with a power column."""
    return any(
        line.lstrip().startswith("#") and {"gpu", "pwr"} <= {*_cells(line.lower().replace("#", " "))}
        for line in head.lines[:10]
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU; lines without time are one second apart per GPU."""
    draft = Draft(head, "nvidia_dmon", dataset="nvidia_smi")
    rows: dict[int, list[tuple[float, dict[str, float]]]] = {}
    turns: list[int] = []
    timed, dated, lost, step_s = False, False, 0, stated_step_s(options)
    for row in _rows(read_text(head)):
        if row is None:
            lost += 1
            continue
        found = rows.setdefault(int(row["gpu"]), [])
        turns.append(int(row["gpu"]))
        when = _when(row, options, found[-1][0] if found else 0.0)
        timed, dated = timed or when is not None, dated or "date" in row
        found.append((len(found) * (step_s or _PERIOD_S) if when is None else when, _values(row)))
    if not rows:
        raise EcoError(
            f"{head.path}: no readings in it", "record with: nvidia-smi dmon -s pucm -o DT -f FILE"
        )
    if not timed and step_s is None:
        hint = "record with -o DT, or say their interval, for example --column time==15s"
        draft.note("no_times", "the lines carry no time: taken as one per second", hint, "warning")
    if dated and options.tz is None:
        draft.naive_times()
    _doubt(draft, lost, turns)
    tracks = [_track(index, found) for index, found in sorted(rows.items())]
    return finish_recording(
        draft, tracks, host="unknown", tool="nvidia-smi dmon", rows_count=sum(map(len, rows.values())),
        started_utc_ns=round(min(track.t_s[0] for track in tracks) * NS) if timed and dated else None,
    )  # fmt: skip


def _doubt(draft: Draft, lost: int, turns: list[int]) -> None:
    """Note lines that are no readings, and lines out of turn."""
    draft.leave_out("no reading", lost)
    if lost:
        draft.note("unreadable_lines", f"{lost} lines are no readings: left out", severity="warning")
    doubt_turns(draft, out_of_turn(pl.Series(turns)))


def _rows(text: str) -> Iterator[dict[str, str] | None]:
    """Yield the readings by column, None for a line that is none."""
    names: list[str] = []
    for line in map(str.lstrip, text.splitlines()):
        if line.startswith("#"):
            words = _cells(line.lower().replace("#", " "))
            names = words if "gpu" in words else names
            if {"gpu", "idx"} & set(words) and any(word.isdigit() for word in words):
                yield None  # a reading glued to a line of the header
        elif cells := _cells(line):
            good = len(cells) == len(names) and cells[names.index("gpu")].isdigit()
            yield dict(zip(names, cells, strict=True)) if good else None


def _cells(line: str) -> list[str]:
    """Return the cells of a line; `--format csv` parts them by commas."""
    return line.replace(",", " ").split()


def _when(row: dict[str, str], options: Options, last_s: float) -> float | None:
    """Return the time of a line [epoch s], None without a time; with `-o T` the day is unknown and follows the last."""
    if "time" not in row:
        return None
    date = row.get("date", "20000101")
    found = parse_time(f"{date[:4]}-{date[4:6]}-{date[6:]} {row['time']}", zone_of(options))[0]
    if found is None:
        return None
    days = 0 if "date" in row else max(0, math.ceil((last_s - _DAY_S / 2 - found / NS) / _DAY_S))
    return found / NS + days * _DAY_S


def _values(row: dict[str, str]) -> dict[str, float]:
    """Return the readings of a line in our units; a dash is no reading."""
    said = {ours: (as_float(row.get(theirs)), factor) for theirs, (ours, factor) in _COLUMNS.items()}
    return {ours: value * factor for ours, (value, factor) in said.items() if value is not None}


def _track(index: int, found: list[tuple[float, dict[str, float]]]) -> Track:
    """Return the readings of one GPU."""
    columns = {
        ours: pl.Series([values.get(ours) for _, values in found], dtype=pl.Float64)
        for ours, _ in _COLUMNS.values()
    }
    return Track(
        "NVIDIA GPU",
        "gpu",
        "board",
        "nvidia-smi",
        pl.Series([when for when, _ in found], dtype=pl.Float64),
        columns,
        index=index,
    )
