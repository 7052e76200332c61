"""When the values that a sensor shows are from: earlier than they are read."""

from dataclasses import replace

import numpy as np

from ecoanalysis.energy.integral import Floats, Integral

_EARLIEST_S, _LATEST_S = -5.0, 0.1  # a stamp further off the time of reading is of another clock


def true_times(t_s: Floats, stamp_s: Floats, lag_s: float = 0.0) -> Floats:
    """Return the instants [s] that readings at `t_s` are of.

    The sensor's own time stamp where it gives one, since a counter shows what it was at its last refresh: taken
    for the time of reading, it loses (P_busy − P_idle)·Tu/2 at the end of a phase on average (DOMAIN §C.1).
    `lag_s`: half the window of a sensor that shows a mean, whose value is that of the window's middle. Stamps
    that are not near the reading, or that do not ascend, are not believed. t_s ascends strictly; NaN in
    `stamp_s` is no stamp.
    """
    off_s = stamp_s - t_s
    believed = np.isfinite(off_s) & (off_s > _EARLIEST_S) & (off_s < _LATEST_S)
    stamped_s = np.where(believed, stamp_s, t_s)
    ascending = t_s.size < 2 or bool((np.diff(stamped_s) > 0).all())
    return np.asarray((stamped_s if ascending else t_s) - lag_s)


def smear(found: Integral, lag_s: float) -> Integral:
    """Return the integral with what a mean over W = 2·`lag_s` moves across the two edges of each span as doubt.

    A step ΔP at an edge is shown as a ramp over W around it: W·ΔP/8 of its energy lies on the other side.
    """
    if lag_s <= 0:
        return found
    seen = np.isfinite(found.low_w) & np.isfinite(found.peak_w)
    swing_w = np.where(seen, found.peak_w, 0.0) - np.where(seen, found.low_w, 0.0)
    return replace(found, edge_j=found.edge_j + 2 * (2 * lag_s) * swing_w / 8)
