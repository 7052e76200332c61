"""Matched pairs by stratum: the effect in each, and the finding that says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import Effect, bootstrap_interval, clustered_mean, false_discovery, ratio_of
from ecoanalysis.studies.pairs import ids_behind
from ecoanalysis.studies.words import ALPHA

METHOD = "matched pairs, each model once: t interval over models on log ratios"


@dataclass(frozen=True, slots=True)
class Stratum:
    """The pairs of one stratum, with the effect in them; `q_value` counts the strata that were tried with it."""

    where: Mapping[str, str]
    pairs: pl.DataFrame
    effect: Effect
    q_value: float | None

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


def stratum_finding(
    stratum: Stratum,
    name: str,
    estimand: str,
    sentence: str,
    rng: np.random.Generator,
    groups: Mapping[str, str] | None = None,
) -> Finding:
    """Return the finding of one stratum: its ratio with interval, what weakens it, and where it comes from."""
    ratio, low, high = ratio_of(stratum.effect)
    return Finding(
        name=name,
        estimand=estimand,
        sentence=sentence,
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=stratum.effect.n,
        method=METHOD,
        groups={**stratum.where, **(groups or {})},
        basis="estimated" if (stratum.pairs["basis"] == "estimated").any() else "measured",
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
