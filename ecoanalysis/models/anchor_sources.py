"""Anchors of a deployment: from what the user types, from a CSV file, or from the user's own measurements."""

import csv
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecoanalysis.errors import EcoError
from ecoanalysis.models.configuration import Configuration, configuration_of
from ecoanalysis.models.prediction import Anchor, Question
from ecoanalysis.units import convert

if TYPE_CHECKING:
    import polars as pl

OWN = "own"
_MOST = 10
_HINT = "--anchors 8=0.51,64=0.12 (batch=joules per item), a CSV file with batch_size and energy_j, or own"


def anchors_of_text(text: str) -> tuple[Anchor, ...]:
    """Return the anchors of a text such as 8=0.5,64=0.1 (batch = joules per item), or of the CSV file it names.

    Raises `EcoError` for another text, and for what is not positive.
    """
    if text.endswith(".csv"):
        return _of_file(Path(text))
    try:
        pairs = [part.split("=") for part in text.replace(";", ",").split(",")]
        return _checked((float(batch), float(joules)) for batch, joules in pairs)
    except ValueError as error:
        raise EcoError(f"cannot read the anchors {text!r}", _HINT) from error


def own_anchors(questions: list[Question], measurements: "pl.DataFrame") -> list[Question]:
    """Return questions with the measured runs of their deployment as anchors, at most ten, spread over the batches.

    A run counts where model, device, precision, number of devices, stack, task and boundary are those asked about,
    and its energy was measured. Several of one batch are one anchor, their geometric mean.
    """
    found: dict[Configuration, dict[float, list[float]]] = {}
    for row in measurements.iter_rows(named=True):
        config = configuration_of(row)
        energy = row["energy_per_item_j"]
        usable = row["basis"] in ("measured", "derived") and not row["excluded"] and energy and energy > 0
        if config is not None and usable and row["idle_treatment"] in (None, "gross"):
            found.setdefault(_deployment(config), {}).setdefault(config.batch_size, []).append(
                math.log(energy)
            )
    return [
        replace(question, anchors=_spread(found.get(_deployment(question.configuration), {})))
        for question in questions
    ]


def _deployment(config: Configuration) -> Configuration:
    """Return a configuration without what anchors of it may differ in: batch, lengths, how it was named."""
    return replace(
        config, model=config.facts.name, batch_size=1.0, input_tokens=None, output_tokens=None, parallelism=None,
        scenario=None, is_other_version=False, device=replace(config.device, match="exact", match_note=None),
    )  # fmt: skip


def _spread(by_batch: dict[float, list[float]]) -> tuple[Anchor, ...]:
    """Return one anchor per batch, the ends and an even choice between them where there are more than ten."""
    batches = sorted(by_batch)
    if len(batches) > _MOST:
        batches = [batches[round(i * (len(batches) - 1) / (_MOST - 1))] for i in range(_MOST)]
    return tuple(Anchor(size, math.exp(sum(by_batch[size]) / len(by_batch[size]))) for size in batches)


def _of_file(path: Path) -> tuple[Anchor, ...]:
    """Return the anchors of a CSV file: batch_size, and energy_j (or energy_mj, energy_wh, energy_kwh) per item."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise EcoError(f"cannot read {path}: {error.strerror}", _HINT) from error
    columns = {
        "energy_j": "J",
        "energy_per_item_j": "J",
        "energy_mj": "mJ",
        "energy_wh": "Wh",
        "energy_kwh": "kWh",
    }
    name = next((name for name in columns if rows and name in rows[0]), None)
    if name is None or "batch_size" not in rows[0]:
        raise EcoError(f"{path} needs the columns batch_size and energy_j (per item)", _HINT)
    try:
        pairs = [(float(row["batch_size"]), convert(float(row[name]), columns[name], "J")) for row in rows]
    except (TypeError, ValueError) as error:
        raise EcoError(f"{path}: a batch_size or {name} is not a number", _HINT) from error
    return _checked(pairs)


def _checked(pairs: Iterable[tuple[float, float]]) -> tuple[Anchor, ...]:
    """Return anchors of (batch, joules); `EcoError` for what is not positive and finite."""
    found = tuple(Anchor(batch, joules) for batch, joules in pairs)
    for one in found:
        if not (0 < one.batch_size < math.inf and 0 < one.energy_per_item_j < math.inf):
            raise EcoError(f"an anchor must be positive: {one.batch_size:g}={one.energy_per_item_j:g}", _HINT)
    return found
