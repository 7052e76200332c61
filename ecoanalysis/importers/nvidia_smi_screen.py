"""nvidia-smi's screens, one after the other (nvidia-smi -l 1 > FILE): the table of GPUs under a date."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import NS, parse_time, zone_of

TITLE = "nvidia-smi screens (nvidia-smi -l 1 > FILE)"
LAYOUT = "log"
_BANNER = re.compile(r"^\| NVIDIA-SMI \d")
_DATE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d+:\d{2}:\d{2} \d{4}")
_FIRST = re.compile(r"^\|\s+(\d+)\s+(\S.*?)\s+(?:On|Off|N/A|TCC|WDDM|MCDM)\s*\|")
_SECOND = re.compile(
    r"^\|\s*(?:\d+%|N/A|ERR!)\s+(\d+)C\s+\S+\s+(\d+|N/A|ERR!|\[.*?\])W?\s*/\s*\S+\s*"
    r"\|\s*(\d+)MiB\s*/\s*\d+MiB\s*\|\s*(\d+|N/A)%?"
)
_HINT = "record with: nvidia-smi --query-gpu=timestamp,index,name,power.draw,utilization.gpu --format=csv -l 1 -f FILE"


@dataclass(frozen=True, slots=True)
class _Row:
    """A GPU on a screen: when [epoch s], its number and name, power [W], load, temperature, memory; None for N/A."""

    t_s: float
    gpu: int
    name: str
    power_w: float | None
    util_ratio: float | None
    temperature_c: float | None
    memory_bytes: float | None


def sniff(head: Head) -> bool:
    """Say whether there is the banner of a screen."""
    return any(_BANNER.match(line) for line in head.lines[:100])


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU; powers are whole watts. Raises `EcoError` for a single screen."""
    lines = read_text(head).splitlines()
    rows, screens, lost = [], set(), 0
    for row in _rows(lines, options):
        if row is None:
            lost += 1
        else:
            rows.append(row)
            screens.add(row.t_s)
    if len(screens) < 2:
        raise EcoError(
            f"{head.path}: {len(screens)} screens with a date and a GPU: no energy over time", _HINT
        )
    draft = Draft(head, "nvidia_smi_screen", dataset="nvidia_smi")
    if lost:
        draft.note("unreadable_lines", f"{lost} GPUs on screens cannot be read: left out", severity="warning")
    if options.tz is None:
        draft.naive_times()
    draft.note("whole_watts", "a screen shows whole watts, and a name that may be cut short", _HINT)
    gpus = dict.fromkeys(row.gpu for row in rows)
    tracks = [_track([row for row in rows if row.gpu == gpu]) for gpu in gpus]
    return finish_recording(
        draft, tracks, host="unknown", tool="nvidia-smi", rows_count=len(rows),
        started_utc_ns=round(min(screens) * NS),
    )  # fmt: skip


def _rows(lines: list[str], options: Options) -> Iterator[_Row | None]:
    """Yield the GPUs of all screens under the date that stands above each; None for one that cannot be read."""
    when, first = None, None
    for line in lines:
        if (found := _DATE.search(line)) and "|" not in line:
            stamp = parse_time(found[0], zone_of(options))[0]
            when, first = None if stamp is None else stamp / NS, None
        elif found := _FIRST.match(line):
            if first is not None:
                yield None
            first = found
        elif (second := _SECOND.match(line)) or first is not None:
            if first is None or second is None or when is None:
                yield None
            else:
                temperature, power, memory, load = (as_float(cell) for cell in second.groups())
                yield _Row(
                    when, int(first[1]), first[2], power, None if load is None else load / 100, temperature,
                    None if memory is None else memory * 2**20,
                )  # fmt: skip
            first = None


def _track(rows: list[_Row]) -> Track:
    """Return the readings of one GPU."""
    columns = {
        name: pl.Series([getattr(row, name) for row in rows], dtype=pl.Float64)
        for name in ("power_w", "util_ratio", "temperature_c", "memory_bytes")
    }
    times = pl.Series([row.t_s for row in rows])
    name = rows[0].name if rows[0].name.startswith("NVIDIA") else f"NVIDIA {rows[0].name}"
    source = "power" if columns["power_w"].count() else "none"
    return Track(name, "gpu", "board", "nvidia-smi", times, columns, rows[0].gpu, source)
