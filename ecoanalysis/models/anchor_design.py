"""How sure a prediction would be after runs at given batches: the variance that the adaptation leaves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.models.anchors import adapt

Floats = NDArray[np.float64]
_SETS_TRIED = 1000
TO_90 = 1.645  # standard deviations of a normal 90 % interval


@dataclass(frozen=True, slots=True)
class ErrorCurve:
    """How the error of a cold prediction varies over the batches of one deployment [ln J].

    A deployment has an offset, a slope per ln batch, a wiggle that fades over `reach` [ln batch], and each run noise:
    standard deviations.
    """

    offset: float
    slope: float
    wiggle: float
    reach: float
    noise: float

    def scaled_to(self, half_width: float) -> "ErrorCurve":
        """Return the curve whose offset makes up a prediction's 90 % half-width [ln J]."""
        rest = self.wiggle**2 + self.noise**2
        offset = math.sqrt(max((half_width / TO_90) ** 2 - rest, rest))
        return ErrorCurve(offset, self.slope, self.wiggle, self.reach, self.noise)

    def covariance(self, left: Floats, right: Floats, centre: float) -> Floats:
        """Return the covariance of errors at log batches, left × right, without the noise of runs."""
        gap = np.abs(left[:, None] - right[None, :])
        slopes = self.slope**2 * (left[:, None] - centre) * (right[None, :] - centre)
        found: Floats = self.offset**2 + slopes + self.wiggle**2 * np.exp(-gap / self.reach)
        return found


# `fit_curve` of the errors of held-out architectures, ML.ENERGY v2 and v3 together (957 rows). On the other batches of
# these deployments the intervals of `half_widths_after` covered 94, 88, 94 and 97 % after 1, 2, 3 and 5 runs.
USUAL = ErrorCurve(offset=0.219, slope=0.100, wiggle=0.043, reach=0.508, noise=0.062)


def curve_of(intervals: dict[str, Any]) -> ErrorCurve:
    """Return the curve that a fit found with its intervals of a kind, the usual one where it found none."""
    found = intervals.get("arch", {}).get("curve")
    return ErrorCurve(**found) if found else USUAL


def half_widths_after(curve: ErrorCurve, anchors: Sequence[float], at: Sequence[float]) -> Floats:
    """Return the expected 90 % half-widths at batches `at` [ln J] after runs at the batches `anchors`.

    The adaptation is linear in the anchors' errors, so what it leaves is Var(e − W·e_a) with its own weights W.
    """
    target, known = np.log(np.asarray(at, float)), np.log(np.asarray(anchors, float))
    centre = float(target.mean())
    left = curve.covariance(target, target, centre).diagonal() + curve.noise**2
    if len(known):
        weights = np.array([adapt(known, one).at(target) for one in np.eye(len(known))]).T
        cross = curve.covariance(target, known, centre)
        among = curve.covariance(known, known, centre) + curve.noise**2 * np.eye(len(known))
        left = left - 2 * (weights * cross).sum(axis=1) + ((weights @ among) * weights).sum(axis=1)
    found: Floats = TO_90 * np.sqrt(np.maximum(left, curve.noise**2))
    return found


def best_runs(
    curve: ErrorCurve, candidates: Sequence[float], at: Sequence[float], count: int
) -> list[tuple[float, float]]:
    """Return the batches to run, the most telling first, each with the mean half-width expected after it [ln J].

    Of all sets of `count` candidates the one after which the batches `at` are known best; beyond a thousand sets,
    one batch after the other.
    """
    count = min(count, len(candidates))
    chosen: Sequence[float] = candidates
    if math.comb(len(candidates), count) <= _SETS_TRIED:
        chosen = min(combinations(candidates, count), key=lambda one: _mean_width(curve, one, at))
    found: list[tuple[float, float]] = []
    while len(found) < count:
        runs = [batch for batch, _ in found]
        left = [(one, _mean_width(curve, [*runs, one], at)) for one in chosen if one not in runs]
        found.append(min(left, key=lambda pair: pair[1]))
    return found


def _mean_width(curve: ErrorCurve, anchors: Sequence[float], at: Sequence[float]) -> float:
    """Return the mean half-width at batches after runs at anchors [ln J]."""
    return float(half_widths_after(curve, anchors, at).mean())


def fit_curve(error: Floats, log_batch: Floats, deployments: NDArray[np.str_]) -> ErrorCurve | None:
    """Return the curve of held-out errors by moments, None where under five deployments have four batches or more.

    offset and slope: variances of each deployment's line; wiggle and noise: the residuals' variance, split by how
    alike neighbours are (their covariance at lag one over `reach` = their mean gap).
    """
    lines, rest, gaps, products = [], [], [], []
    for name in np.unique(deployments):
        at = np.flatnonzero(deployments == name)
        if len(np.unique(log_batch[at])) < 4:
            continue
        at = at[np.argsort(log_batch[at])]
        x, y = log_batch[at] - log_batch[at].mean(), error[at]
        slope = float((x * y).sum() / (x**2).sum())
        left = y - y.mean() - slope * x
        lines.append((float(y.mean()), slope))
        rest.append(left * math.sqrt(len(at) / (len(at) - 2)))
        products.append(left[1:] * left[:-1])
        gaps.append(np.diff(x))
    if len(lines) < 5:
        return None
    offsets, slopes = np.array(lines).T
    variance = float(np.concatenate(rest).var())
    alike = max(float(np.concatenate(products).mean()), 0.0)
    wiggle = min(math.sqrt(alike * math.e), 0.9 * math.sqrt(variance)) if alike else 0.5 * math.sqrt(variance)
    noise = math.sqrt(max(variance - wiggle**2, 0.02**2))
    reach = float(np.concatenate(gaps).mean())
    return ErrorCurve(
        float(np.sqrt((offsets**2).mean())), float(slopes.std()), wiggle, max(reach, 0.3), noise
    )
