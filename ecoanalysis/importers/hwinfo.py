"""HWiNFO CSV logs (Windows): date and time in two columns, a column per sensor."""

import polars as pl

from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import number, read_table
from ecoanalysis.importers.times import zone_of

TITLE = "HWiNFO CSV log"
LAYOUT = "own"  # its last two lines repeat the header and name the sensors' sources
# Power column -> (name, kind, boundary, column of the utilisation). IA and GT cores are parts of the package.
_POWERS = {
    "CPU Package Power [W]": ("package", "cpu", "package", "Total CPU Usage [%]"),
    "CPU PPT [W]": ("package", "cpu", "package", "Total CPU Usage [%]"),
    "Total DRAM Power [W]": ("dram", "memory", "dram", None),
    "GPU Power [W]": ("GPU", "gpu", "board", "GPU Core Load [%]"),
}


def sniff(head: Head) -> bool:
    """Say whether the header begins with date and time, and has a power that we know."""
    return head.columns[:2] == ("Date", "Time") and any(name in _POWERS for name in head.columns)


def read(head: Head, options: Options) -> Imported:
    """Return one recording; dates are day.month.year, or ISO, on the machine's own clock."""
    raw = read_table(head, need=("Date", "Time"), is_log=True)
    clock = pl.col("Date").str.strip_chars() + " " + pl.col("Time").str.strip_chars()
    forms = ("%d.%m.%Y %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")
    stamp = pl.coalesce(clock.str.to_datetime(form, strict=False, time_unit="us") for form in forms)
    zone = str(zone_of(options))
    frame = raw.with_columns(t=stamp.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null"))
    good = frame.filter(pl.col("t").is_not_null())
    draft = Draft(head, "hwinfo", dataset="hwinfo")
    lost = frame.filter(pl.col("t").is_null() & (pl.col("Date").fill_null("").str.contains(r"\d"))).height
    draft.leave_out("no time in it", lost)
    draft.leave_out("header or names of sensors", frame.height - good.height - lost)
    bare = frame.filter(pl.all_horizontal(pl.exclude("Date").is_null())).height
    if lost or bare:
        draft.note("unreadable_lines", f"{lost + bare} lines have no time: left out", severity="warning")
    if options.tz is None:
        draft.naive_times()
    t_s = good["t"].dt.epoch("us") / 1e6
    tracks: list[Track] = []
    for column in raw.columns:
        said = column.split("#")[0]
        if said not in _POWERS or (said == "CPU PPT [W]" and "CPU Package Power [W]" in raw.columns):
            continue
        name, kind, boundary, load = _POWERS[said]
        values = {"power_w": good.select(number(column)).to_series()}
        if load in raw.columns and said == column:
            values["util_ratio"] = good.select(number(str(load))).to_series() / 100
        place = sum(track.name == name for track in tracks)
        tracks.append(Track(name, kind, boundary, "hwinfo", t_s, values, place))
    started = round(float(t_s[0]) * 1e6) * 1000 if good.height else None
    return finish_recording(
        draft, tracks, host="unknown", tool="HWiNFO", started_utc_ns=started, rows_count=good.height
    )
