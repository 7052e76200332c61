"""Power readings to energy: the trapezoid on real timestamps."""

from dataclasses import replace

import numpy as np

from ecoanalysis.energy.integral import GAP_FACTOR, Flags, Floats, Integral, Overlaps, is_gap, overlaps


def integrate_power(
    t_s: Floats, power_w: Floats, edges_s: Floats, *, step: bool = False, waits: Flags | None = None
) -> Integral:
    """Return the energy of each span between `edges_s` from power readings at the times `t_s`, both ascending.

    E = Σ (P_i + P_{i+1})/2 · Δt_i, with power interpolated at the edges, so spans add up to the whole; what lies
    outside the readings is not counted (`hold_ends` does). With `step` each reading is the mean over the
    interval that it ends, as utilisation is: E = Σ P_{i+1}·Δt_i. In the spans that `waits` marks nobody meant to read.
    Readings: at least one; t_s [s] strictly ascending; power_w [W] finite.
    """
    h_s = np.diff(t_s)
    within = np.clip(edges_s, t_s[0], t_s[-1])
    interval_s = float(np.median(h_s)) if h_s.size else 0.0
    own_s, of = _own(t_s, edges_s, waits), overlaps(t_s, edges_s)
    # Usual is what the clock says: beside the many readings at the marks of a turn a slice would look like a gap.
    gap = is_gap(h_s, interval_s) & (own_s > GAP_FACTOR * interval_s)
    # Within a gap nothing was seen: power may have been anywhere in the range of the series.
    change_w = np.where(gap, power_w.max() - power_w.min(), _change(power_w, step))
    reach_s = reach(of, own_s, gap, step)
    moved_j = reach_s * change_w[of.interval]
    inside = np.searchsorted(t_s, edges_s[1:], "right") - np.searchsorted(t_s, edges_s[:-1], "left")
    return Integral(
        edges_s=edges_s,
        energy_j=np.diff(_cumulative(t_s, power_w, within, step)),
        covered_s=np.diff(within),
        gap_s=_overlap(t_s, gap, within),
        variation_j=of.sums(0.5 * moved_j),
        square_j2=of.sums(0.5 * moved_j**2),
        edge_j=np.zeros(edges_s.size - 1),
        widest_s=np.maximum(of.largest(reach_s), 0.0),
        low_w=-of.largest(-np.minimum(power_w[1:], power_w[:-1])[of.interval]),
        peak_w=of.largest(np.maximum(power_w[1:], power_w[:-1])[of.interval]),
        count=np.maximum(inside, 0).astype(np.int64),
        first=(float(t_s[0]), float(power_w[0])),
        last=(float(t_s[-1]), float(power_w[-1])),
        interval_s=interval_s,
    )


def reach(of: Overlaps, own_s: Floats, gap: Flags, step: bool) -> Floats:
    """Return how far the reading interval of each pair counts in its span [s], an error being reach·|ΔP|/2 at most.

    Of an interval h with l of it in the span it is min(h, 2·l): power that goes from P to P + ΔP at any instants of the
    interval is off the straight line by h·|ΔP|/2 where it turns within the span, by l·|ΔP| where the span sees only
    the interval's end. A mean over the interval (`step`) knows the whole of it, and what an edge cuts off is wrong by
    l·(1 − l/h)·|ΔP| as it is for a counter; the reach is twice that. A gap hides what it would be the mean of.
    h is `own_s`, without the time spent waiting: the sensor is read for others then, so the first mean of a turn is
    one over the turn.
    """
    length_s = np.maximum(own_s[of.interval], of.within_s)
    instants_s = np.minimum(length_s, 2.0 * of.within_s)
    if not step:
        return instants_s
    means_s = 2.0 * of.within_s * (1.0 - of.within_s / length_s)
    return np.where(gap[of.interval], instants_s, means_s)


def _change(power_w: Floats, step: bool) -> Floats:
    """Return how much power changes about each reading interval [W]: between its ends, of means to its neighbours."""
    if not step:
        return np.abs(np.diff(power_w))
    mean_w = power_w[1:]
    around_w = np.concatenate((mean_w[:1], mean_w, mean_w[-1:]))
    three = (around_w[:-2], mean_w, around_w[2:])
    return np.asarray(np.max(three, axis=0) - np.min(three, axis=0))


def _own(t_s: Floats, edges_s: Floats, waits: Flags | None) -> Floats:
    """Return the length of each reading interval without the spans that wait [s]."""
    if waits is None:
        return np.diff(t_s)
    waited_s = np.concatenate(([0.0], np.cumsum(np.where(waits, np.diff(edges_s), 0.0))))
    return np.diff(t_s) - np.diff(np.interp(t_s, edges_s, waited_s))


def _cumulative(t_s: Floats, power_w: Floats, at_s: Floats, step: bool) -> Floats:
    """Return the energy from the first reading to each of the times `at_s`, which lie between the readings."""
    h_s = np.diff(t_s)
    if h_s.size == 0:
        return np.zeros(at_s.size)
    left_w = power_w[1:] if step else power_w[:-1]
    slope = np.zeros(h_s.size) if step else np.diff(power_w) / h_s
    total_j = np.concatenate(([0.0], np.cumsum(h_s * (left_w + 0.5 * slope * h_s))))
    at = np.clip(np.searchsorted(t_s, at_s, side="right") - 1, 0, h_s.size - 1)
    past_s = at_s - t_s[at]
    return np.asarray(total_j[at] + past_s * (left_w[at] + 0.5 * slope[at] * past_s))


def at_other_power(found: Integral, t_s: Floats, power_w: Floats) -> Integral:
    """Return a step integral with the energies of another power at the same readings; its other fields stay."""
    within = np.clip(found.edges_s, t_s[0], t_s[-1])
    return replace(
        found,
        energy_j=np.diff(_cumulative(t_s, power_w, within, step=True)),
        first=(found.first[0], float(power_w[0])),
        last=(found.last[0], float(power_w[-1])),
    )


def integrate_means(t_s: Floats, power_w: Floats, edges_s: Floats, *, waits: Flags | None = None) -> Integral:
    """Return the energy of each span from a meter whose readings are means over their own periods, one after another.

    E = mean of the span's readings × its length, as SPEC and MLPerf define the energy of an averaging analyser:
    each reading stands for one averaging period, so the jitter of its logging time carries no weight. A span with
    a gap, or with fewer than two readings, is integrated by the trapezoid. Arguments as in `integrate_power`.
    """
    found = integrate_power(t_s, power_w, edges_s, waits=waits)
    first = np.searchsorted(t_s, edges_s[:-1], side="left")
    last = np.searchsorted(t_s, edges_s[1:], side="right")
    total_w = np.concatenate(([0.0], np.cumsum(power_w)))
    count = last - first
    mean_w = (total_w[last] - total_w[first]) / np.maximum(count, 1)
    regular = (count > 1) & (found.gap_s == 0)
    return replace(found, energy_j=np.where(regular, mean_w * found.covered_s, found.energy_j))


def _overlap(t_s: Floats, gap: Flags, within: Floats) -> Floats:
    """Return how much of each span lies in gaps [s]."""
    if not gap.any():
        return np.zeros(within.size - 1)
    in_gap_s = np.concatenate(([0.0], np.cumsum(np.where(gap, np.diff(t_s), 0.0))))
    return np.asarray(np.diff(np.interp(within, t_s, in_gap_s)))
