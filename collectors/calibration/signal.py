"""Estimators of a sensor's behaviour from its readings: pure functions of times [s] and values."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, median, stdev

_FEWEST_CHANGES = 8
_POLLS_PER_UPDATE = 3.0
_LEAST_FIT = 0.8  # share of the variance that a window must explain to be believed


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its standard error and how many observations it rests on."""

    value: float
    error: float
    count: int


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one quantity: times ascending [s], values as read."""

    t_s: tuple[float, ...]
    values: tuple[float, ...]

    def changes(self) -> "Series":
        """Return each new value, at the middle between the last reading of the old one and the first of its own."""
        at = [i for i in range(1, len(self.values)) if self.values[i] != self.values[i - 1]]
        return Series(
            tuple(0.5 * (self.t_s[i - 1] + self.t_s[i]) for i in at), tuple(self.values[i] for i in at)
        )

    def between(self, start_s: float, end_s: float) -> "Series":
        """Return the readings of start ≤ t ≤ end."""
        kept = [(t, value) for t, value in zip(self.t_s, self.values, strict=True) if start_s <= t <= end_s]
        return Series(tuple(t for t, _ in kept), tuple(value for _, value in kept))


def update_period(series: Series) -> Estimate | None:
    """Return the update period [s] of a sensor that was polled faster than it refreshes.

    Times between changes are the period or, where a value happened to repeat, a multiple of it: each is divided
    by its nearest whole multiple of a first guess (their lower quartile), and fitted by least squares through
    zero. None with fewer than 8 changes, or when polling was not 3 times as fast as the changes.
    """
    changed = series.changes().t_s
    gaps = [later - earlier for earlier, later in pairwise(changed)]
    polls = [later - earlier for earlier, later in pairwise(series.t_s)]
    if len(gaps) < _FEWEST_CHANGES:
        return None
    guess_s = sorted(gaps)[len(gaps) // 4]
    if guess_s < _POLLS_PER_UPDATE * median(polls):
        return None
    counts = [max(1, round(gap / guess_s)) for gap in gaps]
    period_s = sum(gap * count for gap, count in zip(gaps, counts, strict=True)) / sum(c * c for c in counts)
    residuals = [gap - count * period_s for gap, count in zip(gaps, counts, strict=True)]
    error_s = sqrt(fmean(each * each for each in residuals) / sum(c * c for c in counts))
    return Estimate(period_s, error_s, len(gaps))


def averaging_window(fresh: Series, edges_s: Sequence[float], delays_s: Sequence[float]) -> Estimate | None:
    """Return the window [s] over which a sensor averages, from readings under a load of known on and off times.

    `edges_s` alternate on, off, on, … The reading at t is taken as a + b·(share of load in [t−d−w, t−d]); for each
    w on a geometric grid from 2 ms to 2 s and each delay d, a and b are fitted by least squares, and the w with
    the least residual wins (Yang, Adamek, Armour 2023, arXiv:2312.02741, fit a boxcar in the same way). The error
    is half a grid step. None when the best explains less than 80 % of the variance.
    """
    if len(fresh.values) < _FEWEST_CHANGES:
        return None
    loads = _Loads(tuple(edges_s))
    widths = [0.002 * 1.12**step for step in range(62)]
    total = sum((value - fmean(fresh.values)) ** 2 for value in fresh.values)
    best = min((_residual(fresh, loads, width, delay), width) for width in widths for delay in delays_s)
    if total <= 0 or best[0] > (1 - _LEAST_FIT) * total:
        return None
    return Estimate(best[1], 0.06 * best[1], len(fresh.values))


def counter_gain(counter: Series, power: Series, update_s: float) -> Estimate | None:
    """Return energy by counter over energy by integrated power, in one and the same span.

    Both ends lie on a change of the counter; the error is one update of each end. None below 5 s.
    """
    changed = counter.changes()
    if len(changed.t_s) < 2:
        return None
    start_s, end_s = changed.t_s[0], changed.t_s[-1]
    inside = power.between(start_s, end_s)
    if end_s - start_s < 5.0 or len(inside.t_s) < _FEWEST_CHANGES:
        return None
    integral_j = trapezoid(inside) * (end_s - start_s) / (inside.t_s[-1] - inside.t_s[0])
    spent_j = changed.values[-1] - changed.values[0]
    if integral_j <= 0 or spent_j <= 0:
        return None
    gain = spent_j / integral_j
    return Estimate(gain, gain * 2 * update_s / (end_s - start_s), len(inside.t_s))


def trapezoid(series: Series) -> float:
    """Return ∫ value dt on the real times."""
    pairs = zip(series.t_s, series.values, series.t_s[1:], series.values[1:], strict=False)
    return sum((t1 - t0) * 0.5 * (v0 + v1) for t0, v0, t1, v1 in pairs)


def level(series: Series) -> Estimate | None:
    """Return the mean of the fresh readings, with its standard error: a plateau."""
    values = series.changes().values or series.values
    if not values:
        return None
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return Estimate(fmean(values), error, len(values))


@dataclass(frozen=True, slots=True)
class PowerLine:
    """P(u) = idle + (full − idle)·u [W], through two measured points (Fan, Weber, Barroso 2007)."""

    idle_w: float
    full_w: float


def power_line(idle_util: float, idle_w: float, full_util: float, full_w: float) -> PowerLine | None:
    """Return the line through two points of utilisation and power, extended to u = 0 and 1.

    None when the points are less than a quarter of the range apart, or power does not rise between them.
    """
    if full_util - idle_util < 0.25 or full_w <= idle_w:
        return None
    slope_w = (full_w - idle_w) / (full_util - idle_util)
    return PowerLine(idle_w - slope_w * idle_util, full_w + slope_w * (1 - full_util))


@dataclass(frozen=True, slots=True)
class _Loads:
    """A load that is on from the first edge to the second, and so on."""

    edges_s: tuple[float, ...]

    def until(self, t_s: float) -> float:
        """Return how long the load has been on up to t [s]."""
        count = bisect_right(self.edges_s, t_s)
        pairs = zip(self.edges_s[:count:2], self.edges_s[1:count:2], strict=False)
        on_s = sum(off - on for on, off in pairs)
        return on_s + (t_s - self.edges_s[count - 1] if count % 2 else 0.0)


def _residual(fresh: Series, loads: _Loads, width_s: float, delay_s: float) -> float:
    """Return the sum of squares that a boxcar of this width and delay leaves."""
    shares = [(loads.until(t - delay_s) - loads.until(t - delay_s - width_s)) / width_s for t in fresh.t_s]
    mean_x, mean_y = fmean(shares), fmean(fresh.values)
    spread = sum((x - mean_x) ** 2 for x in shares)
    joint = sum((x - mean_x) * (y - mean_y) for x, y in zip(shares, fresh.values, strict=True))
    total = sum((y - mean_y) ** 2 for y in fresh.values)
    return total if spread <= 0 or joint <= 0 else total - joint * joint / spread
