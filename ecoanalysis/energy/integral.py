"""The energy of one device between phase edges, with what bounds its error."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

GAP_FACTOR = 3.0
# As the recorder's own bound has them (collectors/sampling.py): the two state the same of the same readings.
_Z, _TURNS = 4.0, 2.0
# A signal that ends early is held at its last level for this share of a phase; beyond it, the phase's energy
# is unknown.
_HOLD_RATIO = 0.1


@dataclass(frozen=True, slots=True)
class Integral:
    """Energies [J] of the K spans between K+1 edges [s], and what the readings say about each span.

    variation_j: Σ h·|ΔP|/2 over the reading intervals that touch the span, h as far as it counts there (`reach`).
    square_j2: Σ h²·ΔP²/2 of the same, the variance of the sum when readings fall independently of the signal.
    edge_j: what interpolation at the span's edges, resets and ambiguous wraps may have moved. widest_s: the longest h.
    low_w, peak_w: the range of power seen. covered_s: what readings surround. gap_s: in gaps, within covered.
    first and last: time [s] and power [W] of the outermost readings. interval_s: the median time between readings.
    """

    edges_s: Floats
    energy_j: Floats
    covered_s: Floats
    gap_s: Floats
    variation_j: Floats
    square_j2: Floats
    edge_j: Floats
    widest_s: Floats
    low_w: Floats
    peak_w: Floats
    count: NDArray[np.int64]
    first: tuple[float, float]
    last: tuple[float, float]
    interval_s: float = 0.0
    wraps_count: int = 0
    resets_count: int = 0

    @property
    def duration_s(self) -> Floats:
        """The length of each span [s]."""
        return np.diff(self.edges_s)

    def sampling_bound_j(self, groups: NDArray[np.int64] | None = None) -> Floats:
        """Return the bound on the sampling error of each span [J], the one that the recorder states.

        The smaller of twice the total-variation bound (the signal may turn between readings) and four standard
        deviations of independent draws, plus one excursion of the range seen within the widest interval, plus
        the edges. `groups` numbers the group of each span, from 0: the spans of a phase that comes again, as those
        of a run that takes turns do, have one bound together, as they would have if they were one.
        """
        if groups is None:
            groups = np.arange(self.energy_j.size)
        count = int(groups.max(initial=-1)) + 1
        variation_j, square_j2, edge_j = (
            np.bincount(groups, each, count) for each in (self.variation_j, self.square_j2, self.edge_j)
        )
        low_w, peak_w, widest_s = np.full(count, np.inf), np.full(count, -np.inf), np.zeros(count)
        np.minimum.at(low_w, groups, self.low_w)
        np.maximum.at(peak_w, groups, self.peak_w)
        np.maximum.at(widest_s, groups, self.widest_s)
        seen = np.isfinite(low_w)
        swing_w = np.where(seen, np.maximum(peak_w, 0.0) - np.where(seen, low_w, 0.0), 0.0)
        drawn_j = np.minimum(_TURNS * variation_j, _Z * np.sqrt(square_j2))
        return np.asarray(drawn_j + 0.5 * widest_s * swing_w + edge_j)


def merge(first: Integral, second: Integral) -> Integral:
    """Return the integral of a series that was cut in two pieces that share one reading."""
    return replace(
        first,
        energy_j=first.energy_j + second.energy_j,
        covered_s=first.covered_s + second.covered_s,
        gap_s=first.gap_s + second.gap_s,
        variation_j=first.variation_j + second.variation_j,
        square_j2=first.square_j2 + second.square_j2,
        edge_j=first.edge_j + second.edge_j,
        widest_s=np.maximum(first.widest_s, second.widest_s),
        low_w=np.minimum(first.low_w, second.low_w),
        peak_w=np.maximum(first.peak_w, second.peak_w),
        count=first.count + second.count,
        last=second.last,
        interval_s=first.interval_s or second.interval_s,
        wraps_count=first.wraps_count + second.wraps_count,
        resets_count=first.resets_count + second.resets_count,
    )


def is_gap(h_s: Floats, median_s: float) -> Flags:
    """Return which reading intervals are gaps: over 3 times the median and over 3 times the one before.

    The recorder stretches its interval by a quarter at a time, give or take a quarter or half an update period by
    chance, so a stretched interval is no gap.
    """
    long: Flags = h_s > GAP_FACTOR * median_s
    if h_s.size < 2 or not long.any():
        return np.zeros(h_s.size, dtype=bool)
    jump = h_s > GAP_FACTOR * np.concatenate(([median_s], h_s[:-1]))
    gap = long & jump
    for i in np.flatnonzero(long):  # a long interval after a gap is one too
        gap[i] = gap[i] or (i > 0 and gap[i - 1])
    return gap


def hold_ends(found: Integral, slack_s: float = 0.0) -> Integral:
    """Return the integral with the outermost readings held to the edges of the spans they do not reach.

    Where over a tenth of a span, more than one reading interval and more than `slack_s` are not covered, its
    energy is NaN: unknown.
    What is held counts into `edge_j` at its full size.
    """
    starts, ends = found.edges_s[:-1], found.edges_s[1:]
    before = np.clip(found.first[0] - starts, 0, ends - starts)
    after = np.clip(ends - found.last[0], 0, ends - starts)
    held_s, length_s = before + after, ends - starts
    held_j = before * found.first[1] + after * found.last[1]
    unknown = held_s > np.maximum(_HOLD_RATIO * length_s, max(found.interval_s, slack_s))
    energy_j = np.where(unknown & (length_s > 0), np.nan, found.energy_j + held_j)
    return replace(found, energy_j=energy_j, edge_j=found.edge_j + np.abs(held_j))


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Which reading intervals lie in which spans: `span` and `interval` number the two of each pair, spans ascending.

    within_s: how much of the interval lies in the span.
    """

    spans_count: int
    span: NDArray[np.int64]
    interval: NDArray[np.int64]
    within_s: Floats

    def sums(self, values: Floats) -> Floats:
        """Return the sum of a value per pair over each span."""
        return np.asarray(np.bincount(self.span, values, self.spans_count), dtype=np.float64)

    def largest(self, values: Floats) -> Floats:
        """Return the largest value per pair in each span; −inf for a span without any."""
        found = np.full(self.spans_count, -np.inf)
        np.maximum.at(found, self.span, values)
        return found


def overlaps(t_s: Floats, edges_s: Floats) -> Overlaps:
    """Return how the intervals between the times `t_s`, strictly ascending, lie in the spans between `edges_s`."""
    intervals = max(t_s.size - 1, 0)
    first = np.clip(np.searchsorted(t_s, edges_s[:-1], side="right") - 1, 0, intervals)
    last = np.clip(np.searchsorted(t_s, edges_s[1:], side="left"), first, intervals)
    empty = (edges_s[1:] <= t_s[0]) | (edges_s[:-1] >= t_s[-1]) | (edges_s[1:] <= edges_s[:-1])
    count = np.where(empty, 0, last - first)
    span = np.repeat(np.arange(count.size), count)
    interval = np.arange(span.size) + np.repeat(first - (np.cumsum(count) - count), count)
    within_s = np.minimum(t_s[interval + 1], edges_s[span + 1]) - np.maximum(t_s[interval], edges_s[span])
    return Overlaps(count.size, span, interval, within_s)
