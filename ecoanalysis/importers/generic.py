"""Any CSV, its columns named by the user: samples when there is a time, results when there is an energy per row."""

from typing import Any

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, number, read_table
from ecoanalysis.importers.times import NS, from_unix, parse_time, zone_of
from ecoanalysis.units import convert

TITLE = "any CSV with --column OURS=THEIRS[:UNIT]"
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
_WORDS = (
    "task",
    "model",
    "framework",
    "precision",
    "device",
    "item_unit",
    "boundary",
    "label",
    "quality_metric",
    "scenario",
    "modality",
)


def sniff(head: Head) -> bool:
    """Say no: this format is chosen by the user."""
    return False


def read(head: Head, options: Options) -> Imported:
    """Return samples (with `time`) or results (with `energy_j` or `energy_per_item_j`), as the map says."""
    if not options.columns:
        raise EcoError(
            "the generic format needs a column map", "for example --column time=ts --column power_w=watts:mW"
        )
    pairs = {ours: theirs.partition(":") for ours, theirs in options.columns.items()}
    frame = read_table(head, need=tuple(theirs for theirs, _, _ in pairs.values()))
    units = {ours: unit for ours, (_, _, unit) in pairs.items()}
    names = {ours: theirs for ours, (theirs, _, _) in pairs.items()}
    if "time" in names:
        return _trace(head, options, frame, names, units)
    if not {"energy_j", "energy_per_item_j"} & set(names):
        raise EcoError(
            "the map has neither time nor an energy", "map time and power_w for a log, energy_j for results"
        )
    return _results(head, frame, names, units)


def _column(frame: pl.DataFrame, theirs: str, unit: str, ours: str, kept: dict[str, str]) -> pl.Series:
    """Return a column in our unit."""
    factor = convert(1.0, unit, kept[ours]) if unit and kept[ours] else 1.0
    return frame.select(number(theirs)).to_series() * factor


def _trace(
    head: Head, options: Options, frame: pl.DataFrame, names: dict[str, str], units: dict[str, str]
) -> Imported:
    """Return a recording of one device per value of `device`, or of one device."""
    draft = Draft(head, "generic", dataset=head.path.stem)
    said = frame[names["time"]]
    numeric = frame.select(number(names["time"])).to_series()
    if numeric.null_count() == 0:
        t_s, started = (
            numeric * (convert(1.0, units["time"], "s") if units["time"] else 1.0),
            from_unix(float(numeric[0])),
        )
    else:
        stamps = [parse_time(text, zone_of(options))[0] for text in said]
        t_s = pl.Series([None if stamp is None else stamp / NS for stamp in stamps], dtype=pl.Float64)
        started = next((stamp for stamp in stamps if stamp is not None), None)
    columns = {
        ours: _column(frame, names[ours], units[ours], ours, _SAMPLE) for ours in _SAMPLE if ours in names
    }
    if not columns:
        raise EcoError("no quantity in the map", f"map one of: {', '.join(_SAMPLE)}")
    lost = t_s.null_count()
    if lost:
        draft.note("unreadable_lines", f"{lost} rows have no readable time: left out", severity="warning")
    devices = frame[names["device"]] if "device" in names else pl.Series(["device"] * frame.height)
    tracks = []
    for place, name in enumerate(devices.unique(maintain_order=True)):
        here = (devices == name) & t_s.is_not_null()
        tracks.append(
            Track(str(name), "board", "board", "generic", t_s.filter(here), {ours: values.filter(here) for ours,
            values in columns.items()}, index=place,
            energy_source="counter" if "energy_j" in columns else "power"),
        )  # fmt: skip
    return finish_recording(
        draft, tracks, host="unknown", tool="generic", started_utc_ns=started, rows_count=frame.height
    )


def _results(head: Head, frame: pl.DataFrame, names: dict[str, str], units: dict[str, str]) -> Imported:
    """Return a result per row."""
    draft = Draft(head, "generic", dataset=head.path.stem)
    values = {
        ours: _column(frame, names[ours], units[ours], ours, _RESULT) for ours in _RESULT if ours in names
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
        precision=precision_name(word.get("precision")),
        item_unit=word.get("item_unit") or "inference",
        batch_size=batch,
        modality=word.get("modality"),
        scenario=word.get("scenario"),
        **counts,
    )
