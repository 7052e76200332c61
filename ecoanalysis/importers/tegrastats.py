"""tegrastats text (Jetson): a line per interval, the power of each rail as now/mean, in milliwatts."""

import re
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import NS, from_unix, parse_time, stated_step_s, zone_of

TITLE = "tegrastats text"
LAYOUT = "log"
_LINE = re.compile(r"^(.*?)\bRAM (\d+)/\d+MB ")
# VDD_IN 5542mW/5552mW, from JetPack 7 on with a third number; POM_5V_IN 920/920 until JetPack 4.
_RAIL = re.compile(r"(?<=\s)([A-Z][A-Z0-9_]*) (\d+)(?:mW)?/\d+(?:mW)?(?:/\d+(?:mW)?)?(?=\s|$)")
_LOAD = re.compile(r"\bGR3D(?:_FREQ)? (\d+)%")
_TEMPERATURE = re.compile(r"\b(?:GPU|gpu)@(-?[\d.]+)C")
_WHOLE = ("VDD_IN", "POM_5V_IN", "VIN")  # the rail that feeds all others
_PERIOD_S = 1.0  # tegrastats' default interval, used when the lines carry no time


@dataclass(frozen=True, slots=True)
class _Reading:
    """One line: when [epoch s, None without a time], powers by rail [W], load, temperature, memory."""

    t_s: float | None
    powers_w: dict[str, float]
    util_ratio: float | None
    temperature_c: float | None
    memory_bytes: int


def sniff(head: Head) -> bool:
    """Say whether there are tegrastats' lines at the beginning."""
    return any(_LINE.match(line) and ("CPU [" in line or "cpu [" in line) for line in head.lines[:20])


def read(head: Head, options: Options) -> Imported:
    """Return one recording of the module: by the rail that feeds it, else a device per rail.

    Raises `EcoError` where no rail has a power: without root, or on a board without monitors.
    """
    draft = Draft(head, "tegrastats", dataset="tegrastats")
    lines = [line for line in read_text(head).splitlines() if line.strip()]
    readings = [found for line in lines if (found := _reading(line, options)) is not None]
    rails = list(dict.fromkeys(rail for one in readings for rail in one.powers_w))
    if not rails:
        hint = (
            "run it as root: sudo tegrastats --interval 100 --logfile FILE; some boards have no power monitor"
        )
        raise EcoError(f"{head.path}: no power of a rail in it", hint)
    if len(readings) < len(lines):
        text = f"{len(lines) - len(readings)} lines are no readings: left out"
        draft.note("unreadable_lines", text, severity="warning")
    again = sum(one == other for one, other in pairwise(lines))
    if again:
        draft.note("repeated_rows", f"{again} lines are word for word the line before", severity="warning")
    t_s, dated = _times(draft, readings, stated_step_s(options))
    if dated and options.tz is None:
        draft.naive_times()
    tracks = [_track(rail, readings, t_s) for rail in _kept(draft, rails)]
    return finish_recording(
        draft, tracks, host="unknown", tool="tegrastats", rows_count=len(readings),
        started_utc_ns=from_unix(float(t_s[0])) if dated else None,
    )  # fmt: skip


def _reading(line: str, options: Options) -> _Reading | None:
    """Return what a line says, None for a line that is none; what stands before "RAM" is its time."""
    begun = _LINE.match(line)
    if begun is None or line.count("RAM ") - line.count("IRAM ") > 1:  # none, or two in one
        return None
    said = begun[1].strip()
    when = parse_time(said, zone_of(options))[0] or from_unix(as_float(said))
    load, temperature = _LOAD.search(line), _TEMPERATURE.search(line)
    return _Reading(
        None if when is None else when / NS,
        {rail: int(now) / 1e3 for rail, now in _RAIL.findall(line)},
        int(load[1]) / 100 if load else None,
        as_float(temperature[1]) if temperature else None,
        int(begun[2]) << 20,
    )


def _times(draft: Draft, readings: list[_Reading], step_s: float | None) -> tuple[pl.Series, bool]:
    """Return the times [s], and whether the lines carry them; lines of one second are spread over it."""
    said = pl.Series([one.t_s for one in readings], dtype=pl.Float64)
    if said.null_count() == said.len():
        if step_s is None:
            text = f"the lines carry no time: taken as one per {_PERIOD_S:g} s"
            draft.note("no_times", text, "say their interval, for example --column time==0.1s", "warning")
        return pl.Series([place * (step_s or _PERIOD_S) for place in range(said.len())]), False
    frame = pl.DataFrame({"t": said.interpolate().forward_fill().backward_fill()})
    place, count = pl.int_range(pl.len()).over("t"), pl.len().over("t")
    whole = (frame["t"] == frame["t"].round()).all()
    return frame.select(pl.col("t") + place / count if whole else pl.col("t")).to_series(), True


def _kept(draft: Draft, rails: list[str]) -> list[str]:
    """Return the rails that are read: the one that feeds all, or all, which are then the module together."""
    whole = next((rail for rail in _WHOLE if rail in rails), None)
    if whole is None:
        text = f"no rail feeds all others: the module is {', '.join(rails)} together; what none feeds is not seen"
        draft.note("rails_only", text, "compare with a meter at the plug", "warning")
        return rails
    if len(rails) > 1:
        others = ", ".join(rail for rail in rails if rail != whole)
        draft.note("left_out", f"{whole} feeds the module; its parts are left out: {others}")
    return [whole]


def _track(rail: str, readings: list[_Reading], t_s: pl.Series) -> Track:
    """Return the readings of one rail: the power of now, not the mean since the start that stands behind it."""
    columns = {
        "power_w": pl.Series([one.powers_w.get(rail) for one in readings], dtype=pl.Float64),
        "util_ratio": pl.Series([one.util_ratio for one in readings], dtype=pl.Float64),
        "temperature_c": pl.Series([one.temperature_c for one in readings], dtype=pl.Float64),
        "memory_bytes": pl.Series([one.memory_bytes for one in readings]),
    }
    return Track(f"NVIDIA Jetson {rail}", "platform", "module", "tegrastats", t_s, columns)
