"""Alumet CSV: a measurement per line; energies are differences since the measurement before."""

import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import number, read_table
from ecoanalysis.importers.times import NS, from_unix, parse_time, zone_of
from ecoanalysis.importers.turns import doubt_turns, out_of_turn
from ecoanalysis.units import convert

TITLE = "Alumet CSV"
_NEED = ("metric", "timestamp", "value", "resource_kind", "resource_id")
_GPU_ENERGY, _GPU_POWER = "nvml_energy_consumption", "nvml_instant_power"
_UNITS = {
    "rapl_consumed_energy": "J",
    _GPU_ENERGY: "mJ",
    "amd_gpu_energy_consumption": "mJ",
    _GPU_POWER: "mW",
}
_METRIC = re.compile(rf"^({'|'.join(_UNITS)})(?:_((?:m|u|µ)?[JW]))?$")
# RAPL's domain -> (kind, boundary). pp0 and pp1 are parts of the package, *_total sums over packages.
_DOMAINS = {
    "package": ("cpu", "package"),
    "dram": ("memory", "dram"),
    "platform": ("platform", "platform"),
}


def sniff(head: Head) -> bool:
    """Say whether the header is Alumet's."""
    return head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a counter per package, DRAM and GPU, a GPU's power where it has no counter.

    Units are the suffix of the metric's name, else the metric's own. A first difference has no time of its own.
    Raises `EcoError` when no energy or power of a device is in it.
    """
    raw = read_table(head, need=_NEED, quoted=False, is_log=True)
    frame = _timed(raw.with_columns(number("value"), domain=_domain(raw)), options)
    draft = Draft(head, "alumet", dataset="alumet")
    if "consumer_kind" in raw.columns:  # what is attributed to processes is a share of the machine's
        frame = frame.filter(pl.col("consumer_kind").fill_null("local_machine") == "local_machine")
        draft.leave_out("attributed to a process", raw.height - frame.height)
    of_line = pl.concat_str(
        "metric", "domain", "resource_kind", "resource_id", separator="|", ignore_nulls=True
    )
    doubt_turns(draft, out_of_turn(frame.select(of_line).to_series()))
    tracks = _tracks(draft, frame)
    if not tracks:
        hint = "enable the plugin rapl or nvidia-nvml, and write its metrics to the CSV"
        raise EcoError(f"{head.path}: no energy of a package, DRAM or GPU in it", hint)
    timed = sum(draft.timed(track.t_s) for track in tracks)
    begun = [float(when) for track in tracks if (when := track.t_s.min()) is not None]  # type: ignore[arg-type]
    started = from_unix(min(begun)) if begun else None
    return finish_recording(
        draft, tracks, host="unknown", tool="Alumet", started_utc_ns=started, rows_count=timed
    )


def _tracks(draft: Draft, frame: pl.DataFrame) -> list[Track]:
    """Return the metered resources; a GPU's power is left out where it has a counter."""
    counted = set(frame.filter(pl.col("metric").str.starts_with(_GPU_ENERGY))["resource_id"])
    tracks: list[Track] = []
    parts: set[str] = set()
    for (metric, domain, _, resource), rows in frame.group_by(
        "metric", "domain", "resource_kind", "resource_id", maintain_order=True
    ):
        found = _METRIC.match(str(metric))
        if not found or (found[1] == _GPU_POWER and resource in counted):
            draft.leave_out("another metric", rows.height)
            continue
        if found[1].startswith("rapl") and domain not in _DOMAINS:
            draft.leave_out("a part, or a sum, of other domains", rows.height)
            parts.add(str(domain))
            continue
        tracks.append(_track(draft, found, str(domain), rows, [track.name for track in tracks]))
    if parts:
        draft.note("left_out", f"parts and sums of other domains left out: {', '.join(sorted(parts))}")
    return tracks


def _track(draft: Draft, found: re.Match[str], domain: str, rows: pl.DataFrame, taken: list[str]) -> Track:
    """Return one resource: its power, or its differences of energy summed from the second on."""
    metric, unit = found[1], (found[2] or _UNITS[found[1]]).replace("µ", "u")
    kind, boundary = _DOMAINS[domain] if metric.startswith("rapl") else ("gpu", "board")
    name = domain if metric.startswith("rapl") else "NVIDIA GPU" if metric.startswith("nvml") else "AMD GPU"
    t_s, values = rows["t_s"], rows["value"] * convert(1.0, unit, unit[-1])
    if metric == _GPU_POWER:
        return Track(name, kind, boundary, "alumet", t_s, {"power_w": values}, taken.count(name))
    if below := int((values < 0).sum()):
        text = f"{found[0]}: {below} values are below zero, and no energy is"
        draft.note("negative_readings", text, "look at these lines of the file", "warning")
    if values.null_count():
        text = f"{found[0]}: {values.null_count()} values are no numbers: the counter starts anew there"
        draft.note("lost_readings", text, "its energy is taken from the power before and after", "warning")
    counter = {"energy_j": _counter(values)}
    return Track(name, kind, boundary, "alumet", t_s, counter, taken.count(name), energy_source="counter")


def _counter(values: pl.Series) -> pl.Series:
    """Return differences of energy summed [J]; at a lost one the sum falls to 0, which is read as a reset."""
    parts = pl.DataFrame({"j": values.fill_null(0.0), "part": values.is_null().cum_sum()})
    sums = parts.select(pl.col("j").cum_sum().over("part")).to_series()
    return sums if values.null_count() else sums - sums[0]


def _timed(frame: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Return the lines with their time `t_s` [epoch s]; many share one, which is read once."""
    zone, texts = zone_of(options), frame["timestamp"].drop_nulls().unique().to_list()
    stamps = [parse_time(text, zone)[0] for text in texts]
    times = pl.DataFrame(
        {"timestamp": texts, "t_s": [None if when is None else when / NS for when in stamps]},
        {"timestamp": pl.String, "t_s": pl.Float64},
    )
    return frame.join(times, on="timestamp", how="left", maintain_order="left")


def _domain(raw: pl.DataFrame) -> pl.Expr:
    """Return the domain of each line: a column, or one of the late attributes; empty where it has none."""
    late = pl.col("__late_attributes").str.extract(r"domain=([a-z0-9_]+)", 1)
    given = [pl.col("domain")] if "domain" in raw.columns else []
    more = [late] if "__late_attributes" in raw.columns else []
    return pl.coalesce(*given, *more, pl.lit(""))
