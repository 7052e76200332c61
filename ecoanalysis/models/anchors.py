"""Adapt a prediction to a deployment of which a few runs were measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SHRINK = 0.10  # noise variance of one run over the variance of offsets between deployments
_SLOPE_SHRINK = 1.0  # in units of (log batch)²: slopes are learnt from anchors that are far apart


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


def choose_places(length: int, count: int) -> list[int]:
    """Return which of `length` ordered batches to measure: the middle one; both ends; ends and middle; spread."""
    if count == 1:
        return [length // 2]
    return sorted({round(place) for place in np.linspace(0, length - 1, count)})
