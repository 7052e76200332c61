"""Any CSV, its columns named by the user or by headings with units: samples with a time, results with an energy."""

from typing import Any

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.guess import guess
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, number, read_table
from ecoanalysis.importers.times import NS, from_unix, parse_time, zone_of
from ecoanalysis.units import convert, is_unit

TITLE = "any CSV with --column OURS=THEIRS[:UNIT], or with headings that say their units"
# Our column -> the unit that we keep.
_SAMPLE = {
    "power_w": "W",
    "energy_j": "J",
    "util_ratio": "ratio",
    "temperature_c": "",
    "memory_bytes": "B",
    "clock_hz": "Hz",
}
_RESULT = {
    "energy_j": "J",
    "energy_per_item_j": "J",
    "duration_s": "s",
    "mean_power_w": "W",
    "latency_s": "s",
    "items_count": "",
    "throughput_items_per_s": "",
    "quality_value": "",
}
_KINDS = {"wall": "wall", "dram": "memory", "package": "cpu", "board": "board", "node": "platform"}
_WORDS = (
    "task",
    "model",
    "framework",
    "precision",
    "device",
    "item_unit",
    "boundary",
    "basis",
    "label",
    "quality_metric",
    "scenario",
    "modality",
)


def sniff(head: Head) -> bool:
    """Say whether the headings alone tell what the columns are; else the user chooses this format."""
    return bool(guess(head.columns))


def read(head: Head, options: Options) -> Imported:
    """Return samples (with `time`) or results (with `energy_j` or `energy_per_item_j`), as the map says.

    `OURS==TEXT` gives all rows the same text: `item_unit==token`. Without a map the headings are guessed from, and a
    warning says what was taken for what.
    """
    columns = dict(options.columns) or guess(head.columns)
    if not columns:
        raise EcoError(
            f"{head.path}: the generic format needs a column map",
            "for example --column time=ts --column power_w=watts:mW",
        )
    constants = {ours: theirs[1:] for ours, theirs in columns.items() if theirs.startswith("=")}
    pairs = {ours: parted(theirs) for ours, theirs in columns.items() if ours not in constants}
    frame = read_table(head, need=tuple(theirs for theirs, _ in pairs.values()))
    frame = frame.with_columns(pl.lit(text).alias(f"={ours}") for ours, text in constants.items())
    units = {ours: unit for ours, (_, unit) in pairs.items()}
    names = {ours: theirs for ours, (theirs, _) in pairs.items()} | {ours: f"={ours}" for ours in constants}
    draft = Draft(head, "generic", dataset=head.path.stem)
    if not options.columns:
        said = ", ".join(
            f"{ours.split('.')[0]} {'is' if theirs.startswith('=') else 'from'} {theirs.removeprefix('=')}"
            for ours, theirs in columns.items()
        )
        draft.note(
            "guessed_columns", f"read by its headings: {said}", "say otherwise with --format generic --column …",
            "warning",
        )  # fmt: skip
    if "time" in names:
        return _trace(draft, options, frame, names, units)
    if not {"energy_j", "energy_per_item_j"} & set(names):
        raise EcoError(
            "the map has neither time nor an energy", "map time and power_w for a log, energy_j for results"
        )
    return _results(draft, frame, names, units)


def parted(theirs: str) -> tuple[str, str]:
    """Return a column and its unit: what follows the last colon, where that is a unit."""
    name, colon, unit = theirs.rpartition(":")
    return (name, unit) if colon and is_unit(unit) else (theirs, "")


def _column(frame: pl.DataFrame, theirs: str, unit: str, kept: str) -> pl.Series:
    """Return a column in our unit."""
    factor = convert(1.0, unit, kept) if unit and kept else 1.0
    return frame.select(number(theirs)).to_series() * factor


def _trace(
    draft: Draft, options: Options, frame: pl.DataFrame, names: dict[str, str], units: dict[str, str]
) -> Imported:
    """Return a recording: a device per value of `device`, a device per `power_w.BOUNDARY.N`, or one device."""
    t_s, started = _times(draft, options, frame[names["time"]], units["time"])
    columns = {
        ours: _column(frame, names[ours], units[ours], _SAMPLE[ours.split(".")[0]])
        for ours in names
        if ours.split(".")[0] in _SAMPLE
    }
    if not columns:
        raise EcoError("no quantity in the map", f"map one of: {', '.join(_SAMPLE)}")
    _refuse_empty(draft, frame, columns, names)
    source = "counter" if "energy_j" in columns else "power"
    said = names.get("device")
    devices = frame[said] if said is not None else pl.Series(["device"] * frame.height)
    tracks: list[Track] = []
    for name in devices.unique(maintain_order=True):
        here = (devices == name) & t_s.is_not_null()
        for part, kept in _parts(columns).items():
            values = {ours: column.filter(here) for ours, column in kept.items()}
            boundary = part.split(".")[0] or "board"
            title = names[f"power_w.{part}"] if part else str(name)
            tracks.append(
                Track(title, _KINDS.get(boundary, "board"), boundary, "generic", t_s.filter(here), values,
                index=len(tracks), energy_source=source)
            )  # fmt: skip
    return finish_recording(
        draft, tracks, host="unknown", tool="generic", started_utc_ns=started, rows_count=draft.timed(t_s)
    )


