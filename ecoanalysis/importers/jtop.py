"""jtop CSV (jetson_stats, Jetson): a row per reading, the module's power in milliwatts."""

import polars as pl

from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import number, read_table
from ecoanalysis.importers.times import NS, parse_time, zone_of

TITLE = "jtop (jetson_stats) CSV"
# The rail that feeds the module, or where there is none the sum of all rails; by the name of version 4, of 3.
_TOTALS = ("Power TOT", "power cur")


def sniff(head: Head) -> bool:
    """Say whether the header has a time and jtop's total power."""
    return head.has("time") and any(name in head.columns for name in _TOTALS)


def read(head: Head, options: Options) -> Imported:
    """Return one recording of the module; the rails are parts of its power and left out."""
    total = next(name for name in _TOTALS if name in head.columns)
    raw = read_table(head, need=("time", total), is_log=True)
    stamps = [parse_time(text, zone_of(options)) for text in raw["time"]]
    t_s = pl.Series([None if when is None else when / NS for when, _ in stamps], dtype=pl.Float64)
    draft = Draft(head, "jtop", dataset="jtop")
    if options.tz is None and any(naive for _, naive in stamps):
        draft.naive_times()
    rails = [
        name for name in raw.columns if name.lower().startswith("power ") and name not in (total, "power avg")
    ]
    if rails:
        draft.note("left_out", f"parts of {total} left out: {', '.join(rails)}")
    columns = {"power_w": raw.select(number(total)).to_series() / 1e3}
    for name, ours, factor in (("GPU", "util_ratio", 0.01), ("Temp GPU", "temperature_c", 1.0)):
        if name in raw.columns:
            columns[ours] = raw.select(number(name)).to_series() * factor
    track = Track("NVIDIA Jetson", "platform", "module", "jtop", t_s, columns)
    return finish_recording(
        draft, [track], host="unknown", tool="jtop", rows_count=draft.timed(t_s),
        started_utc_ns=min((when for when, _ in stamps if when is not None), default=None),
    )  # fmt: skip
