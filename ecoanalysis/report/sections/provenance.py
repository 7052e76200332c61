"""The appendix: hardware, versions, factors, sources, runs, exclusions, notes."""

import hashlib

import polars as pl

from collectors.trace.records import format_id
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Cell, Column, Section, Table

_ROWS = 200


def build(context: Context) -> tuple[Section, ...]:
    """Return the tables that exist."""
    tables = [
        _machines(context),
        _devices(context),
        _factors(context),
        _sources(context),
        _excluded(context),
        _notes(context),
        _runs(context),
    ]
    blocks = tuple(table for table in tables if table.rows)
    return (Section("provenance", "Appendix: data and provenance", blocks, appendix=True, placed=True),)


def _machines(context: Context) -> Table:
    """Return the recording machines."""
    keys = [
        "host",
        "os",
        "python",
        "cpu_model",
        "cpu_count",
        "memory_bytes",
        "virtualization",
        "tool",
        "tool_version",
    ]
    found = (
        context.recordings.select(keys)
        .unique(maintain_order=True)
        .sort("host", "tool", nulls_last=True)
        .head(_ROWS)
    )
    rows = tuple(
        (
            str(r["host"]),
            r["cpu_model"],
            r["cpu_count"],
            None if r["memory_bytes"] is None else f"{r['memory_bytes'] / 2**30:.0f} GiB",
            r["os"],
            r["python"],
            r["virtualization"],
            f"{r['tool'] or '–'} {r['tool_version'] or ''}".strip(),
        )
        for r in found.iter_rows(named=True)
    )
    return _table(
        "machines",
        "Machines",
        "One row per machine and tool version.",
        ("Machine", "Processor", "CPUs", "Memory", "System", "Python", "Virtual", "Tool"),
        rows,
        len(rows),
    )


def _devices(context: Context) -> Table:
    """Return the devices with their sensors."""
    keys = [
        "host",
        "kind",
        "name",
        "boundary",
        "sensor",
        "energy_source",
        "driver",
        "tdp_w",
        "gain_error_ratio",
    ]
    stated = pl.col("recording_id").is_null().alias("stated")
    found = context.devices.select(*keys, stated).unique(maintain_order=True)
    rows = tuple(
        (
            r["name"],
            str(r["kind"]).replace("_", " "),
            r["boundary"],
            r["sensor"],
            _energy_from(r),
            r["driver"],
            None if r["tdp_w"] is None else f"{r['tdp_w']:g} W",
            None if r["gain_error_ratio"] is None else f"±{r['gain_error_ratio']:.0%}",
        )
        for r in found.iter_rows(named=True)
    )
    names = ("Device", "Kind", "Boundary", "Sensor", "Energy from", "Driver", "TDP", "Gain error")
    return _table(
        "devices", "Devices and sensors", "What was read, and how far it can be trusted.", names, rows
    )


def _energy_from(device: dict[str, object]) -> str:
    """Return what a device's energy comes from: a device of imported results has it from its source."""
    if device["stated"]:
        return "as its source states"
    return "no energy sensor" if device["energy_source"] in (None, "none") else str(device["energy_source"])


def _factors(context: Context) -> Table:
    """Return the factors with their sources."""
    place = context.place
    named = [("carbon", place.carbon), ("water of electricity", place.ewif)]
    named += [(f"PUE, {kind}", factor) for kind, factor in place.pue.items()]
    named += [(f"WUE, {kind}", factor) for kind, factor in place.wue.items()]
    rows = tuple(
        (
            name,
            f"{f.value:g} ({f.low:g}–{f.high:g}) {f.unit}",
            f.name,
            str(f.year or "–"),
            f.status,
            f.source,
            f.licence,
        )
        for name, f in named
    )
    caption = f"Every factor behind carbon and water, with bounds at 95 %. Hash of them all: {place.hash}."
    return _table(
        "factors", "Factors", caption, ("Factor", "Value", "For", "Year", "Status", "Source", "Licence"), rows
    )


