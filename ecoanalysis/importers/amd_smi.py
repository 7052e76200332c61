"""amd-smi metric CSV logs (`amd-smi metric --csv -w 1`): a row per GPU and second, power of the socket."""

import polars as pl

from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import number, read_table
from ecoanalysis.importers.times import from_unix
from ecoanalysis.importers.turns import doubt_turns, out_of_turn

TITLE = "amd-smi metric --csv log"
_NEED = ("timestamp", "gpu", "socket_power")
# Their column -> (our column, factor to our unit).
_COLUMNS = {
    "socket_power": ("power_w", 1.0),
    "gfx_activity": ("util_ratio", 0.01),
    "umc_activity": ("mem_util_ratio", 0.01),
    "hotspot": ("temperature_c", 1.0),
    "mem": ("mem_temperature_c", 1.0),
    "gfx_0_clk": ("clock_hz", 1e6),
    "mem_0_clk": ("mem_clock_hz", 1e6),
}


def sniff(head: Head) -> bool:
    """Say whether the header has amd-smi's columns."""
    return head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU; times are Unix seconds."""
    raw = read_table(head, need=_NEED, is_log=True)
    have = [name for name in _COLUMNS if name in raw.columns]
    frame = raw.select(pl.col("gpu").cast(pl.Int32, strict=False), number("timestamp"), *map(number, have))
    good = frame.drop_nulls(["gpu", "timestamp"])
    draft = Draft(head, "amd_smi", dataset="amd_smi")
    if good.height < frame.height:
        text = f"{frame.height - good.height} lines are no readings: left out"
        draft.note("unreadable_lines", text, severity="warning")
        draft.leave_out("no reading", frame.height - good.height)
    doubt_turns(draft, out_of_turn(good["gpu"]))
    tracks = [
        Track(
            "AMD GPU", "gpu", "board", "amd-smi", rows["timestamp"],
            {_COLUMNS[name][0]: rows[name] * _COLUMNS[name][1] for name in have}, index=int(str(gpu)),
        )
        for (gpu,), rows in good.sort("gpu", maintain_order=True).group_by("gpu", maintain_order=True)
    ]  # fmt: skip
    started = from_unix(float(good["timestamp"][0])) if good.height else None
    return finish_recording(
        draft, tracks, host="unknown", tool="amd-smi", started_utc_ns=started, rows_count=good.height
    )
