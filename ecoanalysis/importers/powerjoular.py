"""PowerJoular CSV: a row per second with the powers of the machine's CPU and GPU, and their sum."""

import re
from datetime import datetime

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import number, read_table
from ecoanalysis.importers.times import NS, parse_time, zone_of

TITLE = "PowerJoular CSV"
_FIXED = ("Date", "CPU Utilization")
_MACHINE = (*_FIXED, "Total Power", "CPU Power", "GPU Power")
_PROCESS = (*_FIXED, "CPU Power")
_ROUNDING_W = 0.01


def sniff(head: Head) -> bool:
    """Say whether the header is PowerJoular's, of the machine or of a process."""
    return head.columns in (_MACHINE, _PROCESS)


def read(head: Head, options: Options) -> Imported:
    """Return one recording: the total, which is the node, and the GPU. Raises `EcoError` for a process's file.

    PowerJoular's CPU is RAPL's psys where the machine has it, else the first package and its DRAM: neither boundary
    is known, so the CPU is kept within the total only.
    """
    if head.columns == _PROCESS:
        raise EcoError(
            f"{head.path}: one process's share of the CPU's power, which is no measurement",
            "import the file of the machine: powerjoular -f FILE",
        )
    raw = read_table(head, need=_MACHINE, is_log=True)
    stamps = [_when(text, options) for text in raw["Date"]]
    t_s = pl.Series([None if when is None else when / NS for when in stamps], dtype=pl.Float64)
    powers = raw.select(number(name) for name in _MACHINE[1:])
    draft = Draft(head, "powerjoular", dataset="powerjoular")
    _doubts(draft, powers)
    if options.tz is None:
        draft.naive_times()
    load = powers["CPU Utilization"]
    tracks = [
        Track("PowerJoular total", "platform", "node", "powerjoular", t_s,
        {"power_w": powers["Total Power"], "util_ratio": load})
    ]  # fmt: skip
    if powers["GPU Power"].max() not in (None, 0):
        tracks.append(Track("GPU", "gpu", "board", "powerjoular", t_s, {"power_w": powers["GPU Power"]}))
    return finish_recording(
        draft, tracks, host="unknown", tool="PowerJoular", rows_count=draft.timed(t_s),
        started_utc_ns=min((when for when in stamps if when is not None), default=None),
    )  # fmt: skip


def _when(text: str | None, options: Options) -> int | None:
    """Return a time [ns]; of seven numbers the last is milliseconds: " 2024- 12- 3  12: 8: 4. 73" is 4.073 s."""
    parts = [int(part) for part in re.findall(r"\d+", text or "")]
    if len(parts) == 7 and parts[6] < 1000:
        parts[6] *= 1000
    try:
        found = datetime(*parts).isoformat(" ") if len(parts) in (6, 7) else ""  # type: ignore[arg-type]
    except ValueError:
        return None
    return parse_time(found, zone_of(options))[0]


def _doubts(draft: Draft, powers: pl.DataFrame) -> None:
    """Note what the CPU's power is, and rows that are none or deny themselves."""
    draft.note(
        "cpu_of", "its CPU power is RAPL's psys where there is one, else the first package and its DRAM"
    )
    off = (powers["CPU Power"] + powers["GPU Power"] - powers["Total Power"]).abs() > _ROUNDING_W
    if off.sum():
        text = f"{off.sum()} totals are not the sum of CPU and GPU"
        draft.note("contradicting_numbers", text, "look at these lines of the file", "warning")
