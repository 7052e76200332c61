"""Any CSV, its columns named by the user or by headings with units: samples with a time, results with an energy."""

from typing import Any

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.generic_log import SAMPLE, trace
from ecoanalysis.importers.guess import guess
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, number, read_table
from ecoanalysis.importers.times import DATE_ORDERS
from ecoanalysis.units import convert, is_unit

TITLE = "any CSV with --column OURS=THEIRS[:UNIT], or with headings that say their units"
# Our column -> the unit that we keep.
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
_ORDERS = [("date", order) for order in DATE_ORDERS]
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

    `OURS==TEXT` gives all rows the same text: `item_unit==token`; `time==0.5s` is a row each half second;
    `time=Date+Time` joins two columns. Without a map the headings are guessed from, and a warning says so.
    """
    columns, guessed = _map(head, options)
    constants = {ours: theirs[1:] for ours, theirs in columns.items() if theirs.startswith("=")}
    pairs = {ours: parted(theirs) for ours, theirs in columns.items() if ours not in constants}
    frame = _read(head, [theirs for theirs, _ in pairs.values()])
    frame = frame.with_columns(pl.lit(text).alias(f"={ours}") for ours, text in constants.items())
    units = {ours: unit for ours, (_, unit) in pairs.items()}
    names = {ours: theirs for ours, (theirs, _) in pairs.items()} | {ours: f"={ours}" for ours in constants}
    draft = Draft(head, "generic", dataset=head.path.stem)
    if guessed:
        text = ", ".join(
            f"{_plainly(ours)} {'is' if theirs.startswith('=') else 'from'} {theirs.removeprefix('=')}"
            for ours, theirs in columns.items()
        )
        hint = "say otherwise with --format generic --column …"
        draft.note("guessed_columns", f"read by its headings: {text}", hint, "warning")
    if "time" in names:
        quantities = {
            ours: _column(frame, names[ours], units[ours], SAMPLE[ours.split(".")[0]])
            for ours in names
            if ours.split(".")[0] in SAMPLE
        }
        times = {"time_unit": units.get("time", "")}
        return trace(draft, options, frame, names | times, quantities, guessed=guessed)
    if not {"energy_j", "energy_per_item_j"} & set(names):
        raise EcoError(
            "the map has neither time nor an energy", "map time and power_w for a log, energy_j for results"
        )
    return _results(draft, frame, names, units)


def _map(head: Head, options: Options) -> tuple[dict[str, str], bool]:
    """Return the column map, and whether its quantities are guessed; raises `EcoError` where it has none."""
    said = {
        ours: theirs for ours, theirs in options.columns.items() if (ours, theirs) not in _ORDERS
    }  # how dates are written is no column
    guessed = not any(ours.split(".")[0] in (*SAMPLE, *_RESULT) for ours in said)
    columns = guess(head.columns) | said if guessed else said
    if not {ours.split(".")[0] for ours in columns} & {*SAMPLE, *_RESULT}:
        raise EcoError(
            f"{head.path}: the generic format needs a column map",
            "for example --column time=ts --column power_w=watts:mW",
        )
    return columns, guessed


def _plainly(ours: str) -> str:
    """Return one of our columns as a note says it: "power_w of package"."""
    name, _, part = ours.partition(".")
    return f"{name} of {part.split('.')[0]}" if part else name


def _read(head: Head, needed: list[str]) -> pl.DataFrame:
    """Return the table; "Date+Time" is a column of ours: both, parted by a blank."""
    joined = {name: name.split("+") for name in needed if "+" in name and name not in head.columns}
    plain = [name for name in needed if name not in joined]
    frame = read_table(head, need=(*plain, *(name for names in joined.values() for name in names)))
    return frame.with_columns(
        pl.concat_str(pl.col(names).str.strip_chars(), separator=" ").alias(name)
        for name, names in joined.items()
    )


def parted(theirs: str) -> tuple[str, str]:
    """Return a column and its unit: what follows the last colon, where that is a unit."""
    name, colon, unit = theirs.rpartition(":")
    return (name, unit) if colon and is_unit(unit) else (theirs, "")


def _column(frame: pl.DataFrame, theirs: str, unit: str, kept: str) -> pl.Series:
    """Return a column in our unit."""
    factor = convert(1.0, unit, kept) if unit and kept else 1.0
    return frame.select(number(theirs)).to_series() * factor


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
