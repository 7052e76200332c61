"""nvidia-smi dmon text: a table of blanks with two comment lines of names and units."""

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import NS, parse_time, zone_of
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
_PERIOD_S = 1.0  # dmon's default interval, used when the lines carry no time


def sniff(head: Head) -> bool:
    """Say whether there is dmon's header line with a power column."""
    return any(
        line.lstrip().startswith("#") and {"gpu", "pwr"} <= set(line.lower().replace("#", " ").split())
        for line in head.lines[:10]
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU; lines without time are one second apart per GPU."""
    draft = Draft(head, "nvidia_dmon", dataset="nvidia_smi")
    names: list[str] = []
    rows: dict[int, list[tuple[float, dict[str, float]]]] = {}
    turns: list[int] = []
    dated, lost = False, 0
    for line in map(str.lstrip, read_text(head).splitlines()):
        if line.startswith("#"):
            words = line.lower().replace("#", " ").split()
            names = words if "gpu" in words else names
            lost += any(word.isdigit() for word in words)  # a reading glued to a header
            continue
        cells = line.split()
        if not cells:
            continue
        if len(cells) != len(names) or not cells[names.index("gpu")].isdigit():
            lost += 1
            continue
        row = dict(zip(names, cells, strict=True))
        found = rows.setdefault(int(row["gpu"]), [])
        turns.append(int(row["gpu"]))
        when = _when(row, options)
        dated = dated or when is not None
        found.append((len(found) * _PERIOD_S if when is None else when, _values(row)))
    if not rows:
        raise EcoError(
            f"{head.path}: no readings in it", "record with: nvidia-smi dmon -s pucm -o DT -f FILE"
        )
    _doubt(draft, lost, dated=dated)
    doubt_turns(draft, out_of_turn(pl.Series(turns)))
    tracks = [_track(index, found) for index, found in sorted(rows.items())]
    started = round(min(track.t_s[0] for track in tracks) * NS) if dated else None
    return finish_recording(
        draft, tracks, host="unknown", tool="nvidia-smi dmon", started_utc_ns=started,
        rows_count=sum(len(found) for found in rows.values()),
    )  # fmt: skip


def _doubt(draft: Draft, lost: int, *, dated: bool) -> None:
    """Note lines without a time, and lines that are no readings."""
    if not dated:
        draft.note(
            "no_times", "the lines carry no time: taken as one per second", "record with -o DT", "warning"
        )
    draft.leave_out("no reading", lost)
    if lost:
        draft.note("unreadable_lines", f"{lost} lines are no readings: left out", severity="warning")


def _when(row: dict[str, str], options: Options) -> float | None:
    """Return the time of a line [epoch s], None without `-o DT`."""
    if "date" not in row or "time" not in row:
        return None
    date = row["date"]
    found = parse_time(f"{date[:4]}-{date[4:6]}-{date[6:]} {row['time']}", zone_of(options))[0]
    return None if found is None else found / NS


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
