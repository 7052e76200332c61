"""Exponents of a power law with intervals: within models for the batch, between models for everything else."""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.studies.effect import clustered_mean

Vector = NDArray[np.float64]
_LEAST_MODELS = 3


@dataclass(frozen=True, slots=True)
class Exponent:
    """A slope of log energy with its 95 % interval, the models behind it, and how it was obtained."""

    value: float
    low: float
    high: float
    p_value: float | None
    models: int
    method: str


def batch_exponent(part: pl.DataFrame) -> Exponent | None:
    """Return the mean over models of the slope of log energy on log batch, None with fewer than three such models."""
    slopes, models = [], []
    for (model,), rows in part.filter(pl.col("batch") > 0).group_by("base_model", maintain_order=True):
        batch = np.log(rows["batch"].to_numpy().astype(float))
        if np.ptp(batch) > math.log(1.5):
            energy = np.log(rows["energy_per_item_j"].to_numpy())
            slopes.append(float(np.polyfit(batch, energy, 1)[0]))
            models.append(str(model))
    if len(models) < _LEAST_MODELS:
        return None
    effect = clustered_mean(slopes, models)
    if effect.low is None or effect.high is None:
        return None
    method = "mean over models of the slope within a model, t interval over models"
    return Exponent(effect.mean, effect.low, effect.high, effect.p_value, len(models), method)


def model_exponent(
    part: pl.DataFrame, x: Vector, batch_slope: float, span: float, control: str | None = None
) -> Exponent | None:
    """Return the slope of the models' mean log energy on x (one value per row), the batch taken out by its slope.

    `control` is a column whose logarithm is held equal. None where the models are too few for the slope, or where x
    spans less than `span`.
    """
    batch = np.log(part["batch"].fill_null(1.0).clip(1e-9).to_numpy().astype(float))
    rows = pl.DataFrame(
        {
            "model": part["base_model"],
            "y": np.log(part["energy_per_item_j"].to_numpy()) - batch_slope * batch,
            "x": x,
            "control": np.log(part[control].to_numpy().astype(float)) if control else np.zeros(part.height),
        }
    )
    means = rows.group_by("model", maintain_order=True).mean()
    columns = [
        np.ones(means.height),
        means["x"].to_numpy(),
        *([means["control"].to_numpy()] if control else []),
    ]
    if means.height <= len(columns) or np.ptp(columns[1]) < span:
        return None
    return _least_squares(np.column_stack(columns), means["y"].to_numpy())


def _least_squares(design: Vector, y: Vector) -> Exponent | None:
    """Return the second coefficient with its t interval, None where the columns are collinear."""
    from scipy import stats

    count, width = design.shape
    if np.linalg.matrix_rank(design) < width:
        return None
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    free = count - width
    error = math.sqrt(float(((y - design @ beta) ** 2).sum()) / free * float(inverse[1, 1]))
    half = float(stats.t.ppf(0.975, free)) * error
    value = float(beta[1])
    p_value = float(2 * stats.t.sf(abs(value) / error, free)) if error else float(value == 0)
    method = "least squares over the models' means with the batch taken out, t interval"
    return Exponent(value, value - half, value + half, p_value, count, method)