def _sources(context: Context) -> Table:
    """Return the imported data with licence and citation."""
    if context.sources.is_empty():
        return _table("sources", "Imported data", "", ("Data",), ())
    grouped = context.sources.group_by("dataset", "format", "licence", "citation", maintain_order=True).agg(
        pl.len().alias("files"), pl.col("rows_count").sum(), pl.col("sha256").drop_nulls().sort()
    )
    rows = tuple(
        (
            r["dataset"],
            r["format"],
            r["files"],
            r["rows_count"],
            r["licence"] or "not stated",
            r["citation"],
            _digest(r["sha256"]),
        )
        for r in grouped.iter_rows(named=True)
    )
    return _table(
        "sources",
        "Imported data",
        "Other people's results, under their licences. Of several files the digest is that of their SHA-256 digests, "
        "sorted, one a line (sha256sum FILES | cut -c-64 | sort | sha256sum).",
        ("Data", "Format", "Files", "Rows", "Licence", "Citation", "SHA-256"),
        rows,
    )


def _digest(of_files: list[str]) -> str | None:
    """Return the first 16 digits of a file's SHA-256, or of that of several files' sorted digests, one a line."""
    if not of_files:
        return None
    if len(of_files) == 1:
        return of_files[0][:16]
    return hashlib.sha256("".join(f"{digest}\n" for digest in of_files).encode()).hexdigest()[:16]


def _excluded(context: Context) -> Table:
    """Return why measurements are out of use."""
    grouped = context.excluded.group_by("dataset", "excluded").len().sort("dataset", "excluded")
    rows = tuple(
        (str(r["dataset"]), str(r["excluded"]), int(r["len"])) for r in grouped.iter_rows(named=True)
    )
    return _table(
        "excluded",
        "Left out",
        "Measurements that enter no figure, with the reason.",
        ("Data", "Reason", "Measurements"),
        rows,
    )


def _notes(context: Context) -> Table:
    """Return the notes, counted where they repeat."""
    grouped = context.notes.group_by("severity", "code", maintain_order=True).agg(
        pl.len().alias("n"), pl.col("text").sort().first(), pl.col("hint").drop_nulls().sort().first()
    )
    rows = tuple(
        (str(r["severity"] or "info"), str(r["code"]).replace("_", " "), r["n"], r["text"], r["hint"])
        for r in grouped.head(60).iter_rows(named=True)
    )
    caption = "What is missing or doubtful; where a note repeats, one of its texts is shown."
    return _table(
        "notes", "Notes", caption, ("Severity", "Note", "n", "Text", "What to do"), rows, grouped.height
    )


def _runs(context: Context) -> Table:
    """Return the runs with their ids."""
    rows = tuple(
        (
            format_id(int(r["id"])),
            r["model"],
            r["precision"],
            None if r["batch_size"] is None else f"{r['batch_size']:g}",
            r["status"],
            r["items_count"],
            r["host"],
        )
        for r in context.runs.head(_ROWS).iter_rows(named=True)
    )
    names = ("Run", "Model", "Precision", "Batch", "Status", "Items", "Machine")
    return _table(
        "runs", "Runs", "The newest first; look at one with eco show RUN.", names, rows, context.runs.height
    )


def _table(
    id_: str,
    title: str,
    caption: str,
    names: tuple[str, ...],
    rows: tuple[tuple[Cell, ...], ...],
    total: int | None = None,
) -> Table:
    """Return an appendix table whose numbers stand on the right and whose long texts take the room."""
    wide = {"Source", "Text", "Citation", "What to do", "Reason", "System", "For", "Licence"}
    numbers = {"CPUs", "n", "Files", "Rows", "Measurements", "Items", "Memory", "TDP", "Batch"}
    columns = tuple(
        Column(name, "right" if name in numbers else "left", "wide" if name in wide else "auto")
        for name in names
    )
    return Table(id_, title, caption, columns, rows, len(rows) if total is None else total, appendix=True)