def _refuse_empty(
    draft: Draft, frame: pl.DataFrame, columns: dict[str, pl.Series], names: dict[str, str]
) -> None:
    """Raise `EcoError` where no power or energy is a number: nothing would be measured, and nobody told."""
    metered = [ours for ours in columns if ours.split(".")[0] in ("power_w", "energy_j")]
    if metered and not any(columns[ours].count() for ours in metered):
        said = frame[names[metered[0]]].drop_nulls()
        example = f", as {said[0]!r}" if said.len() else ""
        raise EcoError(
            f"{draft.source.path}: no number in column {names[metered[0]]}{example}",
            "write one number into each cell, with a point as the decimal sign",
        )


def _parts(columns: dict[str, pl.Series]) -> dict[str, dict[str, pl.Series]]:
    """Return the columns by device: those of `power_w.BOUNDARY.N` are one each, the others belong together."""
    parts: dict[str, dict[str, pl.Series]] = {}
    for ours, column in columns.items():
        name, _, part = ours.partition(".")
        parts.setdefault(part, {})[name] = column
    return parts


def _times(draft: Draft, options: Options, said: pl.Series, unit: str) -> tuple[pl.Series, int | None]:
    """Return the times [s], and the first as ns since the epoch where they are dates or Unix times."""
    numeric = pl.DataFrame([said.alias("time")]).select(number("time")).to_series()
    if numeric.null_count() == 0:
        factor = convert(1.0, unit, "s") if unit else _unix_factor(float(numeric[0]))
        t_s = numeric * factor
        return t_s, from_unix(float(t_s[0]))
    stamps = [parse_time(text, zone_of(options)) for text in said]
    t_s = pl.Series([None if ns is None else ns / NS for ns, _ in stamps], dtype=pl.Float64)
    if t_s.null_count():
        text = f"{t_s.null_count()} rows have no readable time: left out"
        draft.note("unreadable_lines", text, severity="warning")
    if options.tz is None and any(naive for _, naive in stamps):
        draft.note(
            "naive_time", "times carry no zone: taken as UTC", "say --tz, for example --tz Europe/Berlin"
        )
    return t_s, next((ns for ns, _ in stamps if ns is not None), None)


def _unix_factor(first: float) -> float:
    """Return the seconds per unit of a time without one: Unix times tell by their size, others are seconds."""
    scales = (1.0, 1e-3, 1e-6, 1e-9)
    return next((factor for factor in scales if from_unix(first * factor) is not None), 1.0)


def _results(draft: Draft, frame: pl.DataFrame, names: dict[str, str], units: dict[str, str]) -> Imported:
    """Return a result per row."""
    values = {
        ours: _column(frame, names[ours], units.get(ours, ""), kept)
        for ours, kept in _RESULT.items()
        if ours in names
    }
    for place, row in enumerate(frame.iter_rows(named=True)):
        word = {name: as_text(row[names[name]]) for name in _WORDS if name in names}
        config = _config(word, row, names)
        numbers: dict[str, Any] = {ours: as_float(column[place]) for ours, column in values.items()}
        device = draft.device(
            word.get("device") or "unknown",
            kind="board",
            boundary=word.get("boundary") or "board",
            sensor="generic",
        )
        draft.result(
            place,
            config,
            device_id=device,
            boundary=word.get("boundary") or "board",
            basis=word.get("basis") or "measured",
            item_unit=config.item_unit,
            label=word.get("label"),
            quality_metric=word.get("quality_metric"),
            method="as stated in the file",
            **numbers,
        )
    return draft.finish(frame.height)


def _config(word: dict[str, str | None], row: Row, names: dict[str, str]) -> Config:
    """Return the configuration of a row, as far as the map says."""
    counts: dict[str, Any] = {
        name: as_int(row[names[name]])
        for name in ("params_count", "threads", "accelerators_count")
        if name in names
    }
    batch = as_float(row[names["batch_size"]]) if "batch_size" in names else None
    return Config(
        task=word.get("task") or "unknown",
        model=word.get("model") or "unknown",
        framework=word.get("framework") or "unknown",
        precision=precision_name(word.get("precision"), word.get("model")),
        item_unit=word.get("item_unit") or "inference",
        batch_size=batch,
        modality=word.get("modality"),
        scenario=word.get("scenario"),
        **counts,
    )
