"""The energy of one device between phase edges, with what bounds its error."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GAP_FACTOR = 3.0
# As the recorder's own bound has them (collectors/sampling.py): the two state the same of the same readings.
_Z, _TURNS = 4.0, 2.0
# A signal that ends early is held at its last level for this share of a phase; beyond it, the phase's energy
# is unknown.
_HOLD_RATIO = 0.1


@dataclass(frozen=True, slots=True)
class Integral:
    """Energies [J] of the K spans between K+1 edges [s], and what the readings say about each span.

    variation_j: Σ h·|ΔP|/2 over the reading intervals that touch the span. square_j2: Σ h²·ΔP²/2 of the same,
    the variance of the sum when readings fall independently of the signal. edge_j: what interpolation at
    the span's edges, resets and ambiguous wraps may have moved. widest_s: the longest interval.
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

    def sampling_bound_j(self) -> Floats:
        """Return the bound on each span's sampling error [J], the one that the recorder states.

        The smaller of twice the total-variation bound (the signal may turn between readings) and four standard
        deviations of independent draws, plus one excursion of the range seen within the widest interval, plus
        the edges.
        """
        seen = np.isfinite(self.low_w)
        swing_w = np.where(seen, np.maximum(self.peak_w, 0) - np.where(seen, self.low_w, 0), 0.0)
        drawn_j = np.minimum(_TURNS * self.variation_j, _Z * np.sqrt(self.square_j2))
        return np.asarray(drawn_j + 0.5 * self.widest_s * swing_w + self.edge_j)


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


def is_gap(h_s: Floats, median_s: float) -> NDArray[np.bool_]:
    """Return which reading intervals are gaps: over 3 times the median and over 3 times the one before.

    The recorder stretches its interval by a quarter at a time, give or take a quarter or half an update period by
    chance, so a stretched interval is no gap.
    """
    long: NDArray[np.bool_] = h_s > _GAP_FACTOR * median_s
    if h_s.size < 2 or not long.any():
        return np.zeros(h_s.size, dtype=bool)
    jump = h_s > _GAP_FACTOR * np.concatenate(([median_s], h_s[:-1]))
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


def touching(t_s: Floats, edges_s: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each span, the first and the one-past-last reading interval that overlaps it."""
    first = np.searchsorted(t_s, edges_s[:-1], side="right") - 1
    last = np.searchsorted(t_s, edges_s[1:], side="left")
    intervals = max(t_s.size - 1, 0)
    first = np.clip(first, 0, intervals)
    last = np.clip(last, first, intervals)
    empty = (edges_s[1:] <= t_s[0]) | (edges_s[:-1] >= t_s[-1]) | (edges_s[1:] <= edges_s[:-1])
    return first, np.where(empty, first, last)


def span_sums(values: Floats, spans: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Floats:
    """Return the sum over each span's reading intervals."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(total[spans[1]] - total[spans[0]])


def span_extremes(
    values: Floats, spans: tuple[NDArray[np.int64], NDArray[np.int64]], largest: bool
) -> Floats:
    """Return the largest (or smallest) value over each span's intervals; ∓inf for a span without any."""
    pick, none = (np.max, -np.inf) if largest else (np.min, np.inf)
    return np.array(
        [pick(values[a:b]) if b > a else none for a, b in zip(spans[0], spans[1], strict=True)], dtype=float
    )
