"""A line of power on rate, P = F + m·r, and what the scatter around it leaves open."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """Fixed power F [W] and marginal energy m [J]; `covariance` of the two is None where `n` points leave none."""

    fixed_power_w: float
    marginal_j: float
    covariance: Vector | None
    n: int

    def power(self, rate: float) -> float:
        """Return the power [W] at a rate [1/s]."""
        return self.fixed_power_w + self.marginal_j * rate

    def variance(self, rate: float) -> float:
        """Return the variance [W²] of `power`; infinite for two points."""
        if self.covariance is None:
            return math.inf
        return float(np.array([1.0, rate]) @ self.covariance @ np.array([1.0, rate]))

    def intervals(self) -> tuple[tuple[float | None, float | None], tuple[float | None, float | None]]:
        """Return the 95 % t intervals of F and m, cut off at zero; None for two points."""
        from scipy import stats

        if self.covariance is None:
            return (None, None), (None, None)
        halves = stats.t.ppf(0.975, self.n - 2) * np.sqrt(np.diag(self.covariance))
        fixed, marginal = (
            (max(0.0, value - float(half)), value + float(half))
            for value, half in zip((self.fixed_power_w, self.marginal_j), halves, strict=True)
        )
        return fixed, marginal

    def fixed_share(self, rate: float) -> float:
        """Return the fixed part of the power at a rate [1/s]."""
        total = self.power(rate)
        return self.fixed_power_w / total if total else 0.0

    def share_bounds(self, rate: float) -> tuple[float | None, float | None]:
        """Return the 95 % interval of `fixed_share` by draws from a bivariate t; (None, None) for two points."""
        from scipy import stats

        if self.covariance is None:
            return None, None
        centre = [self.fixed_power_w, self.marginal_j]
        around = stats.multivariate_t(centre, self.covariance, self.n - 2, allow_singular=True)
        drawn = np.maximum(around.rvs(_DRAWS, random_state=1), 0.0)
        total = drawn @ np.array([1.0, rate])
        shares = np.divide(drawn[:, 0], total, out=np.zeros_like(total), where=total > 0)
        low, high = np.quantile(shares, (0.025, 0.975))
        return float(low), float(high)


def fit_line(rate: Vector, power: Vector) -> Line:
    """Return the line of power [W] on rate [1/s] by non-negative least squares on relative residuals."""
    from scipy.optimize import nnls

    design = np.column_stack([np.ones_like(rate), rate]) / power[:, None]
    coefficients, rest = nnls(design, np.ones_like(power))
    fixed, marginal = map(float, coefficients)
    if len(rate) < 3:
        return Line(fixed, marginal, None, len(rate))
    covariance = np.linalg.inv(design.T @ design) * rest**2 / (len(rate) - 2)
    return Line(fixed, marginal, covariance, len(rate))
