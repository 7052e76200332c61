"""The appendix: hardware, versions, factors, sources, runs, exclusions, notes."""

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
    found = context.devices.select(keys).unique(maintain_order=True)
    rows = tuple(
        (
            r["name"],
            str(r["kind"]).replace("_", " "),
            r["boundary"],
            r["sensor"],
            "no energy sensor" if r["energy_source"] in (None, "none") else r["energy_source"],
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
        pl.len().alias("files"), pl.col("sha256").sort().first().alias("sha256")
    )
    rows = tuple(
        (
            r["dataset"],
            r["format"],
            r["files"],
            r["licence"],
            r["citation"],
            None if r["sha256"] is None else str(r["sha256"])[:12],
        )
        for r in grouped.iter_rows(named=True)
    )
    return _table(
        "sources",
        "Imported data",
        "Other people's results, under their licences.",
        ("Data", "Format", "Files", "Licence", "Citation", "SHA-256 (first)"),
        rows,
    )


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
    numbers = {"CPUs", "n", "Files", "Measurements", "Items", "Memory", "TDP", "Batch"}
    columns = tuple(
        Column(name, "right" if name in numbers else "left", "wide" if name in wide else "auto")
        for name in names
    )
    return Table(id_, title, caption, columns, rows, len(rows) if total is None else total, appendix=True)
