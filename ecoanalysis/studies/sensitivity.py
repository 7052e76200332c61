"""How much of an impact's uncertainty each factor brings."""

import math

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.impact.factor import Factor

_DRAWS = 4096  # a power of two, as Sobol sequences ask


def one_at_a_time(factors: dict[str, Factor], *, with_site_water: bool = False) -> dict[str, float]:
    """Return, per factor that has an interval, the impact at its high end over that at its low end.

    The others stay at their values. Forms of the impact as in `total_shares`.
    """
    swings = {}
    for name, factor in factors.items():
        if factor.high <= factor.low:
            continue
        values = {other: one.value for other, one in factors.items()}
        low, high = (
            _impact({**values, name: end}, with_site_water=with_site_water)
            for end in (factor.low, factor.high)
        )
        if low > 0:
            swings[name] = high / low
    return swings


def _impact(values: dict[str, float], *, with_site_water: bool) -> float:
    """Return the impact of one unit of energy under factors."""
    if with_site_water:
        return values["on-site water"] + values["PUE"] * values["electricity water"]
    return math.prod(values.values())


def total_shares(
    factors: dict[str, Factor], energy_sd: float, *, with_site_water: bool = False
) -> dict[str, float]:
    """Return the total Sobol index of each factor, and of the energy, on the logarithm of the impact.

    `energy_sd` is the sd of log energy. Carbon is a product, E·PUE·I; water, `with_site_water`, is
    E·(WUE + PUE·EWIF). Factors are log-normal with 95 % inside their interval; exact ones have index 0.
    """
    from scipy import stats

    names = ["energy", *factors]
    centres = np.array([0.0, *(math.log(max(factor.value, 1e-9)) for factor in factors.values())])
    sds = np.array([energy_sd, *(log_sd(factor) for factor in factors.values())])
    if not sds.any():
        return dict.fromkeys(names, 0.0)

    def impact(normal: NDArray[np.float64]) -> NDArray[np.float64]:
        logs = dict(zip(names, centres[:, None] + sds[:, None] * normal, strict=True))
        if not with_site_water:
            return np.asarray(sum(logs.values()))
        grid = np.exp(logs["PUE"] + logs["electricity water"])
        return np.asarray(logs["energy"] + np.log(np.exp(logs["on-site water"]) + grid))

    found = stats.sobol_indices(
        func=impact, n=_DRAWS, dists=[stats.norm()] * len(names), rng=np.random.default_rng(0)
    )
    return {name: float(share) for name, share in zip(names, found.total_order.ravel(), strict=True)}


def log_sd(factor: Factor) -> float:
    """Return the sd of the logarithm of a factor whose 95 % interval is [low, high]."""
    return (
        (math.log(factor.high) - math.log(factor.low)) / (2 * 1.959964)
        if factor.high > factor.low > 0
        else 0.0
    )
