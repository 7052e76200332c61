"""The adaptive policy: readings in, next interval and error bound out.

A power signal P read at times t_i is integrated by the trapezoid. Between two readings h apart the error is
at most h·|ΔP|/2 when the signal is monotone there; it may turn unseen, so twice that is stated: Σ h·|ΔP|, from
the total variation. A signal that is faster than the readings makes that sum grow like the run; readings at
well spread instants then act as independent draws, each interval's error has mean zero and variance
h²·ΔP²/2, and z·sqrt(Σ h²·ΔP²/2) bounds the sum. The smaller of the two is stated, plus one excursion of the
range seen within the widest interval, which no reading may have met. It sees only what the sensor sees.
A counter has no such error: its bound is one update period at each end at the steepest power seen.

What no policy can do, as long as a reading shows one instant:
(1) A change at an instant that nobody announced lies anywhere within its interval: of n readings over T the
    mean error of one step ΔP is Σ h²·ΔP/(4T) ≥ ΔP·T/(4n) (Cauchy–Schwarz; equal intervals attain it). A fifth
    of the readings, five times the error.
(2) For a load faster than the readings the mean square error over all periods is σ²/n whichever instants are
    chosen (Parseval): what equal intervals gain at most periods they lose where they are in step with one.
Only what accumulates between readings escapes: an energy counter, or a mean over as long as the interval. So the
budget is spent evenly, which is nearest to (1), except where a phase begins, which is announced, and where
nothing has changed for long; and at instants spread over the sensor's update period, which most loads are in
step with if with anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import floor, sqrt
from random import Random

_Z, _TURNS = 4.0, 2.0
_GOLDEN = 0.6180339887498949  # the rotation whose multiples spread most evenly
_SPREAD = 0.25  # of the interval: how far chance moves a reading, at least half an update period
_MEMORY = 0.8
_STRETCH, _SHRINK = 1.25, 0.5
_LONGEST_SHARE = 0.1  # of the time since the last change of phase: what one unseen step may span
_YOUNG_S = 60.0  # a run's first readings are paid for within this time
_CALM_S = 60.0  # a signal that has been calm for longer is read less often


@dataclass(frozen=True, slots=True)
class Policy:
    """How fast to read. `fixed_s` set means that nothing adapts.

    fastest_s is half the quickest sensor's update period, start_s its update period, slowest_s the longest
    interval (bounded by the counters' wrap guard). A signal that never calms gets `budget_hz` readings a second,
    a fifth of 10 Hz, and `burst_ticks` more where runs and phases begin, which its first minute pays for: the
    bound that this achieves is stated with the run.
    """

    target_ratio: float = 0.005
    fastest_s: float = 0.05
    start_s: float = 0.1
    slowest_s: float = 1.0
    burst_ticks: float = 16.0
    budget_hz: float = 1.9
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
    _paused: bool = False
    _parts_count: int = 1

    def add(self, t_s: float, power_w: float | None, counter_j: float | None) -> None:
        """Take one reading; a counter outranks power, and what is None is passed over."""
        if counter_j is not None:
            self._add_counter(t_s, counter_j)
            self._high_w = max(self._high_w, power_w or 0.0)
        elif power_w is not None and self.method != "counter":
            self._add_power(t_s, power_w)

    def pause(self) -> None:
        """Count nothing between the last reading and the next: others use the device meanwhile."""
        self._paused = True

    @property
    def read_s(self) -> float | None:
        """The time of the last reading that counted [s]; None before the first."""
        return self._counter_t_s if self.method == "counter" else self._t_s

    @property
    def bound_j(self) -> float | None:
        """The bound on the error of `energy_j` [J]; None without an energy."""
        if self.method == "none":
            return None
        if self.method == "counter":
            return self._high_w * self.update_s * self._parts_count
        unseen_j = 0.5 * self._widest_s * max(0.0, self._high_w - self._low_w)
        return min(_TURNS * self._variation_j, _Z * sqrt(self._square_j2)) + unseen_j

    def _add_counter(self, t_s: float, counter_j: float) -> None:
        if self.method != "counter":
            self.method, self.energy_j = "counter", 0.0
            self._high_w, self._low_w = 0.0, float("inf")
        before, self._counter_j = self._counter_j, counter_j
        if self._paused and before is not None:
            before, self._parts_count = None, self._parts_count + 1
        self._paused = False
        before_s, self._counter_t_s = self._counter_t_s, t_s
        self.readings_count += 1
        if before is None:
            return
        step_j = counter_j - before
        if step_j < 0:
            # Wrapped, unless that were more than half the range, which the wrap guard rules out: then it was
            # reset, and what it shows came since.
            unwrapped_j = step_j + (self.wrap_j or 0.0)
            step_j = unwrapped_j if 0 <= unwrapped_j <= (self.wrap_j or 0.0) / 2 else counter_j
        self.energy_j += step_j
        power_w = step_j / max(t_s - before_s, self.update_s, 1e-9)
        self.last_change_w, self.last_power_w = power_w - self.last_power_w, power_w
        self._high_w = max(self._high_w, power_w)

    def _add_power(self, t_s: float, power_w: float) -> None:
        self.readings_count += 1
        self._low_w, self._high_w = min(self._low_w, power_w), max(self._high_w, power_w)
        if self._t_s is not None and not self._paused:
            h_s, change_w = t_s - self._t_s, power_w - self.last_power_w
            self.energy_j += h_s * 0.5 * (power_w + self.last_power_w)
            self._variation_j += 0.5 * h_s * abs(change_w)
            self._square_j2 += 0.5 * (h_s * change_w) ** 2
            self._widest_s = max(self._widest_s, h_s)
            self.last_change_w = change_w
        self.method, self._t_s, self.last_power_w, self._paused = "power", t_s, power_w, False


@dataclass(slots=True)
class Pace:
    """When to read next."""

    policy: Policy
    random: Random
    interval_s: float = 0.0
    _allowance: float = 0.0
    _began_s: float | None = None
    _phase_s: float = 0.0
    _changed_s: float = 0.0
    _at_s: float = 0.0
    _change_w: float = 0.0
    _power_w: float | None = None

    def begin(self, t_s: float) -> None:
        """Read fast again: a run begins, or a phase changes."""
        policy = self.policy
        if self._began_s is None:
            self._began_s = self._at_s = t_s
            self._allowance = policy.burst_ticks
        self._allowance = min(policy.burst_ticks, self._allowance + 0.5 * policy.burst_ticks)
        self.interval_s, self._phase_s, self._changed_s = policy.start_s, t_s, t_s

    def after(self, t_s: float, tallies: Iterable[Tally]) -> float:
        """Return the seconds from this tick's deadline to the next, given what this tick found."""
        policy = self.policy
        if policy.fixed_s is not None:
            return policy.fixed_s
        if self._began_s is None:
            self.begin(t_s)
        budget_hz = self._budget_hz(t_s)
        earned = budget_hz * (t_s - self._at_s)
        self._allowance, self._at_s = min(policy.burst_ticks, self._allowance + earned - 1.0), t_s
        metered = [tally for tally in tallies if tally.method == "power"]
        calm = self._calm(metered)
        if not calm:
            self._changed_s = t_s
        shortest_s = self._shortest_s(budget_hz)
        longest_s = max(policy.start_s, shortest_s, self._longest_s(t_s, budget_hz, bool(metered)))
        self.interval_s *= _STRETCH if calm else _SHRINK
        self.interval_s = min(max(self.interval_s, shortest_s), longest_s, policy.slowest_s)
        return min(self._unlocked_s(), policy.slowest_s)

    def _budget_hz(self, t_s: float) -> float:
        """Readings a second to live on: less at first, for the burst that a run begins with."""
        young = t_s - (self._began_s or 0.0) < _YOUNG_S
        return self.policy.budget_hz - (self.policy.burst_ticks / _YOUNG_S if young else 0.0)

    def _shortest_s(self, budget_hz: float) -> float:
        """The fastest interval while there is plenty left of the allowance, the budget's when there is none."""
        left_ratio = min(1.0, max(0.0, 2.0 * self._allowance / self.policy.burst_ticks))
        shortest_s: float = self.policy.fastest_s**left_ratio * budget_hz ** (left_ratio - 1.0)
        return shortest_s

    def _longest_s(self, t_s: float, budget_hz: float, polled: bool) -> float:
        """A share of the phase so far; for polled power no more than what the time without a change suggests.

        Changes that come at a rate λ cost least error for their number of readings at intervals as λ^(−1/3).
        """
        share_s = _LONGEST_SHARE * (t_s - self._phase_s)
        if not polled:
            return share_s
        calm: float = max(1.0, (t_s - self._changed_s) / _CALM_S) ** (1.0 / 3.0)
        return min(share_s, calm / budget_hz)

    def _unlocked_s(self) -> float:
        """The interval as whole update periods, some more or fewer by chance, and a golden part of one.

        A load in step with the update period (or an even part of it) is met at evenly spread phases; one of
        another period at random ones.
        """
        update_s = self.policy.start_s
        periods = self.interval_s / update_s - _GOLDEN
        spread = max(0.5, _SPREAD * self.interval_s / update_s)
        whole = floor(periods + 0.5 + self.random.uniform(-spread, spread))
        return update_s * (max(0, whole) + _GOLDEN)

    def _calm(self, metered: Sequence[Tally]) -> bool:
        """Whether the steps of late add no more than the target, or the whole is within it anyway.

        Steps are smoothed: an interval that answered to single readings would weigh low readings of a fast
        signal more than high ones (calm, so stretched), and bias the energy.
        """
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
