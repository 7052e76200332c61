"""Adapt a prediction to a deployment of which a few runs were measured."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SHRINK = 0.10  # noise variance of one run over the variance of offsets between deployments
_SLOPE_SHRINK = 1.0  # in units of (log batch)²: slopes are learnt from anchors that are far apart
_WIDTHS = {
    1: 0.30,
    2: 0.24,
    3: 0.16,
}  # 90 % half-widths left after 1, 2, 3 anchors, held-out architectures [ln J]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A correction of log energy: offset + slope · (ln batch − centre) [ln J], from `count` anchors."""

    offset: float
    slope: float
    centre: float
    count: int
    knots: tuple[tuple[float, float], ...] = ()  # (ln batch, what is left there), interpolated

    def at(self, log_batch: Floats) -> Floats:
        """Return the correction at log batches."""
        line: Floats = self.offset + self.slope * (log_batch - self.centre)
        if len(self.knots) < 3:
            return line
        places, left = zip(*self.knots, strict=True)
        bent: Floats = line + np.interp(log_batch, places, left)
        return bent


def adapt(log_batch: Floats, error: Floats) -> Adaptation:
    """Return the correction that anchors ask for; error = measured − predicted log energy [ln J].

    One anchor gives an offset, two also a slope in log batch, three what is left at each, interpolated. All are
    shrunk: offset by k / (k + 0.1), slope by its leverage.
    """
    count = len(error)
    centre, mean = float(log_batch.mean()), float(error.mean())
    offset = mean * count / (count + _SHRINK)
    spread = float(((log_batch - centre) ** 2).sum())
    slope = (
        float(((log_batch - centre) * (error - mean)).sum()) / (spread + _SLOPE_SHRINK) if count > 1 else 0.0
    )
    order = np.argsort(log_batch)
    left = error - offset - slope * (log_batch - centre)
    knots = tuple((float(log_batch[i]), float(left[i])) for i in order)
    return Adaptation(offset, slope, centre, count, knots)


def width_after(count: int, before: float) -> float:
    """Return the half-width that is left after `count` anchors [ln J]; never more than before."""
    left = _WIDTHS.get(min(count, 3), before) if count else before
    return min(before, left / math.sqrt(max(count - 2, 1)) if count > 3 else left)


def suggest_batches(low: float, high: float, count: int = 3) -> list[int]:
    """Return the batch sizes whose runs narrow a curve most: the middle for one, both ends, ends and middle.

    The variance of an offset, a slope and an interpolation in log batch is least there (D-optimal for a line,
    Atkinson & Donev 1992); powers of two.
    """
    ends = [math.log2(low), math.log2(high)]
    places = {1: [sum(ends) / 2], 2: ends}.get(count, list(np.linspace(ends[0], ends[1], max(count, 3))))
    return sorted({2 ** round(place) for place in places})


def choose_places(length: int, count: int) -> list[int]:
    """Return which of `length` ordered batches to measure: the middle one; both ends; ends and middle; spread."""
    if count == 1:
        return [length // 2]
    return sorted({round(place) for place in np.linspace(0, length - 1, count)})
