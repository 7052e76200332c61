"""Power readings to energy: the trapezoid on real timestamps."""

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.energy.integral import Floats, Integral, is_gap, span_extremes, span_sums, touching


def integrate_power(t_s: Floats, power_w: Floats, edges_s: Floats, *, step: bool = False) -> Integral:
    """Return the energy of each span between `edges_s` from power readings at the times `t_s`, both ascending.

    E = Σ (P_i + P_{i+1})/2 · Δt_i, with power interpolated at the edges, so spans add up to the whole; what lies
    outside the readings is not counted (`hold_ends` does). With `step` each reading is the mean over the
    interval that it ends, as utilisation is: E = Σ P_{i+1}·Δt_i.
    Readings: at least one; t_s [s] strictly ascending; power_w [W] finite.
    """
    h_s = np.diff(t_s)
    change_w = np.diff(power_w)
    left_w = power_w[1:] if step else power_w[:-1]
    slope = np.zeros(h_s.size) if step else change_w / h_s
    energy_j = h_s * (power_w[1:] if step else 0.5 * (power_w[1:] + power_w[:-1]))
    total_j = np.concatenate(([0.0], np.cumsum(energy_j)))
    within = np.clip(edges_s, t_s[0], t_s[-1])
    if h_s.size:
        at = np.clip(np.searchsorted(t_s, within, side="right") - 1, 0, h_s.size - 1)
        past_s = within - t_s[at]
        cumulative_j = total_j[at] + past_s * (left_w[at] + 0.5 * slope[at] * past_s)
    else:
        cumulative_j = np.zeros(edges_s.size)
    spans = touching(t_s, edges_s)
    gap = is_gap(h_s)
    swing_w = float(power_w.max() - power_w.min())
    # Within a gap nothing was seen: power may have been anywhere in the range of the series.
    change_w = np.where(gap, swing_w, np.abs(change_w))
    inside = (np.searchsorted(t_s, edges_s[1:], "right") - np.searchsorted(t_s, edges_s[:-1], "left")).astype(
        np.int64
    )
    high_w = np.maximum(power_w[1:], power_w[:-1]) if h_s.size else power_w
    low_w = np.minimum(power_w[1:], power_w[:-1]) if h_s.size else power_w
    return Integral(
        edges_s=edges_s,
        energy_j=np.diff(cumulative_j),
        covered_s=np.diff(within),
        gap_s=_overlap(t_s, gap, within),
        variation_j=span_sums(0.5 * h_s * change_w, spans),
        square_j2=span_sums(0.5 * (h_s * change_w) ** 2, spans),
        edge_j=np.zeros(edges_s.size - 1),
        widest_s=np.maximum(span_extremes(h_s, spans, largest=True), 0.0),
        low_w=span_extremes(low_w, spans, largest=False),
        peak_w=span_extremes(high_w, spans, largest=True),
        count=np.maximum(inside, 0),
        first=(float(t_s[0]), float(power_w[0])),
        last=(float(t_s[-1]), float(power_w[-1])),
        interval_s=float(np.median(h_s)) if h_s.size else 0.0,
    )


def _overlap(t_s: Floats, gap: NDArray[np.bool_], within: Floats) -> Floats:
    """Return how much of each span lies in gaps [s]."""
    if not gap.any():
        return np.zeros(within.size - 1)
    in_gap_s = np.concatenate(([0.0], np.cumsum(np.where(gap, np.diff(t_s), 0.0))))
    return np.asarray(np.diff(np.interp(within, t_s, in_gap_s)))
