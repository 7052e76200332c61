"""The results of a table that no format knows, a row each, by a column map."""

from typing import Any

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.columns import in_unit, unreadable
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.energy_words import boundary_of, is_net
from ecoanalysis.importers.guess import quoted
from ecoanalysis.importers.guess_results import unread_energies
from ecoanalysis.importers.headings import heading
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.per_item import counts_tokens
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, product, ratio
from ecoanalysis.store.imported import BASES, BOUNDARIES

# Our column -> the unit that we keep.
RESULT = {
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
    "dtype",
    "device",
    "item_unit",
    "boundary",
    "basis",
    "label",
    "quality_metric",
    "scenario",
    "modality",
)
_NOT_QUANTIZED = ("none", "no", "off", "false", "0", "baseline", "original", "unquantized")
_PARTS = "energy_j."
_POWERED = ({"mean_power_w", "duration_s"}, {"mean_power_w", "throughput_items_per_s"})


def read_results(draft: Draft, frame: pl.DataFrame, names: dict[str, str], units: dict[str, str]) -> Imported:
    """Return a result per row, and one more for each energy of another boundary (`energy_j.board`).

    Without an energy it is mean power × duration, and per item mean power / throughput. Raises `EcoError` where the
    map has none of these.
    """
    parts = [ours for ours in names if ours.startswith(_PARTS)]
    stated = bool({"energy_j", "energy_per_item_j"} & set(names))
    if not (stated or parts or any(need <= set(names) for need in _POWERED)):
        raise EcoError(
            "the map has neither time nor an energy", "map time and power_w for a log, energy_j for results"
        )
    kept = RESULT | dict.fromkeys(parts, "J")
    values = {
        ours: in_unit(frame, names[ours], units.get(ours, ""), unit)
        for ours, unit in kept.items()
        if ours in names
    }
    _doubts(draft, frame, names, values)
    for place, row in enumerate(frame.iter_rows(named=True)):
        numbers = {ours: as_float(column[place]) for ours, column in values.items()}
        _one(draft, place, row, names, numbers, whole=stated or not parts)
    return draft.finish(frame.height)


def _one(
    draft: Draft,
    place: int,
    row: Row,
    names: dict[str, str],
    numbers: dict[str, float | None],
    *,
    whole: bool,
) -> None:
    """Keep the results of one row: of the whole where the table states one, and of each part."""
    word = {name: as_text(row[names[name]]) for name in _WORDS if name in names}
    config = _config(word, row, names)
    parts = {ours: value for ours, value in numbers.items() if ours.startswith(_PARTS)}
    own = {ours: value for ours, value in numbers.items() if ours not in parts}
    if not {"energy_j", "energy_per_item_j"} & set(own) and not parts:
        own["energy_j"] = product(own.get("mean_power_w"), own.get("duration_s"))
        own["energy_per_item_j"] = ratio(own.get("mean_power_w"), own.get("throughput_items_per_s"))
    stated = [(_boundary(draft, word.get("boundary")), "", own)] if whole else []
    basis = _basis(draft, word.get("basis"))
    shared = {name: own.get(name) for name in ("duration_s", "items_count")}
    of_parts = [
        (ours.removeprefix(_PARTS), ours, shared | {"energy_j": value}) for ours, value in parts.items()
    ]
    for boundary, part, found in [*stated, *of_parts]:
        device = draft.device(
            word.get("device") or "unknown", kind="board", boundary=boundary, sensor="generic"
        )
        draft.result(
            place,
            config,
            part,
            device_id=device,
            boundary=boundary,
            basis=basis,
            item_unit=config.item_unit,
            label=word.get("label"),
            quality_metric=word.get("quality_metric"),
            method="as stated in the file",
            **found,
        )


def _boundary(draft: Draft, said: str | None) -> str:
    """Return what an energy is of: as the file says it in our words or others', the board where it does not say."""
    if said is None:
        draft.note(
            "boundary_not_stated", "nothing says what the energies are of: taken as of the board",
            f"say --column boundary==node, or one of {', '.join(BOUNDARIES)}", "warning",
        )  # fmt: skip
        return "board"
    return said if said in BOUNDARIES else boundary_of(heading(said)) or "unknown"


def _basis(draft: Draft, said: str | None) -> str:
    """Return how an energy came about: as the file says it, estimated for a word that we do not know."""
    if said is None:
        draft.note(
            "basis_not_stated", "nothing says whether a meter stands behind the energies: taken as measured",
            "say --column basis==estimated where it was a model", "warning",
        )  # fmt: skip
        return "measured"
    return said if said in BASES else "estimated"


def _config(word: dict[str, str | None], row: Row, names: dict[str, str]) -> Config:
    """Return the configuration of a row, as far as the map says."""
    counts: dict[str, Any] = {
        name: as_int(row[names[name]])
        for name in ("params_count", "threads", "accelerators_count")
        if name in names
    }
    batch = as_float(row[names["batch_size"]]) if "batch_size" in names else None
    precision = word.get("precision")
    if precision is None or precision.lower() in _NOT_QUANTIZED:
        precision = word.get("dtype")
    return Config(
        task=word.get("task") or "unknown",
        model=word.get("model") or "unknown",
        framework=word.get("framework") or "unknown",
        precision=precision_name(precision, word.get("model")),
        item_unit=word.get("item_unit") or "inference",
        batch_size=batch,
        modality=word.get("modality"),
        scenario=word.get("scenario"),
        **counts,
    )


def _doubts(draft: Draft, frame: pl.DataFrame, names: dict[str, str], values: dict[str, pl.Series]) -> None:
    """Note what a reader of the table would ask: cells that are no numbers, energies left out, items not counted."""
    for ours, column in values.items():
        odd = unreadable(frame, names[ours], column)
        if odd is not None:
            text = f"{names[ours]}: {odd[0]} of {frame.height} cells are no numbers, as {odd[1][:20]!r}: left out"
            draft.note(
                "unreadable_numbers", text, "write a point as the decimal sign, no thousands", "warning"
            )
    energies = {ours: names[ours] for ours in values if ours.startswith("energy")}
    others = unread_energies(map(heading, frame.columns), energies.values())
    net = [name for name in energies.values() if is_net(heading(name))]
    if net:
        draft.note("idle_subtracted", f"{net[0]}: by its name something, as the idle power, is subtracted",
                   "do not compare it with gross energies", "warning")  # fmt: skip
    elif "energy_per_item_j" in energies and any(is_net(heading(name)) for name in others):
        text = (
            f"{energies['energy_per_item_j']}: not said whether it is net of idle power, as another column is"
        )
        draft.note("net_or_gross", text, "compare it with the totals / items", "warning")
    if others:
        again = f"--format generic --column {quoted(next(iter(others.values())))}"
        draft.note("energies_left_out", f"not read: {', '.join([*others][:6])}", f"for another one: {again}")
    if not energies:
        draft.note(
            "energy_from_power", "the table states no energy: mean power × duration, or power / throughput"
        )
    elif not {"energy_per_item_j", "items_count"} & set(names):
        counted = next((name for name in frame.columns if counts_tokens(heading(name))), None)
        hint = "--set items=N, where all are of as many"
        if counted is not None:
            pairs = f"--column {quoted(f'items_count={counted}')} --column item_unit==token"
            hint = f"eco import {quoted(draft.source.path)} --format generic {pairs}"
        draft.note(
            "items_not_counted", "energies of whole rows: of how many items each is, is not said", hint
        )
