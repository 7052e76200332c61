"""Effect sizes with intervals: clustered means, pooling over strata, false discoveries, sample sizes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Numbers = Sequence[float] | pl.Series
Labels = Sequence[str] | pl.Series


@dataclass(frozen=True, slots=True)
class Effect:
    """A mean effect with its interval, on the scale of the values that were given.

    `low` and `high` are None when the data carry no interval. `clusters_count` independent units stand behind
    it; `df` are the degrees of freedom of its t interval.
    """

    mean: float
    low: float | None
    high: float | None
    n: int
    clusters_count: int
    standard_error: float | None
    df: float | None
    p_value: float | None


def clustered_mean(values: Numbers, clusters: Labels, level: float = 0.95) -> Effect:
    """Return the mean over clusters of the cluster means, with a t interval on G - 1 degrees of freedom.

    Values of one cluster (one model at several batch sizes) are not independent evidence: each cluster counts
    once. Exact for balanced normal clusters; for unbalanced ones the simulations in the tests show its cover.
    """
    names = sorted(set(clusters))
    data, labels = np.asarray(values, float), np.asarray(clusters)
    means = np.array([data[labels == name].mean() for name in names])
    return _t_effect(means, len(data), level)


def _t_effect(means: Vector, n: int, level: float) -> Effect:
    """Return the t interval of independent means."""
    from scipy import stats

    count, centre = len(means), float(means.mean())
    if count < 2:
        return Effect(centre, None, None, n, count, None, None, None)
    error = float(means.std(ddof=1)) / math.sqrt(count)
    half = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    p_value = float(2 * stats.t.sf(abs(centre) / error, count - 1)) if error > 0 else float(centre == 0)
    return Effect(centre, centre - half, centre + half, n, count, error, count - 1.0, p_value)


def pooled(effects: Sequence[Effect], level: float = 0.95) -> tuple[Effect, float, float]:
    """Return the random-effects mean of strata, their spread τ, and the share I² of variance between them.

    τ² by Paule and Mandel (1982), the interval by Hartung and Knapp (2001, doi:10.1002/sim.1009): it covers
    with as few as three strata, where the usual normal one does not.
    """
    from scipy import optimize, stats

    usable = [effect for effect in effects if effect.standard_error]
    means = np.array([effect.mean for effect in usable])
    variances = np.array([(effect.standard_error or 0.0) ** 2 for effect in usable])
    n = sum(effect.n for effect in usable)
    clusters = sum(effect.clusters_count for effect in usable)
    k = len(usable)
    if k < 2:
        only = usable[0] if usable else Effect(math.nan, None, None, n, clusters, None, None, None)
        return only, 0.0, 0.0

    def excess(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        centre = (weights * means).sum() / weights.sum()
        return float((weights * (means - centre) ** 2).sum() - (k - 1))

    upper = float(means.var(ddof=1) * 10 + variances.max() + 1e-12)
    tau2 = float(optimize.brentq(excess, 0, upper)) if excess(0) > 0 > excess(upper) else 0.0
    weights = 1 / (variances + tau2)
    centre = float((weights * means).sum() / weights.sum())
    spread = float((weights * (means - centre) ** 2).sum() / ((k - 1) * weights.sum()))
    error = math.sqrt(max(spread, 1 / weights.sum() if tau2 == 0 else spread))
    half = float(stats.t.ppf((1 + level) / 2, k - 1)) * error
    p_value = float(2 * stats.t.sf(abs(centre) / error, k - 1)) if error else None
    between = tau2 / (tau2 + float(np.median(variances))) if tau2 else 0.0
    effect = Effect(centre, centre - half, centre + half, n, clusters, error, k - 1.0, p_value)
    return effect, math.sqrt(tau2), between


def bootstrap_interval(
    values: Numbers,
    clusters: Labels,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 2000,
) -> tuple[float, float]:
    """Return the percentile interval of the mean of cluster means when whole clusters are drawn again."""
    data, labels = np.asarray(values, float), np.asarray(clusters)
    means = np.array([data[labels == name].mean() for name in sorted(set(clusters))])
    drawn = means[rng.integers(0, len(means), size=(draws, len(means)))].mean(axis=1)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def false_discovery(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the Benjamini-Hochberg (1995) q value of each p value; None stays None."""
    from statsmodels.stats.multitest import multipletests

    known = [p for p in p_values if p is not None and not math.isnan(p)]
    if not known:
        return [None for _ in p_values]
    adjusted = iter(multipletests(known, method="fdr_bh")[1])
    return [None if p is None or math.isnan(p) else float(next(adjusted)) for p in p_values]


def crossing(x: Vector, y: Vector, level: float = 0.95) -> tuple[float, float | None, float | None]:
    """Return where the least-squares line of y over x crosses zero, with Fieller's (1954) interval.

    The bounds are None when the slope is not told from zero: then the crossing may lie anywhere.
    """
    from scipy import stats

    n = len(x)
    centred = x - x.mean()
    sxx = float((centred**2).sum())
    slope = float((centred * y).sum() / sxx)
    if slope == 0:
        return math.nan, None, None
    crossing_x = float(x.mean() - y.mean() / slope)
    if n < 3:
        return crossing_x, None, None
    residual = y - y.mean() - slope * centred
    variance = float((residual**2).sum() / (n - 2))
    t2 = float(stats.t.ppf((1 + level) / 2, n - 2)) ** 2
    g = t2 * variance / (slope**2 * sxx)
    if g >= 1:
        return crossing_x, None, None
    distance = -float(y.mean()) / slope
    middle = distance / (1 - g)
    half = math.sqrt(t2 * variance * ((1 - g) / n + distance**2 / sxx)) / (abs(slope) * (1 - g))
    return crossing_x, float(x.mean()) + middle - half, float(x.mean()) + middle + half


def repeats_needed(relative_sd: float, effect: float, power: float = 0.8, level: float = 0.95) -> int:
    """Return the repeats per arm that tell a relative difference `effect` at this scatter (two-sided t)."""
    return _least_count(relative_sd * math.sqrt(2), effect, lambda n: 2 * n - 2, power, level)


def pairs_needed(sd: float, effect: float, power: float = 0.8, level: float = 0.95) -> int:
    """Return the pairs that tell a mean difference `effect` at a scatter `sd` between pairs (two-sided paired t)."""
    return _least_count(sd, effect, lambda n: n - 1, power, level)


def _least_count(sd: float, effect: float, df_of: Callable[[int], int], power: float, level: float) -> int:
    """Return the least n >= 2 whose t test has the power, by the non-central t distribution; error sd / √n."""
    from scipy import stats

    def has_power(n: int) -> bool:
        df, shift = df_of(n), effect * math.sqrt(n) / sd
        critical = float(stats.t.ppf((1 + level) / 2, df))
        reached = float(stats.nct.sf(critical, df, shift))
        return reached >= power or shift > 30  # beyond that nct underflows, and any n has the power

    if sd <= 0 or has_power(2):
        return 2
    high = 4
    while not has_power(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if has_power(middle) else (middle, high)
    return high


def ratio_of(effect: Effect) -> tuple[float, float | None, float | None]:
    """Return an effect in log as a ratio with its interval."""
    low, high = (None if bound is None else math.exp(bound) for bound in (effect.low, effect.high))
    return math.exp(effect.mean), low, high
