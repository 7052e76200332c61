"""The adaptive recorder against 1,000 power signals of known energy, beside a fixed 10 Hz, by fake clock."""

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import fmean, median

from collectors.sampling import Pace, Policy, Tally
from tests.collectors.test_sampling import sample
from tests.collectors.waves import Wave, random_wave

CASES = 1000
LONG_S = 60.0
SENSORS = ("power only", "energy counter")
# What the root mean square error of a fifth of the readings of power must be, over that of all of them, where power
# changes at instants that nobody announces (collectors/sampling.py).
LEAST_RATIO = {"step": 5.0, "bursts": 5.0}


@dataclass(frozen=True, slots=True)
class Row:
    """One case: errors and bound over the true energy; readings over those of 10 Hz."""

    length_s: float
    inside: bool
    error: float
    fixed_error: float
    bound: float
    readings: float


def run() -> list[str]:
    """Return, by kind of sensor and of signal: cases inside the bound, errors, readings against 10 Hz."""
    return [line for sensor in SENSORS for line in _sensor(sensor)]


def _sensor(sensor: str) -> list[str]:
    rng, rows = Random(20261123), defaultdict[str, list[Row]](list)
    for _ in range(CASES):
        wave = random_wave(rng)
        rows[wave.kind].append(_case(wave, sensor == SENSORS[1], rng))
    everything = [row for kind in rows.values() for row in kind]
    inside = sum(row.inside for row in everything) / CASES
    lines = [f"{sensor}: {inside:.1%} of {CASES} inside the stated bound (bar 99 %)"]
    return lines + [_line(kind, found, sensor == SENSORS[1]) for kind, found in sorted(rows.items())]


def _case(wave: Wave, counter: bool, rng: Random) -> Row:
    truth_j = wave.energy_j(wave.length_s)
    adaptive, fixed = Tally(update_s=0.1), Tally(update_s=0.1)
    count = sample(wave, Pace(Policy(), rng), adaptive, counter)
    fixed_count = sample(wave, Pace(Policy(fixed_s=0.1), rng), fixed, counter)
    error_j, bound_j = abs(adaptive.energy_j - truth_j), adaptive.bound_j or 0.0
    return Row(
        wave.length_s,
        error_j <= bound_j + 1e-9 * truth_j,
        error_j / truth_j,
        abs(fixed.energy_j - truth_j) / truth_j,
        bound_j / truth_j,
        count / fixed_count,
    )


def _line(kind: str, rows: list[Row], counter: bool) -> str:
    long = [row for row in rows if row.length_s >= LONG_S]
    ours, fixed = _rms([row.error for row in long]), _rms([row.fixed_error for row in long])
    ratio = f"{ours / fixed:.1f}×" if fixed > 1e-6 else "10 Hz exact"
    least = f", at least {LEAST_RATIO[kind]:.1f}×" if kind in LEAST_RATIO and not counter else ""
    inside = sum(row.inside for row in rows) / len(rows)
    medians = [
        median(values) for values in zip(*[(r.error, r.fixed_error, r.bound) for r in rows], strict=True)
    ]
    return (
        f"  {kind:8} n={len(rows):3} inside {inside:.1%}, error median {medians[0]:.3%} "
        f"(10 Hz: {medians[1]:.3%}), bound median {medians[2]:.2%}; 60 s and more: error rms {ours:.3%} "
        f"(10 Hz: {fixed:.3%}; {ratio}{least}), readings {fmean(row.readings for row in long):.1%}, "
        f"at most {max(row.readings for row in long):.1%} of 10 Hz's (bar 20 %)"
    )


def _rms(values: list[float]) -> float:
    return sqrt(fmean(value * value for value in values))
