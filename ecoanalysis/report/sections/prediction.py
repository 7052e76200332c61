"""Predicted against measured: what the energy models say of the configurations that were measured here."""

import math
from typing import Any

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.records import Panel
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Block, Callout, Figure, Prose, Section
from ecoanalysis.report.numbers import count

_CONFIGURATIONS = 400


def build(context: Context) -> tuple[Section, ...]:
    """Return the section, none where no measured configuration is one that the models know."""
    measured = context.cells.filter(pl.col("basis").is_in(["measured", "derived"]))
    step = max(1, -(-measured.height // _CONFIGURATIONS))
    rows = _compared(context, list(measured.gather_every(step).iter_rows(named=True)))
    if len(rows) < 3:
        return ()
    frame = pl.DataFrame(rows).sort("measured", "dataset")
    inside = frame.filter((pl.col("low") <= 1) & (pl.col("high") >= 1)).height
    middle = float(frame["ratio"].log().abs().median() or 0.0)  # type: ignore[arg-type]
    sample = f", a sample of one in {step}" if step > 1 else ""
    answer = (
        f"Of {count(frame.height)} configurations that the models know{sample}, {count(inside)} "
        f"({inside / frame.height:.0%}) lie inside their 90 % prediction interval; the median prediction is off by a "
        f"factor of {math.exp(middle):.2f}."
    )
    caption = (
        "Predicted over measured energy per item with 90 % prediction intervals, against the measured one; both "
        "axes are logarithmic, and an interval that runs to an edge goes on beyond it. On the dashed line "
        "prediction and measurement agree."
    )
    blocks: tuple[Block, ...] = (
        Callout("answer", "Do the energy models agree with what was measured?", answer),
        Figure("prediction", Panel("prediction_ratios", "Predicted against measured energy", caption, frame)),
        Prose(_warning(context)),
    )
    return (Section("prediction", "Prediction", blocks),)


def _warning(context: Context) -> str:
    """Return what the models were fitted to, and so what the figure cannot show."""
    from ecoanalysis.models.predict import own_fits

    fitted = (
        "The models that ship were fitted to published data."
        if own_fits(context.settings.database) is None
        else "These models were fitted to your own data (eco fit)."
    )
    return (
        f"{fitted} Where this report shows those same data, the figure shows how well they were fitted; eco validate "
        "shows the skill on models, devices and data that were held out."
    )


def _compared(context: Context, cells: list[dict[str, Any]]) -> list[dict[str, object]]:
    """Return predicted over measured energy of the cells that the models can take; refused ones are left out."""
    from ecoanalysis.models.configuration import configuration_of
    from ecoanalysis.models.predict import Question, predict_each

    firsts = [cell["measurement_ids"][0] for cell in cells]
    shown = context.measurements.filter(pl.col("id").is_in(firsts))
    by_id = {row["id"]: row for row in shown.iter_rows(named=True)}
    taken = []
    for cell in cells:
        config = configuration_of(by_id[cell["measurement_ids"][0]])
        if config is not None and config.boundary == cell["boundary"]:
            taken.append((cell, Question(config)))
    if not taken:
        return []  # the models, which take a while to read, are not asked
    rows: list[dict[str, object]] = []
    found = predict_each([question for _, question in taken], context.settings)
    for (cell, _), answer in zip(taken, found, strict=True):
        if isinstance(answer, EcoError):
            continue
        energy, real = answer.energy, cell["energy_per_item_j"]
        if energy.value and energy.low and energy.high:
            ratios = {"ratio": energy.value / real, "low": energy.low / real, "high": energy.high / real}
            rows.append({"measured": real, **ratios, "dataset": cell["dataset"], "model": cell["model"]})
    return rows
