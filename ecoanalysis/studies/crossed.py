"""A mixed-effects model of log ratios over crossed models and places, with its check by bootstrap."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.studies.effect import Effect

Vector = NDArray[np.float64]
LEAST = 3  # models and places: fewer carry no variance between them


@dataclass(frozen=True, slots=True)
class Crossed:
    """The mean log ratio over models and places, and how far they stray from it (standard deviations in log).

    `low_new`, `high_new` bound the log ratio of a model and a place not seen; the bootstrap bounds the mean.
    """

    effect: Effect
    model_sd: float
    place_sd: float
    residual_sd: float
    low_new: float
    high_new: float
    bootstrap_low: float
    bootstrap_high: float


def crossed(pairs: pl.DataFrame, rng: np.random.Generator, level: float = 0.95) -> Crossed | str:
    """Return the fit of log ratio = β + model + place + ε, or why the data do not carry it.

    `pairs` has base_model, place and log_ratio. A ratio is a difference within a cell, so an intercept that
    varies over models here is the random slope of the precision over models; likewise over places. One row per
    model and place (their mean) enters. REML by statsmodels' MixedLM with variance components; the interval is
    Student's with Satterthwaite's (1946) degrees of freedom, because there are few places.
    """
    cells = pairs.group_by("base_model", "place", maintain_order=True).agg(pl.col("log_ratio").mean())
    counts = (cells["base_model"].n_unique(), cells["place"].n_unique())
    if min(counts) < LEAST:
        return f"{counts[0]} models on {counts[1]} places: the mixed model needs {LEAST} of each"
    if cells.height < sum(counts):
        return "models and places hardly overlap: their shares of the variance cannot be told apart"
    variances = _variances(cells)
    if isinstance(variances, str):
        return variances
    return _fitted(cells, variances, pairs.height, rng, level)


def _variances(cells: pl.DataFrame) -> tuple[float, float, float] | str:
    """Return the variances of models, places and residual by REML, or why they could not be found."""
    import pandas as pd
    import statsmodels.formula.api as smf

    data = pd.DataFrame(cells.to_dict(as_series=False))
    parts = {"model": "0 + C(base_model)", "place": "0 + C(place)"}
    model = smf.mixedlm("log_ratio ~ 1", data, groups=np.ones(len(data)), vc_formula=parts)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a variance of 0 is a boundary, and an answer
            fit = model.fit(reml=True, method="powell")  # BFGS stops short where a variance is 0
    except np.linalg.LinAlgError:
        return "the mixed model is singular"
    found = (*(float(value) for value in fit.vcomp), float(fit.scale))
    if not (fit.converged and all(math.isfinite(value) for value in found)):
        return "the mixed model did not converge"
    return found[0], found[1], found[2]


def _fitted(
    cells: pl.DataFrame, variances: tuple[float, float, float], n: int, rng: np.random.Generator, level: float
) -> Crossed:
    """Return the generalised least squares mean under the variances, with its intervals."""
    from scipy import stats

    values = cells["log_ratio"].to_numpy()
    members = [_membership(cells[name]) for name in ("base_model", "place")]
    of_model, of_place, residual = variances
    covariance = np.diag(np.full(len(values), max(residual, 1e-12)))
    for member, variance in zip(members, (of_model, of_place), strict=True):
        covariance += variance * member @ member.T
    weights = np.linalg.solve(covariance, np.ones(len(values)))
    weights /= weights.sum()
    mean = float(weights @ values)
    sums = [float(((weights @ member) ** 2).sum()) for member in members]
    parts = [of_model * sums[0], of_place * sums[1], residual * float((weights**2).sum())]
    frees = [members[0].shape[1] - 1, members[1].shape[1] - 1]
    frees.append(max(len(values) - sum(frees) - 1, 1))
    variance = sum(parts)
    df = (
        variance**2 / sum(part**2 / free for part, free in zip(parts, frees, strict=True))
        if variance
        else 1.0
    )
    error, t = math.sqrt(variance), float(stats.t.ppf((1 + level) / 2, df))
    p_value = float(2 * stats.t.sf(abs(mean) / error, df)) if error else float(mean == 0)
    wide = t * math.sqrt(variance + of_model + of_place)
    drawn = _pigeonhole(values, members, rng)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    effect = Effect(
        mean, mean - t * error, mean + t * error, n, members[1].shape[1], error, float(df), p_value
    )
    sds = [math.sqrt(max(value, 0.0)) for value in variances]
    return Crossed(effect, sds[0], sds[1], sds[2], mean - wide, mean + wide, float(low), float(high))


def _membership(names: pl.Series) -> Vector:
    """Return the indicator matrix of the names, rows by names."""
    levels = sorted(names.unique().to_list())
    return np.array([[name == level for level in levels] for name in names], float)


def _pigeonhole(values: Vector, members: list[Vector], rng: np.random.Generator, draws: int = 1000) -> Vector:
    """Return means when models and places are both drawn again, as Owen (2007, doi:10.1214/07-AOAS122) does."""
    weights = np.ones((draws, len(values)))
    for member in members:
        count = member.shape[1]
        picked = rng.multinomial(count, np.full(count, 1 / count), size=draws)
        weights *= picked @ member.T
    total = weights.sum(axis=1)
    kept = total > 0
    means: Vector = (weights[kept] @ values) / total[kept]
    return means
