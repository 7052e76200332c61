"""Power signals with known energy: the truth that recorders are held against."""

import itertools
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from math import exp, floor, log
from random import Random

KINDS = ("constant", "step", "square", "locked", "bursts", "ramp")


@dataclass(frozen=True, slots=True)
class Wave:
    """A signal: its kind, its length [s], power at t [W], and exact energy from 0 to t [J]."""

    kind: str
    length_s: float
    power_w: Callable[[float], float]
    energy_j: Callable[[float], float]


def random_wave(rng: Random, shortest_s: float = 0.5, longest_s: float = 3600.0) -> Wave:
    """Return a wave of a random kind, levels 20–650 W, length log-uniform."""
    kind = rng.choice(KINDS)
    low_w = rng.uniform(20, 150)
    high_w = low_w + rng.uniform(50, 500)
    length_s = exp(rng.uniform(log(shortest_s), log(longest_s)))
    if kind in ("square", "locked"):
        period_s = 0.1 if kind == "locked" else rng.uniform(0.09, 0.11)
        return _square(
            kind, length_s, low_w, high_w, period_s, rng.uniform(0.2, 0.8), rng.uniform(0, period_s)
        )
    if kind == "ramp":
        begin_s, end_s = sorted((rng.uniform(0, length_s), rng.uniform(0, length_s)))
        return _ramp(length_s, low_w, high_w, begin_s, end_s)
    if kind == "constant":
        return _pieces(kind, length_s, [(0.0, low_w)])
    if kind == "step":
        levels = (low_w, high_w) if rng.random() < 0.5 else (high_w, low_w)
        return _pieces(kind, length_s, [(0.0, levels[0]), (rng.uniform(0, length_s), levels[1])])
    return _pieces(kind, length_s, _burst_pieces(rng, length_s, low_w, high_w))


def _burst_pieces(rng: Random, length_s: float, low_w: float, high_w: float) -> list[tuple[float, float]]:
    pieces, at_s, rate_hz = [(0.0, low_w)], 0.0, rng.uniform(0.05, 1.0)
    while (at_s := at_s + rng.expovariate(rate_hz)) < length_s:
        width_s = rng.uniform(0.05, 3.0)
        pieces += [(at_s, high_w), (at_s + width_s, low_w)]
        at_s += width_s
    return pieces


def _pieces(kind: str, length_s: float, pieces: list[tuple[float, float]]) -> Wave:
    starts = [start for start, _ in pieces]
    sums = [0.0]
    for (start, power_w), (following, _) in itertools.pairwise(pieces):
        sums.append(sums[-1] + power_w * (following - start))

    def power_w(t_s: float) -> float:
        return pieces[bisect_right(starts, t_s) - 1][1]

    def energy_j(t_s: float) -> float:
        at = bisect_right(starts, t_s) - 1
        return sums[at] + pieces[at][1] * (t_s - starts[at])

    return Wave(kind, length_s, power_w, energy_j)


def _ramp(length_s: float, low_w: float, high_w: float, begin_s: float, end_s: float) -> Wave:
    slope = (high_w - low_w) / max(end_s - begin_s, 1e-9)

    def power_w(t_s: float) -> float:
        return low_w + slope * (min(max(t_s, begin_s), end_s) - begin_s)

    def energy_j(t_s: float) -> float:
        on_s = min(max(t_s, begin_s), end_s) - begin_s
        return low_w * t_s + slope * on_s**2 / 2 + (high_w - low_w) * max(0.0, t_s - end_s)

    return Wave("ramp", length_s, power_w, energy_j)


def _square(
    kind: str, length_s: float, low_w: float, high_w: float, period_s: float, duty: float, phase_s: float
) -> Wave:
    def on_s(t_s: float) -> float:
        whole = floor(t_s / period_s)
        return whole * duty * period_s + min(t_s - whole * period_s, duty * period_s)

    def power_w(t_s: float) -> float:
        return high_w if (t_s + phase_s) % period_s < duty * period_s else low_w

    def energy_j(t_s: float) -> float:
        return low_w * t_s + (high_w - low_w) * (on_s(t_s + phase_s) - on_s(phase_s))

    return Wave(kind, length_s, power_w, energy_j)
