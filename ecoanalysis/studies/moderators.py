"""What an energy ratio depends on: batch size within models, kind of device and framework between places."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.contrast import Contrast
from ecoanalysis.studies.effect import Effect, clustered_mean, pooled, ratio_of
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.pairs import ids_behind
from ecoanalysis.studies.words import counted, times

_LEAST = 3  # models for a slope, places for a mean


def moderator_findings(found: Sequence[Contrast]) -> Iterator[Finding]:
    """Yield how each contrast changes with the batch, and what it is on each kind of device and framework."""
    for contrast in found:
        yield from _batch(contrast)
        for name in ("device_kind", "framework"):
            yield from _by_group(contrast, name)


def _batch(contrast: Contrast) -> Iterator[Finding]:
    """Yield the factor by which one doubling of the batch multiplies the ratio, each model once."""
    slopes, models = [], []
    # A row that its source derived from another scenario repeats that scenario's energy: no evidence of batch.
    known = contrast.pairs.filter((pl.col("batch") > 0) & (pl.col("basis") != "derived"))
    for (model, _), part in known.group_by("base_model", "place", maintain_order=True):
        doublings = np.log2(part["batch"].to_numpy().astype(float))
        if np.ptp(doublings) < 1:
            continue
        slopes.append(float(np.polyfit(doublings, part["log_ratio"].to_numpy(), 1)[0]))
        models.append(str(model))
    if len(set(models)) < _LEAST:
        return
    effect = clustered_mean(slopes, models)
    ratio, low, high = ratio_of(effect)
    yield Finding(
        name=f"batch and {contrast.treatment} over {contrast.reference}",
        estimand="factor on the energy ratio for each doubling of the batch, within a model and place",
        sentence=(
            f"Each doubling of the batch multiplies the energy ratio of {contrast.treatment} to {contrast.reference} "
            f"by {times(ratio, low, high)} ({counted(len(set(models)), 'model')}): "
            f"{_tells(contrast.treatment, ratio, low, high)}."
        ),
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=effect.n,
        method="least squares slope of log ratio on log batch per model and place; t interval over models",
        groups={"treatment": contrast.treatment, "reference": contrast.reference, "moderator": "batch"},
        basis=basis_of(known),
        p_value=effect.p_value,
        measurement_ids=ids_behind(known),
    )


def _tells(treatment: str, ratio: float, low: float | None, high: float | None) -> str:
    """Return in words what a larger batch does to the ratio."""
    if low is None or high is None or low <= 1 <= high:
        return "it cannot be told whether the batch matters"
    return f"{treatment} {'gains' if ratio < 1 else 'loses'} as the batch grows"


def _by_group(contrast: Contrast, column: str) -> Iterator[Finding]:
    """Yield the pooled ratio of each value of a column, where two of them or more have enough places."""
    effects: dict[str, list[Effect]] = {}
    for stratum in contrast.strata:
        value = stratum.pairs[column].drop_nulls().first()
        if value is not None and stratum.effect.standard_error:
            effects.setdefault(str(value), []).append(stratum.effect)
    enough = {value: parts for value, parts in effects.items() if len(parts) >= _LEAST}
    if len(enough) < 2:
        return
    for value, parts in sorted(enough.items()):
        effect, tau, _ = pooled(parts)
        ratio, low, high = ratio_of(effect)
        behind = contrast.pairs.filter(pl.col(column) == value)
        word = {"device_kind": "kind of device", "framework": "framework"}[column]
        yield Finding(
            name=f"{contrast.treatment} over {contrast.reference}: {word} {value}",
            estimand=f"energy ratio on an average place of one {word}",
            sentence=(
                f"With {value} ({word}; {counted(len(parts), 'place')}) {contrast.treatment} uses "
                f"{times(ratio, low, high)} the energy of {contrast.reference}; places stray by a factor of "
                f"{math.exp(tau):.2f}."
            ),
            estimate=ratio,
            low=low,
            high=high,
            unit="ratio",
            n=effect.n,
            method="random effects over places (Paule-Mandel, Hartung-Knapp)",
            groups={"treatment": contrast.treatment, "reference": contrast.reference, column: value},
            basis=basis_of(behind),
            p_value=effect.p_value,
            measurement_ids=ids_behind(behind),
        )
