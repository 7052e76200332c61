"""Half-widths of prediction intervals, from residuals of groups that were held out."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEVEL = 0.90
_ENOUGH_GROUPS = 9  # fewer groups than 0.9 / (1 − 0.9) certify no 90 % for a new one


@dataclass(frozen=True, slots=True)
class Interval:
    """A calibrated interval of a tier.

    half_width: of log energy [ln J] at 90 %; coverage: realised, each group predicted by the width that the others
    give; method: group conformal, or random effects t where groups are few.
    """

    tier: str
    half_width: float
    coverage: float
    groups_count: int
    method: str
    mdape: float


def calibrate(tier: str, error: Floats, groups: NDArray[np.str_]) -> Interval:
    """Return the interval of a tier from held-out errors of log energy, every group with equal weight."""
    names = np.unique(groups)
    held = (
        [half_width(error[groups != name], groups[groups != name]) for name in names]
        if len(names) > 2
        else []
    )
    inside = [np.abs(error[groups == name]) <= width for name, width in zip(names, held, strict=False)]
    coverage = float(np.concatenate(inside).mean()) if inside else math.nan
    return Interval(
        tier,
        half_width(error, groups),
        coverage,
        len(names),
        "group conformal" if len(names) >= _ENOUGH_GROUPS else "random effects t",
        float(np.median(np.abs(np.expm1(error)))),
    )


def half_width(error: Floats, groups: NDArray[np.str_]) -> float:
    """Return the 90 % half-width for a new group [ln J].

    At least nine groups: the quantile of |error| with equal weight per group, at level 0.9 · (1 + 1/G) for a
    finite number of groups (Lee, Barber & Willett 2023, arXiv:2306.06342), at most 0.99. Fewer:
    t · √(τ²(1 + 1/G) + σ²) with the between- and within-group variances, centred on zero, so that a bias widens.
    """
    names, index = np.unique(groups, return_inverse=True)
    count = len(names)
    if count >= _ENOUGH_GROUPS:
        sizes = np.bincount(index)
        return weighted_quantile(np.abs(error), 1 / sizes[index], min(LEVEL * (1 + 1 / count), 0.99))
    from scipy.stats import t

    means = np.array([error[index == g].mean() for g in range(count)])
    within = float(np.mean([error[index == g].var() for g in range(count)]))
    between = float((means**2).mean())
    quantile = float(t.ppf((1 + LEVEL) / 2, max(count - 1, 2)))
    return quantile * math.sqrt(between * (1 + 1 / count) + within)


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """Return the smallest value at which the share of the weights reaches `level`."""
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(share, level)), len(values) - 1)])
