"""An energy counter's readings to energy: wraps undone, resets split."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.energy.integral import Floats, Integral, is_gap
from ecoanalysis.energy.trapezoid import integrate_power

# A step beyond both is a reset that no wrap explains: no domain of a counter that wraps (RAPL) draws a kilowatt.
_IMPLAUSIBLE_RATIO = 10.0
_IMPLAUSIBLE_W = 1000.0


@dataclass(frozen=True, slots=True)
class Steps:
    """The energy between successive readings of a counter [J]. `doubt_j` is what each may be wrong by."""

    energy_j: Floats
    doubt_j: Floats
    wraps_count: int
    resets: NDArray[np.int64]


def integrate_counter(
    t_s: Floats,
    counter_j: Floats,
    edges_s: Floats,
    *,
    update_s: float,
    wrap_j: float | None = None,
    power_w: float | None = None,
) -> Integral:
    """Return the energy of each span between `edges_s` from counter readings at the times `t_s`, both ascending.

    E = c(t₂) − c(t₁), the counter interpolated at the edges, so spans add up to the whole. `wrap_j` is the range
    after which the counter starts anew, None for a counter that does not wrap: then a fall is a reset.
    `power_w` is a power [W] that the device cannot exceed for long (its limit), where known.
    The resolution bound of a span is P·Tu with the steepest power P seen in it and `update_s` = Tu (DOMAIN
    §C.1: worst case of two ends up to one update old), plus what interpolation may move at an edge.
    """
    steps = undo_wraps(t_s, counter_j, wrap_j, power_w)
    h_s = np.diff(t_s)
    rate_w = steps.energy_j / h_s if h_s.size else np.zeros(0)
    # As mean powers of the intervals that they end, the steps integrate to themselves exactly.
    mean_w = np.concatenate((rate_w[:1], rate_w)) if rate_w.size else np.zeros(1)
    found = integrate_power(t_s, mean_w, edges_s, step=True)
    quantum_j = np.where(found.covered_s > 0, np.maximum(found.peak_w, 0.0) * update_s, 0.0)
    moved_j = _edge_doubt(t_s, rate_w, edges_s)
    doubt_j = np.concatenate(([0.0], np.cumsum(steps.doubt_j)))
    reset_j = np.diff(np.interp(np.clip(edges_s, t_s[0], t_s[-1]), t_s, doubt_j))
    zeros = np.zeros(found.energy_j.size)
    return replace(
        found,
        variation_j=zeros,
        square_j2=zeros,
        widest_s=zeros,
        edge_j=quantum_j + moved_j[:-1] + moved_j[1:] + reset_j,
        wraps_count=steps.wraps_count,
        resets_count=int(steps.resets.size),
    )


def undo_wraps(t_s: Floats, counter_j: Floats, wrap_j: float | None, power_w: float | None = None) -> Steps:
    """Return the energy of each interval between readings, wraps added back, resets bridged.

    A fall is a wrap when the counter has a range and the step that a wrap implies is one that the device can
    make; else the counter was reset: the interval gets the neighbours' mean power, at least what the counter
    shows since, and as much doubt. An interval so long that the counter may have wrapped more than once gets
    the number of wraps nearest to the neighbours' power, and one range of doubt.
    """
    step_j, h_s = np.diff(counter_j), np.diff(t_s)
    doubt_j = np.zeros(step_j.size)
    falls = step_j < 0
    usual_w = _usual_power(step_j, h_s, falls)
    if power_w is None:
        rising_w = step_j[~falls] / h_s[~falls]
        power_w = float(rising_w.max()) if rising_w.size else 0.0
    wraps = np.zeros(step_j.size)
    if wrap_j:
        wraps = np.where(falls, 1.0, 0.0)
        blind = h_s * usual_w > 0.5 * wrap_j
        nearest = np.round((usual_w * h_s - step_j) / wrap_j)
        wraps = np.where(blind, np.maximum(nearest, wraps), wraps)
        doubt_j = np.where(blind, wrap_j, 0.0)
        step_j = step_j + wraps * wrap_j
        ceiling_w = max(_IMPLAUSIBLE_RATIO * max(power_w, usual_w), _IMPLAUSIBLE_W)
        falls = falls & (step_j / h_s > ceiling_w) & ~blind
    resets = np.flatnonzero(falls)
    if resets.size:
        bridged_j = np.maximum(_neighbours_power(step_j / h_s, falls, usual_w) * h_s, counter_j[1:])
        step_j = np.where(falls, bridged_j, step_j)
        doubt_j = np.where(falls, bridged_j, doubt_j)
        wraps = np.where(falls, 0.0, wraps)
    return Steps(step_j, doubt_j, int(wraps.sum()), resets.astype(np.int64))


def _usual_power(step_j: Floats, h_s: Floats, falls: NDArray[np.bool_]) -> float:
    """Return the median power of the intervals in which the counter rose, gaps aside [W]; 0 where there is none."""
    usual = ~falls & ~is_gap(h_s, float(np.median(h_s)) if h_s.size else 0.0)
    return float(np.median(step_j[usual] / h_s[usual])) if usual.any() else 0.0


def _neighbours_power(rate_w: Floats, falls: NDArray[np.bool_], usual_w: float) -> Floats:
    """Return the mean power of the intervals on both sides of each [W], the usual power where they fell too."""
    known_w = np.where(falls, usual_w, rate_w)
    around_w = np.concatenate((known_w[:1], known_w, known_w[-1:]))
    return np.asarray(0.5 * (around_w[:-2] + around_w[2:]))


def _edge_doubt(t_s: Floats, rate_w: Floats, edges_s: Floats) -> Floats:
    """Return what interpolating the counter at each edge may be wrong by [J].

    With power between the least and the most of the intervals around it, the counter at a share λ of an
    interval h deviates from the straight line by at most λ(1−λ)·h·(P_max − P_min).
    """
    if rate_w.size == 0:
        return np.zeros(edges_s.size)
    at = np.clip(np.searchsorted(t_s, edges_s, side="right") - 1, 0, rate_w.size - 1)
    h_s = np.diff(t_s)[at]
    share = np.clip((edges_s - t_s[at]) / h_s, 0.0, 1.0)
    around = [rate_w[np.clip(at + shift, 0, rate_w.size - 1)] for shift in (-1, 0, 1)]
    swing_w = np.max(around, axis=0) - np.min(around, axis=0)
    return np.asarray(share * (1 - share) * h_s * swing_w)
