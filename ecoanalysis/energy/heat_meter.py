"""One device in one run: its temperatures and throttling, taken piece by piece in bounded memory."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collectors.trace.records import BETWEEN_TURNS
from ecoanalysis.energy.integral import Floats
from ecoanalysis.energy.phases import INFER_PHASES, Phases
from ecoanalysis.energy.series import Piece

HEAT_COLUMNS = (
    "temperature_c",
    "fan_ratio",
    "clock_hz",
    "throttle_power_ns",
    "throttle_thermal_ns",
    "throttle_bits",
)
THERMAL_BITS, POWER_BITS = 0x20 | 0x40, 0x04 | 0x80  # NVML clock-event reasons
NEAR_LIMIT_C = 5.0
KEPT_READINGS = 1 << 17


@dataclass(slots=True)
class Mean:
    """A mean in the making."""

    total: float = 0.0
    count: int = 0

    def add(self, values: Floats) -> None:
        """Take values; those that are not known count for nothing."""
        known = values[np.isfinite(values)]
        self.total, self.count = self.total + float(known.sum()), self.count + known.size

    @property
    def value(self) -> float | None:
        """The mean, None of nothing."""
        return self.total / self.count if self.count else None


@dataclass(slots=True)
class Thinned:
    """Rows of readings: all of them up to `KEPT_READINGS`, beyond that every 2nd, 4th, …"""

    width: int
    _stride: int = 1
    _seen: int = 0
    _parts: list[Floats] = field(default_factory=list)

    def add(self, rows: Floats) -> None:
        """Take the next rows, n × width."""
        self._parts.append(rows[-self._seen % self._stride :: self._stride].copy())
        self._seen += len(rows)
        while sum(len(part) for part in self._parts) > KEPT_READINGS:
            self._parts, self._stride = [self.rows[::2].copy()], 2 * self._stride

    @property
    def rows(self) -> Floats:
        """The rows that are kept, in their order."""
        return np.concatenate((np.zeros((0, self.width)), *self._parts))


@dataclass(slots=True)
class HeatMeter:
    """Takes the pieces of one series, in order.

    `hot` readings are those of the inference, or outside the idle phase where no phase is an inference.
    `curve` keeps (t_s, temperature_c, fan_ratio, clock_hz) of the hot readings of a temperature; `edge_end_s` is
    when their first uninterrupted stretch ends. `throttled_s`: by source, the time throttled for heat and for power.
    """

    phases: Phases
    limit_c: float | None = None
    idle: Mean = field(default_factory=Mean)
    hot: Mean = field(default_factory=Mean)
    fan: Mean = field(default_factory=Mean)
    peak_c: float | None = None
    near_limit_s: float = 0.0
    throttled_s: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    curve: Thinned = field(default_factory=lambda: Thinned(4))
    edge_end_s: float = np.inf
    readings_count: int = 0
    _last: dict[str, Floats] = field(default_factory=dict)
    _interrupted: bool = False

    @property
    def alone(self) -> bool:
        """Whether the run had the machine to itself: what warms runs that take turns is all of them together."""
        return BETWEEN_TURNS not in self.phases.names

    def add(self, piece: Piece) -> None:
        """Take the next piece, which has `HEAT_COLUMNS`."""
        t_s: Floats = (piece.t_ns - self.phases.origin_ns) / 1e9
        span = np.searchsorted(self.phases.edges_s, t_s, side="right") - 1
        names = np.array(self.phases.names)[np.clip(span, 0, len(self.phases.names) - 1)]
        infers = any(name in INFER_PHASES for name in self.phases.names)
        hot = np.isin(names, INFER_PHASES) if infers else names != "idle"
        read = np.isfinite(piece.values["temperature_c"])
        self.readings_count += int(read.sum())
        self.idle.add(piece.values["temperature_c"][names == "idle"])
        self.fan.add(piece.values["fan_ratio"][hot])
        self._add_edge(t_s, read & hot)
        self._add_hot(np.stack([t_s, *(piece.values[name] for name in HEAT_COLUMNS[:3])], axis=1)[read & hot])
        self._add_throttled(t_s[hot], {name: column[hot] for name, column in piece.values.items()})

    def _add_edge(self, t_s: Floats, hot: NDArray[np.bool_]) -> None:
        """Find where the first stretch of hot readings breaks off."""
        if np.isfinite(self.edge_end_s):
            return
        at = np.flatnonzero(hot)
        started = self.hot.count > 0
        if started and at.size and (self._interrupted or at[0] > 0):
            self.edge_end_s = float(self._last["curve"][0, 0])
            return
        breaks = np.flatnonzero(np.diff(at) > 1)
        if breaks.size:
            self.edge_end_s = float(t_s[at[breaks[0]]])
        self._interrupted = (started or at.size > 0) and not hot[-1]

    def _add_hot(self, rows: Floats) -> None:
        """Take the hot readings of a temperature."""
        if not len(rows):
            return
        self.hot.add(rows[:, 1])
        self.peak_c = max(float(rows[:, 1].max()), -np.inf if self.peak_c is None else self.peak_c)
        self.curve.add(rows)
        joined = np.concatenate((self._last.get("curve", rows[:0]), rows))
        if self.limit_c is not None:
            near = joined[:-1, 1] > self.limit_c - NEAR_LIMIT_C
            self.near_limit_s += float(np.diff(joined[:, 0])[near].sum())
        self._last["curve"] = rows[-1:]

    def _add_throttled(self, t_s: Floats, values: dict[str, Floats]) -> None:
        """Add the time throttled between successive readings of each counter, and of the sampled reasons."""
        thermal_s, power_s = (
            self._counted(name, values[name]) for name in ("throttle_thermal_ns", "throttle_power_ns")
        )
        self._throttle("counter", thermal_s, power_s)
        bits = self._joined("bits", np.stack((t_s, values["throttle_bits"]), axis=1))
        if len(bits) > 1:
            h_s, flags = np.diff(bits[:, 0]), bits[1:, 1].astype(np.int64)
            thermal, power = (float(h_s[(flags & mask) != 0].sum()) for mask in (THERMAL_BITS, POWER_BITS))
            self._throttle("sampled reasons", thermal, power)

    def _counted(self, name: str, counter_ns: Floats) -> float | None:
        known = self._joined(name, counter_ns[:, None])
        return float(np.maximum(np.diff(known[:, 0]), 0.0).sum()) / 1e9 if len(known) > 1 else None

    def _joined(self, name: str, rows: Floats) -> Floats:
        """Return the rows whose last column is known, after the last such row of the pieces before."""
        known = rows[np.isfinite(rows[:, -1])]
        joined = np.concatenate((self._last.get(name, known[:0]), known))
        self._last[name] = joined[-1:]
        return joined

    def _throttle(self, source: str, *added_s: float | None) -> None:
        """Add times to a source; a cause that was never read stays None."""
        if any(added is not None for added in added_s):
            thermal, power = (
                before if added is None else (before or 0.0) + added
                for before, added in zip(self.throttled_s.get(source, (None, None)), added_s, strict=True)
            )
            self.throttled_s[source] = (thermal, power)
