"""Alumet CSV: one reading per line, energies since the reading before."""

import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import read_table, to_numbers
from ecoanalysis.importers.times import NS

TITLE = "Alumet CSV"
_METRIC = re.compile(r"^(rapl_consumed_energy|nvml_energy_consumption|nvml_instant_power)_(m|u|µ)?(J|W)$")
_SCALE = {None: 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6}
# RAPL's domain -> name, kind, boundary. pp0 and pp1 are parts of the package, *_total sums of all packages.
_DOMAINS = {
    "package": ("package", "cpu", "package"),
    "dram": ("dram", "memory", "dram"),
    "platform": ("psys", "platform", "platform"),
}
_NEED = ("metric", "timestamp", "value", "resource_kind", "resource_id")


def sniff(head: Head) -> bool:
    """Say whether the header is that of Alumet's CSV output."""
    return head.has(*_NEED, "consumer_kind", "consumer_id")


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a counter per RAPL domain and GPU; a GPU's power where it has no counter.

    Units are the suffix of the metric's name. The first energy of a device is of an unknown time and left out.
    Raises `EcoError` when no energy or power of a device is in it.
    """
    raw = read_table(head, need=_NEED)
    draft = Draft(head, "alumet", dataset="alumet")
    frame = _readings(raw)
    tracks: list[Track] = []
    parts: list[str] = []
    for (name, domain, resource), rows in frame.group_by(
        "quantity", "domain", "resource_id", maintain_order=True
    ):
        if name == "rapl_consumed_energy" and domain not in _DOMAINS:
            parts.append(str(domain))
        elif name == "rapl_consumed_energy":
            tracks.append(_counter(*_DOMAINS[str(domain)], rows, _index(resource, len(tracks))))
        elif name == "nvml_energy_consumption":
            tracks.append(_counter("GPU", "gpu", "board", rows, _index(resource, len(tracks))))
        elif "nvml_energy_consumption" not in frame["quantity"]:
            power = {"power_w": rows["value"]}
            index = _index(resource, len(tracks))
            tracks.append(Track("GPU", "gpu", "board", "alumet", rows["t_s"], power, index))
    if not tracks:
        raise EcoError(
            f"{head.path}: no energy of RAPL or NVML in it",
            "known: rapl_consumed_energy_J, nvml_instant_power_mW",
        )
    if parts:
        draft.note("left_out", f"parts and sums of other domains left out: {', '.join(sorted(set(parts)))}")
    first = min(float(track.t_s[0]) for track in tracks)
    return finish_recording(
        draft, tracks, host="unknown", tool="Alumet", rows_count=raw.height, started_utc_ns=round(first * NS)
    )


def _readings(raw: pl.DataFrame) -> pl.DataFrame:
    """Return the readings of known metrics [J or W]: quantity, domain, resource_id, t_s, value, in order of time."""
    attributes = [name for name in ("domain", "__late_attributes") if name in raw.columns]
    said = pl.concat_str(*attributes, separator=",", ignore_nulls=True) if attributes else pl.lit("")
    scales = {
        name: _SCALE[found[2]]
        for name in raw["metric"].unique().drop_nulls()
        if (found := _METRIC.match(name))
    }
    known = raw.filter(pl.col("metric").is_in(list(scales)))
    time = pl.col("timestamp").str.to_datetime("%+", time_unit="ns", time_zone="UTC", strict=False)
    return (
        to_numbers(known, "value")
        .with_columns(
            quantity=pl.col("metric").str.extract(_METRIC.pattern, 1),
            domain=said.str.extract(
                r"(?:^|domain=|,)(package_total|dram_total|package|dram|platform|pp0|pp1)\b", 1
            ),
            t_s=time.dt.epoch("ns") / NS,
            value=pl.col("value")
            * pl.col("metric").replace_strict(scales, default=None, return_dtype=pl.Float64),
        )
        .drop_nulls(["t_s", "value"])
        .sort("t_s", maintain_order=True)
    )


def _counter(name: str, kind: str, boundary: str, rows: pl.DataFrame, index: int) -> Track:
    """Return a device's energies as a counter that starts at its first reading."""
    energy = rows["value"].cum_sum() - float(rows["value"][0])
    return Track(name, kind, boundary, "alumet", rows["t_s"], {"energy_j": energy}, index, "counter")


def _index(resource: object, place: int) -> int:
    """Return the number of a resource, its place in the log where it is called otherwise (a PCI address)."""
    text = str(resource)
    return int(text) if text.isdigit() and len(text) < 9 else place
