"""Matched pairs by stratum: the effect in each, and the finding that says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import Effect, bootstrap_interval, clustered_mean, false_discovery, ratio_of
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.pairs import ids_behind
from ecoanalysis.studies.words import ALPHA, figure, times

METHOD = "matched pairs, each model once: t interval over models on log ratios"
METHOD_ONE = "matched pairs of one model: Welch interval over its repeats, which says nothing of other models"


@dataclass(frozen=True, slots=True)
class Stratum:
    """The pairs of one stratum, with the effect in them; `q_value` counts the strata that were tried with it."""

    where: Mapping[str, str]
    pairs: pl.DataFrame
    effect: Effect
    q_value: float | None

    @property
    def ratio(self) -> tuple[float, float | None, float | None]:
        """The ratio with its interval: over models, or of a single model over its repeats."""
        if self.effect.clusters_count > 1:
            return ratio_of(self.effect)
        return ratio_of(repeats_effect(self.pairs))

    @property
    def said(self) -> str:
        """The ratio in words, saying where the interval is that of one model's repeats."""
        ratio, low, high = self.ratio
        if self.effect.clusters_count > 1 or low is None or high is None:
            return times(ratio, low, high)
        return f"{figure(ratio)}× ({figure(low)} to {figure(high)} by the repeats of this one model)"

    @property
    def tells(self) -> bool:
        """Whether the effect is told from none at the false discovery rate of `words.ALPHA`."""
        return self.q_value is not None and self.q_value < ALPHA


def stratify(pairs: pl.DataFrame, key: Sequence[str]) -> list[Stratum]:
    """Return the strata of pairs (columns of `pairs.match`) by the values of `key`, in the order of the pairs."""
    parts = dict(pairs.group_by(key, maintain_order=True))
    effects = [clustered_mean(part["log_ratio"], part["base_model"]) for part in parts.values()]
    q_values = false_discovery([effect.p_value for effect in effects])
    return [
        Stratum(dict(zip(key, map(str, values), strict=True)), part, effect, q_value)
        for (values, part), effect, q_value in zip(parts.items(), effects, q_values, strict=True)
    ]


def repeats_effect(pairs: pl.DataFrame, level: float = 0.95) -> Effect:
    """Return the mean log ratio of one model's pairs, with the interval that its repeats give (Welch).

    It holds for this model in these configurations. Without two repeats a side it has no interval.
    """
    from scipy import stats

    count, mean = pairs.height, float(pairs["log_ratio"].to_numpy().mean())
    known = pairs.filter(pl.col("variance") > 0, pl.col("df").is_finite())
    if known.height < count:
        return Effect(mean, None, None, count, 1, None, None, None)
    variances, frees = known["variance"].to_numpy(), known["df"].to_numpy()
    error = float(np.sqrt(variances.sum())) / count
    df = float(variances.sum() ** 2 / (variances**2 / frees).sum())
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    p_value = float(2 * stats.t.sf(abs(mean) / error, df))
    return Effect(mean, mean - half, mean + half, count, 1, error, df, p_value)


def stratum_finding(
    stratum: Stratum,
    name: str,
    estimand: str,
    sentence: str,
    rng: np.random.Generator,
    groups: Mapping[str, str] | None = None,
) -> Finding:
    """Return the finding of one stratum: its ratio with interval, what weakens it, and where it comes from."""
    ratio, low, high = stratum.ratio
    single = stratum.effect.clusters_count == 1
    return Finding(
        name=name,
        estimand=estimand,
        sentence=sentence,
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=stratum.effect.n,
        method=METHOD_ONE if single else METHOD,
        groups={**stratum.where, **(groups or {})},
        basis=basis_of(stratum.pairs),
        p_value=stratum.effect.p_value,
        q_value=stratum.q_value,
        warnings=_warnings(stratum, rng),
        measurement_ids=ids_behind(stratum.pairs),
    )


def _warnings(stratum: Stratum, rng: np.random.Generator) -> tuple[str, ...]:
    """Return what weakens a finding: few models, or a bootstrap of whole models that does not confirm its sign."""
    effect, found = stratum.effect, []
    if effect.clusters_count < 3:
        few = "one model" if effect.clusters_count == 1 else "two models"
        found.append(f"{few} only: little is known of others")
    told = effect.low is not None and effect.high is not None and not effect.low <= 0 <= effect.high
    if told and effect.clusters_count > 2:
        low, high = bootstrap_interval(stratum.pairs["log_ratio"], stratum.pairs["base_model"], rng)
        if low <= 0 <= high:
            found.append("the bootstrap over models does not confirm the sign")
    return tuple(found)
