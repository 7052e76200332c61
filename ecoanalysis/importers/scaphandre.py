"""Scaphandre JSON: reports of the host, its sockets and processes, in microwatts."""

import json
from collections.abc import Iterator

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import from_unix

TITLE = "Scaphandre JSON"
LAYOUT = "own"
_UW = 1e-6
_KINDS = {"package": "cpu", "dram": "memory", "node": "platform"}
_Readings = dict[tuple[str, str, int], list[tuple[float, float]]]


def sniff(head: Head) -> bool:
    """Say whether the reports have a host, consumers and sockets."""
    start = head.text.lstrip()[:1]
    return start in ("{", "[") and all(
        f'"{name}"' in head.text for name in ("host", "consumers", "consumption")
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per socket and its DRAM; without sockets the host is the node.

    Beside sockets the host is left out: it is psys where the machine has it, else their sum. Processes are shares.
    """
    draft = Draft(head, "scaphandre", dataset="scaphandre")
    found: _Readings = {}
    reports = lost = 0
    for report in _reports(read_text(head)):
        if isinstance(report, dict) and isinstance(report.get("host"), dict):
            reports += 1
            for key, reading in _powers(report):
                found.setdefault(key, []).append(reading)
        else:
            lost += 1
    if any(boundary != "node" for boundary, _, _ in found):
        if any(boundary == "node" for boundary, _, _ in found):
            draft.note(
                "left_out", "host (psys, or the sum of its sockets) and the shares of processes left out"
            )
        found = {key: readings for key, readings in found.items() if key[0] != "node"}
    if not found:
        raise EcoError(
            f"{head.path}: no power in its reports", "Scaphandre needs RAPL: run it as root on the host"
        )
    if lost:
        draft.note("unreadable_lines", f"{lost} reports cannot be read: left out", severity="warning")
    tracks = [
        Track(
            name, _KINDS[boundary], boundary, "scaphandre", pl.Series([when for when, _ in readings]),
            {"power_w": pl.Series([watts for _, watts in readings])}, index,
        )
        for (boundary, name, index), readings in found.items()
    ]  # fmt: skip
    first = min(when for readings in found.values() for when, _ in readings)
    return finish_recording(
        draft, tracks, host="unknown", tool="Scaphandre", started_utc_ns=from_unix(first), rows_count=reports
    )


def _reports(text: str) -> Iterator[object]:
    """Yield the reports of an array, of lines or of a mere row of objects; None for one that cannot be read."""
    decoder, place = json.JSONDecoder(), 0
    while (place := text.find("{", place)) >= 0:
        try:
            report, place = decoder.raw_decode(text, place)
        except (json.JSONDecodeError, RecursionError):
            yield None
            after = text.find('{"host"', place + 1)
            if after < 0:
                return
            place = after
        else:
            yield report


def _powers(report: dict[str, object]) -> Iterator[tuple[tuple[str, str, int], tuple[float, float]]]:
    """Yield the powers of a report: (boundary, name, number), (epoch s, W)."""
    sockets = report.get("sockets")
    for socket in sockets if isinstance(sockets, list) else []:
        if isinstance(socket, dict):
            index = int(as_float(socket.get("id")) or 0)
            yield from _power("package", "package", index, socket)
            domains = socket.get("domains")
            for domain in domains if isinstance(domains, list) else []:
                if isinstance(domain, dict) and str(domain.get("name")) == "dram":
                    yield from _power("dram", "dram", index, domain)
    host = report["host"]
    if isinstance(host, dict):
        yield from _power("node", "host", 0, host)


def _power(
    boundary: str, name: str, index: int, said: dict[str, object]
) -> Iterator[tuple[tuple[str, str, int], tuple[float, float]]]:
    """Yield the power of one part, where it says one and when."""
    when, power = as_float(said.get("timestamp")), as_float(said.get("consumption"))
    if when is not None and power is not None:
        yield (boundary, name, index), (when, power * _UW)
