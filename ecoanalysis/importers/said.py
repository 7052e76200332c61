"""What the user says of a file and the file does not: which model ran, at which precision, how many items."""

import math
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, get_args, get_type_hints

import polars as pl

from collectors.trace.records import Config, Mark, Note
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import RESULT_SCHEMA, Imported
from ecoanalysis.importers.naming import known_model, precision_name

ITEMS = "items"
_TYPES = {
    name: get_args(kind)[0] if get_args(kind) else kind for name, kind in get_type_hints(Config).items()
}
_NAMES = (
    *("task", "model", "framework", "framework_version", "precision", "batch_size", "modality", "item_unit"),
    *("input_tokens", "output_tokens", "input_shape", "steps", "threads", "accelerators_count", "variant"),
)


def with_said(imported: Imported, said: Mapping[str, str]) -> Imported:
    """Return an import with what the user says put in: configurations renamed, energies parted by the items.

    `said` is name -> value: fields of `Config`, and `items`, the number of items behind each result, or each run,
    that counts none. A note keeps what was said. Raises `EcoError` for a name or a value that is none.
    """
    if not said:
        return imported
    if imported.config_ids:
        raise EcoError(
            f"{imported.source.path}: an export says all of this itself", "import it without --set"
        )
    values = {name: _value(name, text) for name, text in said.items()}
    items = values.pop(ITEMS, None)
    moved = {config.id: _renamed(config, values) for config in imported.configs}
    runs = [replace(run, config_id=moved[run.config_id].id) for run in imported.runs]
    uncounted = {run.id for run in runs if run.items_count is None} if items else set()
    text = "stated at import, not by the file: " + ", ".join(
        f"{name}={value}" for name, value in said.items()
    )
    return replace(
        imported,
        configs=tuple({config.id: config for config in moved.values()}.values()),
        runs=tuple(replace(run, items_count=items) if run.id in uncounted else run for run in runs),
        marks=_counted(imported.marks, uncounted, items),
        results=_results(imported.results, {old: new.id for old, new in moved.items()}, values, items),
        notes=(*imported.notes, Note("said_at_import", text, "info", source_id=imported.source.id)),
    )


def _renamed(config: Config, values: Mapping[str, Any]) -> Config:
    """Return a configuration with what was said; a precision that nobody states may stand in the model's name."""
    said = replace(config, **values)
    if said.precision == "unknown":
        said = replace(said, precision=precision_name(None, said.model))
    return known_model(said)


def _value(name: str, text: str) -> Any:
    """Return a value of the type that its name has."""
    if name != ITEMS and name not in _NAMES:
        near = get_close_matches(name, (*_NAMES, ITEMS), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise EcoError(f"--set {name}={text}: no such name", f"{hint}names: {ITEMS}, {', '.join(_NAMES)}")
    kind = int if name == ITEMS else _TYPES[name]
    if kind is str:
        return precision_name(text) if name == "precision" else text
    try:
        number = float(text)
        good = math.isfinite(number) and number > 0 and (kind is float or number.is_integer())
    except ValueError:
        good = False
    if not good:
        whole = "whole " if kind is int else ""
        raise EcoError(f"--set {name}={text}: not a {whole}number above 0", f"for example --set {name}=8")
    return kind(number)


def _counted(marks: tuple[Mark, ...], run_ids: set[int], items: int | None) -> tuple[Mark, ...]:
    """Return the marks with the items at the end of each run's last inference, where it counts none."""
    added = []
    for run_id in run_ids:
        own = sorted((mark for mark in marks if mark.run_id == run_id), key=lambda mark: mark.t_ns)
        ends = [after.t_ns for mark, after in pairwise(own) if mark.phase == "infer"]
        if ends:
            added.append(Mark(run_id, ends[-1] - 1, "infer", items))
    return (*marks, *added)


def _results(
    frame: pl.DataFrame, moved: dict[int, int], values: dict[str, Any], items: int | None
) -> pl.DataFrame:
    """Return the results under the new configurations, energies that count no items parted by `items`."""
    if frame.is_empty():
        return frame
    count = pl.coalesce("items_count", pl.lit(items, dtype=pl.Float64))
    unit = pl.lit(values["item_unit"]) if "item_unit" in values else pl.col("item_unit")
    return frame.with_columns(
        config_id=pl.col("config_id").replace_strict(moved, return_dtype=pl.Int64),
        energy_per_item_j=pl.coalesce("energy_per_item_j", pl.col("energy_j") / count),
        items_count=count,
        item_unit=unit,
    ).cast({name: RESULT_SCHEMA[name] for name in ("config_id", "item_unit")})
