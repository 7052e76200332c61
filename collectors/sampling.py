"""The adaptive policy: readings in, next interval and error bound out.

A power signal P read at times t_i is integrated by the trapezoid. Between two readings h apart the error is
at most h·|ΔP|/2 when the signal is monotone there, so a run's error is at most Σ h·|ΔP|/2 (total variation
bound). A signal that is faster than the readings makes that sum grow like the run; readings at jittered,
well spread instants then act as independent draws, each interval's error has mean zero and variance
h²·ΔP²/2, and z·sqrt(Σ h²·ΔP²/2) bounds the sum. The smaller of the two is stated, plus one excursion of the
range seen within the widest interval, which no reading may have met. It sees only what the sensor sees.
A counter has no such error: its bound is one update period at each end at the steepest power seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from random import Random

_Z = 3.0
_GOLDEN = 0.6180339887498949  # the rotation whose multiples spread most evenly
_JITTER = 0.1
_MEMORY = 0.8
_STRETCH, _SHRINK = 1.5, 0.25
_LONGEST_SHARE = 0.06  # of the time since the last change of phase: what one unseen step may span


@dataclass(frozen=True, slots=True)
class Policy:
    """How fast to read. `fixed_s` set means that nothing adapts.

    fastest_s is half the quickest sensor's update period, start_s its update period, slowest_s the longest
    interval (bounded by the counters' wrap guard). A signal that never calms gets `burst_ticks` quick
    readings and then `refill_hz` per second: the bound that this achieves is stated with the run.
    """

    target_ratio: float = 0.005
    fastest_s: float = 0.05
    start_s: float = 0.1
    slowest_s: float = 1.0
    burst_ticks: float = 40.0
    refill_hz: float = 1.3
    fixed_s: float | None = None


@dataclass(slots=True)
class Tally:
    """The energy of one device in one run so far, with its bound; one per device and run, constant memory."""

    update_s: float = 0.0
    wrap_j: float | None = None
    energy_j: float = 0.0
    readings_count: int = 0
    method: str = "none"  # counter, power, none
    last_change_w: float = 0.0
    last_power_w: float = 0.0
    _t_s: float | None = None
    _counter_j: float | None = None
    _counter_t_s: float = 0.0
    _variation_j: float = 0.0
    _square_j2: float = 0.0
    _widest_s: float = 0.0
    _low_w: float = field(default=float("inf"))
    _high_w: float = 0.0

    def add(self, t_s: float, power_w: float | None, counter_j: float | None) -> None:
        """Take one reading; a counter outranks power, and what is None is passed over."""
        if counter_j is not None:
            self._add_counter(t_s, counter_j)
            self._high_w = max(self._high_w, power_w or 0.0)
        elif power_w is not None and self.method != "counter":
            self._add_power(t_s, power_w)

    @property
    def bound_j(self) -> float | None:
        """The bound on the error of `energy_j` [J]; None without an energy."""
        if self.method == "none":
            return None
        if self.method == "counter":
            return self._high_w * self.update_s
        unseen_j = 0.5 * self._widest_s * max(0.0, self._high_w - self._low_w)
        return min(self._variation_j, _Z * sqrt(self._square_j2)) + unseen_j

    def _add_counter(self, t_s: float, counter_j: float) -> None:
        if self.method != "counter":
            self.method, self.energy_j = "counter", 0.0
            self._high_w, self._low_w = 0.0, float("inf")
        before, self._counter_j = self._counter_j, counter_j
        self.readings_count += 1
        if before is None:
            self._counter_t_s = t_s
            return
        step_j = counter_j - before
        if step_j < 0:
            # Wrapped, unless that were more than half the range, which the wrap guard rules out: then it was
            # reset, and what it shows came since.
            unwrapped_j = step_j + (self.wrap_j or 0.0)
            step_j = unwrapped_j if 0 <= unwrapped_j <= (self.wrap_j or 0.0) / 2 else counter_j
        self.energy_j += step_j
        span_s, self._counter_t_s = t_s - self._counter_t_s, t_s
        power_w = step_j / max(span_s, self.update_s, 1e-9)
        self.last_change_w, self.last_power_w = power_w - self.last_power_w, power_w
        self._high_w = max(self._high_w, power_w)

    def _add_power(self, t_s: float, power_w: float) -> None:
        self.readings_count += 1
        self._low_w, self._high_w = min(self._low_w, power_w), max(self._high_w, power_w)
        if self._t_s is not None:
            h_s, change_w = t_s - self._t_s, power_w - self.last_power_w
            self.energy_j += h_s * 0.5 * (power_w + self.last_power_w)
            self._variation_j += 0.5 * h_s * abs(change_w)
            self._square_j2 += 0.5 * (h_s * change_w) ** 2
            self._widest_s = max(self._widest_s, h_s)
            self.last_change_w = change_w
        self.method, self._t_s, self.last_power_w = "power", t_s, power_w


@dataclass(slots=True)
class Pace:
    """When to read next."""

    policy: Policy
    random: Random
    interval_s: float = 0.0
    _allowance: float = 0.0
    _calm_since_s: float | None = None
    _at_s: float | None = None
    _change_w: float = 0.0
    _power_w: float | None = None

    def begin(self, t_s: float) -> None:
        """Read fast again: a run begins, or a phase changes."""
        self.interval_s = self.policy.start_s
        if self._calm_since_s is None:
            self._allowance = self.policy.burst_ticks
        self._allowance = min(self.policy.burst_ticks, self._allowance + 0.25 * self.policy.burst_ticks)
        self._calm_since_s = t_s

    def after(self, t_s: float, tallies: Iterable[Tally]) -> float:
        """Return the seconds from this tick's deadline to the next, given what this tick found."""
        policy = self.policy
        if policy.fixed_s is not None:
            return policy.fixed_s
        if self._calm_since_s is None:
            self.begin(t_s)
        spent = 1.0 - policy.refill_hz * (0.0 if self._at_s is None else t_s - self._at_s)
        self._allowance, self._at_s = min(policy.burst_ticks, self._allowance - spent), t_s
        self.interval_s *= _STRETCH if self._calm(list(tallies)) else _SHRINK
        self.interval_s = min(max(self.interval_s, self._floor_s()), self._ceiling_s(t_s))
        return min(self._unlocked_s() * self.random.uniform(1 - _JITTER, 1 + _JITTER), policy.slowest_s)

    def _unlocked_s(self) -> float:
        """The interval as whole half update periods and a golden part: no load stays in step with it."""
        half_s = 0.5 * self.policy.start_s
        return half_s * (max(1, round(self.interval_s / half_s - _GOLDEN)) + _GOLDEN)

    def _floor_s(self) -> float:
        policy = self.policy
        left_ratio = min(1.0, max(0.0, 2.0 * self._allowance / policy.burst_ticks))
        floor_s: float = policy.fastest_s**left_ratio * policy.refill_hz ** (left_ratio - 1.0)
        return floor_s

    def _ceiling_s(self, t_s: float) -> float:
        since_s = t_s - (self._calm_since_s or 0.0)
        return min(self.policy.slowest_s, max(self.policy.start_s, self._floor_s(), _LONGEST_SHARE * since_s))

    def _calm(self, tallies: Sequence[Tally]) -> bool:
        """Whether the steps of late add no more than the target, or the whole is within it anyway.

        Steps are smoothed: an interval that answered to single readings would weigh low readings of a fast
        signal more than high ones (calm, so stretched), and bias the energy.
        """
        metered = [tally for tally in tallies if tally.method == "power"]
        change_w = sum(abs(tally.last_change_w) for tally in metered)
        self._change_w = _MEMORY * self._change_w + (1 - _MEMORY) * change_w
        power_w = sum(tally.last_power_w for tally in metered)
        self._power_w = (
            power_w if self._power_w is None else _MEMORY * self._power_w + (1 - _MEMORY) * power_w
        )
        ratio = self.policy.target_ratio
        bound_j = sum(tally.bound_j or 0.0 for tally in metered)
        within = bound_j <= ratio * sum(tally.energy_j for tally in metered)
        return within or self._change_w <= 2.0 * ratio * self._power_w
