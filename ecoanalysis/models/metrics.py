"""How good predictions are: errors, intervals, decisions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Errors of predictions on log energy.

    mdape, mape: median and mean of |predicted / measured − 1|; r2: of log energy; within_2x: share of ratios in
    (½, 2); bias_ratio: median of predicted / measured; coverage, width: share of measurements inside the interval,
    and its half-width as a factor (×/÷); None where there is no interval.
    """

    n: int
    mdape: float
    mape: float
    r2: float
    within_2x: float
    bias_ratio: float
    coverage: float | None = None
    width: float | None = None


def metrics(predicted: Floats, measured: Floats, half_width: Floats | None = None) -> Metrics:
    """Return the metrics of log predictions against log measurements [ln J]; half-widths in the same unit."""
    error = predicted - measured
    ratio = np.abs(np.expm1(error))
    spread = float(((measured - measured.mean()) ** 2).sum())
    inside = None if half_width is None else float((np.abs(error) <= half_width).mean())
    return Metrics(
        n=len(error),
        mdape=float(np.median(ratio)),
        mape=float(ratio.mean()),
        r2=1 - float((error**2).sum()) / spread if spread else float("nan"),
        within_2x=float((np.abs(error) < np.log(2)).mean()),
        bias_ratio=float(np.exp(np.median(error))),
        coverage=inside,
        width=None if half_width is None else float(np.exp(np.median(half_width))),
    )


def pairwise_order(
    predicted: Floats, measured: Floats, groups: NDArray[np.str_], apart: float = 0.10
) -> float:
    """Return the share of pairs within a group, more than `apart` different, that are ordered right; NaN for none."""
    right = total = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        i, j = np.triu_indices(len(rows), 1)
        gap = measured[rows[i]] - measured[rows[j]]
        clear = np.abs(gap) > np.log1p(apart)
        total += int(clear.sum())
        right += int((np.sign(gap) == np.sign(predicted[rows[i]] - predicted[rows[j]]))[clear].sum())
    return right / total if total else float("nan")


def regret(predicted: Floats, measured: Floats, groups: NDArray[np.str_]) -> float:
    """Return the mean excess energy of the recommended configuration over the best one of its group."""
    excess = []
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        excess.append(np.expm1(measured[rows[predicted[rows].argmin()]] - measured[rows].min()))
    return float(np.mean(excess))
