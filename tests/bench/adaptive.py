"""The adaptive recorder against 1,000 power signals of known energy, beside a fixed 10 Hz, by fake clock."""

from collections import defaultdict
from random import Random
from statistics import median

from collectors.sampling import Pace, Policy, Tally
from tests.collectors.test_sampling import sample
from tests.collectors.waves import random_wave

CASES = 1000


def run() -> list[str]:
    """Return, by kind of signal and of sensor: cases inside the bound, errors, readings against 10 Hz."""
    return [line for counter in (False, True) for line in _sensor(counter)]


def _sensor(counter: bool) -> list[str]:
    rng = Random(20261123)
    rows: dict[str, list[tuple[bool, float, float, float, float]]] = defaultdict(list)
    for _ in range(CASES):
        wave = random_wave(rng)
        truth_j = wave.energy_j(wave.length_s)
        adaptive, fixed = Tally(update_s=0.1), Tally(update_s=0.1)
        count = sample(wave, Pace(Policy(), rng), adaptive, counter)
        fixed_count = sample(wave, Pace(Policy(fixed_s=0.1), rng), fixed, counter)
        error_j, bound_j = abs(adaptive.energy_j - truth_j), adaptive.bound_j or 0.0
        ratio = count / fixed_count if wave.length_s >= 60 else float("nan")
        inside = error_j <= bound_j + 1e-9 * truth_j
        rows[wave.kind].append(
            (inside, error_j / truth_j, abs(fixed.energy_j - truth_j) / truth_j, bound_j / truth_j, ratio)
        )
    everything = [row for kind in rows.values() for row in kind]
    name = "energy counter" if counter else "power only"
    inside_ratio = sum(row[0] for row in everything) / CASES
    lines = [f"{name}: {inside_ratio:.1%} of {CASES} inside the stated bound (bar 99 %)"]
    for kind, found in sorted(rows.items()):
        ratios = [row[4] for row in found if row[4] == row[4]]
        lines.append(
            f"  {kind:8} n={len(found):3}  error median {median(row[1] for row in found):.3%} "
            f"(10 Hz: {median(row[2] for row in found):.3%}), bound median {median(row[3] for row in found):.2%}; "
            f"readings of runs of 60 s and more: at most {max(ratios):.1%} of 10 Hz's (bar 20 %)"
        )
    return lines
