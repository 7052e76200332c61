"""One device in one run: its energy by every way its samples allow."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.energy.counter import integrate_counter
from ecoanalysis.energy.estimate import PowerCurve
from ecoanalysis.energy.integral import Floats, Integral, hold_ends, merge
from ecoanalysis.energy.lag import smear, true_times
from ecoanalysis.energy.phases import Phases
from ecoanalysis.energy.series import Piece
from ecoanalysis.energy.trapezoid import at_other_power, integrate_means, integrate_power

# Best first: a counter sees what polling misses; an average lags; a model sees nothing of the device.
LADDER = ("counter", "power", "power_avg", "fitted", "specification")
_STILL_S = 2.0  # no counter in use is updated less than ten times as often
_COLUMNS = {"counter": "energy_j", "power": "power_w", "power_avg": "power_avg_w"}


@dataclass(frozen=True, slots=True)
class Metering:
    """What integration needs to know of a device: Tu [s], the counter's range [J], its power limit [W], a curve.

    `averages` is set for a meter whose power readings are means over their own periods, one after another.
    `lag_s`: by how much a power reading is late, where it is the mean over longer than an update.
    """

    update_s: float
    wrap_j: float | None = None
    power_w: float | None = None
    curve: PowerCurve | None = None
    averages: bool = False
    lag_s: float = 0.0


@dataclass(slots=True)
class Meter:
    """Takes the pieces of one series, in order; `integrals` then has the energies by method.

    The low and high of a curve are integrals of their own: `specification low`, `specification high`.
    `means` are time-weighted means per span: util_ratio, process_ratio, temperature_c.
    """

    phases: Phases
    metering: Metering
    integrals: dict[str, Integral] = field(default_factory=dict)
    samples_count: int = 0
    _ends: dict[str, tuple[Floats, Floats, Floats]] = field(default_factory=dict)
    _weights: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)

    def add(self, piece: Piece) -> None:
        """Take the next piece."""
        t_s: Floats = (piece.t_ns - self.phases.origin_ns).astype(np.float64) / 1e9
        self.samples_count += t_s.size
        sensor_t = piece.values["sensor_t_ns"]
        for method, column in _COLUMNS.items():
            self._add_reading(method, t_s, piece.values[column], sensor_t)
        if self.metering.curve is not None:
            self._add_estimate(self.metering.curve, t_s, piece.values)
        for name in ("util_ratio", "process_ratio", "temperature_c"):
            self._add_mean(name, t_s, piece.values[name])

    def finished(self) -> dict[str, Integral]:
        """Return the integrals by method, their ends held to the phases' edges."""
        if "counter" in self.integrals and stands_still(self.integrals["counter"]):
            counter = self.integrals["counter"]
            self.integrals["counter"] = replace(counter, energy_j=np.full_like(counter.energy_j, np.nan))
        lag_s = self.metering.lag_s
        late = {method: lag_s if method in ("power", "power_avg") else 0.0 for method in self.integrals}
        return {
            method: smear(hold_ends(found, 2 * late[method]), late[method])
            for method, found in self.integrals.items()
        }

    def means(self, name: str) -> Floats:
        """Return the time-weighted mean of a quantity per span; NaN where nothing was read."""
        spans = len(self.phases.names)
        total, weight = self._weights.get(name, (np.zeros(spans), np.zeros(spans)))
        mean: Floats = np.divide(total, weight, out=np.full(spans, np.nan), where=weight > 0)
        return mean

    def totals(self, name: str) -> tuple[Floats, Floats]:
        """Return, per span, Σ value·Δt and Σ Δt of a quantity."""
        spans = len(self.phases.names)
        return self._weights.get(name, (np.zeros(spans), np.zeros(spans)))

    def _add_estimate(self, curve: PowerCurve, t_s: Floats, values: dict[str, Floats]) -> None:
        """Integrate a curve over the load, and its bounds at the same readings."""
        is_constant = len(curve.util_ratio) == 1  # then every tick is a reading
        load = np.zeros(t_s.size) if is_constant else curve.load.of(values)
        self._add_reading(curve.method, t_s, load, None)

    def _add_reading(self, method: str, t_s: Floats, values: Floats, sensor_t: Floats | None) -> None:
        """Integrate the fresh readings of one column, joined to the last of the piece before."""
        read = np.isfinite(values)
        if not read.any():
            return
        t_s, values = t_s[read], values[read]
        stamps = sensor_t[read] if sensor_t is not None else np.full(t_s.size, np.nan)
        before = self._ends.get(method)
        if before is not None:
            t_s, values, stamps = (
                np.concatenate((old, new)) for old, new in zip(before, (t_s, values, stamps), strict=True)
            )
        # Without stamps an equal value within one period is the old one; an averaging meter logs each once.
        held_s = self.metering.update_s if method in _COLUMNS and not self.metering.averages else 0.0
        keep = fresh(t_s, values, stamps, held_s)
        if not keep.all():
            t_s, values, stamps = t_s[keep], values[keep], stamps[keep]
        self._ends[method] = (t_s[-1:], values[-1:], stamps[-1:])
        if before is not None and t_s.size == 1:
            return
        if method in _COLUMNS:
            lag_s = self.metering.lag_s if method != "counter" else 0.0
            t_s = true_times(t_s, (stamps - self.phases.origin_ns) / 1e9, lag_s)
        for name, found in self._integrate(method, t_s, values).items():
            self.integrals[name] = merge(self.integrals[name], found) if before is not None else found

    def _integrate(self, method: str, t_s: Floats, values: Floats) -> dict[str, Integral]:
        """Return the integral of one column's readings; of a curve over utilisation its bounds too."""
        metering, edges_s, waits = self.metering, self.phases.edges_s, self.phases.waits
        if method == "counter":
            found = integrate_counter(
                t_s,
                values,
                edges_s,
                update_s=metering.update_s,
                wrap_j=metering.wrap_j,
                power_w=metering.power_w,
            )
        elif method in _COLUMNS:
            integrate = integrate_means if metering.averages else integrate_power
            found = integrate(t_s, values, edges_s, waits=waits)
        elif metering.curve is not None:
            mid_w, low_w, high_w = metering.curve.power(np.clip(values, 0.0, 1.0))
            mid = integrate_power(t_s, mid_w, edges_s, step=True, waits=waits)
            return {
                method: mid,
                f"{method} low": at_other_power(mid, t_s, low_w),
                f"{method} high": at_other_power(mid, t_s, high_w),
            }
        return {method: found}

    def _add_mean(self, name: str, t_s: Floats, values: Floats) -> None:
        """Add a quantity to its spans, each reading weighted by the time since the one before."""
        read = np.isfinite(values)
        if not read.any():
            return
        t_s, values = t_s[read], values[read]
        h_s = np.diff(t_s, prepend=t_s[0])
        h_s[0] = h_s[1:].mean() if h_s.size > 1 else 1.0
        spans = len(self.phases.names)
        at = np.searchsorted(self.phases.edges_s, t_s - 0.5 * h_s, side="right") - 1
        inside = (at >= 0) & (at < spans)
        total = np.bincount(at[inside], (values * h_s)[inside], minlength=spans)
        weight = np.bincount(at[inside], h_s[inside], minlength=spans)
        old = self.totals(name)
        self._weights[name] = (old[0] + total, old[1] + weight)


def stands_still(counter: Integral) -> bool:
    """Whether a counter was read for seconds and counted nothing: it is dead, for no device draws nothing."""
    seen = counter.covered_s > 0
    return bool(counter.covered_s.sum() >= _STILL_S and not np.any(counter.peak_w[seen] > 0))


def fresh(t_s: Floats, values: Floats, stamps: Floats, update_s: float) -> NDArray[np.bool_]:
    """Return which readings are new, not the sensor's last value handed out again.

    A reading is old when the sensor's own timestamp is that of the one before; without timestamps, when its
    value is equal and came within the same update period. Times must ascend strictly: of readings at the
    same instant the first counts. The first is always new; without timestamps so is the last.
    """
    if t_s.size < 2:
        return np.ones(t_s.size, dtype=bool)
    later = np.diff(t_s) > 0
    stamped = np.isfinite(stamps[1:]) & np.isfinite(stamps[:-1])
    new = later.copy()
    new[stamped] &= np.diff(stamps)[stamped] != 0
    if update_s > 0:
        period = np.floor((t_s - t_s[0]) / update_s + 1e-9)
        held = (np.diff(values) == 0) & (np.diff(period) == 0) & ~stamped
        held[-1] = False
        new &= ~held
    return np.concatenate(([True], new))
