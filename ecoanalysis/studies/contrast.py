"""One precision against another, over all the places where both were measured."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.crossed import Crossed, crossed
from ecoanalysis.studies.effect import Effect, clustered_mean, pooled, ratio_of
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.pairs import ids_behind
from ecoanalysis.studies.strata import Stratum
from ecoanalysis.studies.words import counted, figure, times

# What makes a place: all of `pairs.STRATUM` but the two precisions.
_PLACE = ("dataset", "device", "framework", "boundary", "idle_treatment")
_LEAST_PLACES = 3


@dataclass(frozen=True, slots=True)
class Contrast:
    """A treatment over a reference: its strata, one per place, and their common effect in log.

    `fit` is the mixed model over models and places, or why there is none; the effect is then pooled over places,
    which stray by `place_sd`, and with fewer than three places it is the mean over models at these places.
    """

    treatment: str
    reference: str
    strata: tuple[Stratum, ...]
    pairs: pl.DataFrame
    effect: Effect
    place_sd: float
    fit: Crossed | str


def contrasts(strata: Sequence[Stratum], rng: np.random.Generator) -> list[Contrast]:
    """Return the contrasts of strata, those with the most pairs first."""
    names = {(stratum.where["treatment"], stratum.where["reference"]) for stratum in strata}
    found = []
    for treatment, reference in sorted(names):
        parts = tuple(
            stratum
            for stratum in strata
            if (stratum.where["treatment"], stratum.where["reference"]) == (treatment, reference)
        )
        found.append(_contrast(treatment, reference, parts, rng))
    return sorted(found, key=lambda one: (-len(one.strata), -one.pairs.height, one.treatment))


def _contrast(
    treatment: str, reference: str, strata: tuple[Stratum, ...], rng: np.random.Generator
) -> Contrast:
    """Return one contrast with the best model that its strata carry."""
    named = pl.concat_str([pl.col(name).fill_null("") for name in _PLACE], separator="|")
    pairs = pl.concat([stratum.pairs for stratum in strata]).with_columns(place=named)
    if len(strata) == 1:
        return Contrast(treatment, reference, strata, pairs, strata[0].effect, 0.0, "one place")
    fit = crossed(pairs, rng)
    if isinstance(fit, Crossed):
        return Contrast(treatment, reference, strata, pairs, fit.effect, fit.place_sd, fit)
    with_error = [stratum.effect for stratum in strata if stratum.effect.standard_error]
    if len(with_error) >= _LEAST_PLACES:
        effect, tau, _ = pooled(with_error)
    else:
        # Too few places to speak of others: the mean over models at the places that were measured.
        effect, tau = clustered_mean(pairs["log_ratio"], pairs["base_model"]), 0.0
    return Contrast(treatment, reference, strata, pairs, effect, tau, fit)


def contrast_findings(found: Sequence[Contrast]) -> Iterator[Finding]:
    """Yield what each contrast does over all places, where there are three or more."""
    for contrast in found:
        if len(contrast.strata) >= _LEAST_PLACES:
            yield _finding(contrast)


def _finding(contrast: Contrast) -> Finding:
    """Return the finding of one contrast."""
    ratio, low, high = ratio_of(contrast.effect)
    places, models = len(contrast.strata), contrast.pairs["base_model"].n_unique()
    return Finding(
        name=f"{contrast.treatment} over {contrast.reference}: all places",
        estimand="energy ratio of an average model and place (device, framework, data set)",
        sentence=(
            f"Over {counted(places, 'place')} (device, framework, data set) and {counted(models, 'model')}, "
            f"{contrast.treatment} uses "
            f"{times(ratio, low, high)} the energy of {contrast.reference}; {_spread(contrast)}. {_tally(contrast)}"
        ),
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=contrast.effect.n,
        method=_method(contrast),
        groups={
            "treatment": contrast.treatment,
            "reference": contrast.reference,
            **_sds(contrast),
        },
        basis=basis_of(contrast.pairs),
        p_value=contrast.effect.p_value,
        warnings=_warnings(contrast),
        measurement_ids=ids_behind(contrast.pairs),
    )


def _spread(contrast: Contrast) -> str:
    """Return in words how far places and models stray."""
    if not isinstance(contrast.fit, Crossed):
        return f"places stray by a factor of {math.exp(contrast.place_sd):.2f} (one standard deviation)"
    fit = contrast.fit
    return (
        f"places stray by a factor of {math.exp(fit.place_sd):.2f}, models by {math.exp(fit.model_sd):.2f} (one "
        f"standard deviation), so for a model and place not seen expect {figure(math.exp(fit.low_new))} to "
        f"{figure(math.exp(fit.high_new))}"
    )


def _tally(contrast: Contrast) -> str:
    """Return how many places save, cost, or cannot tell; what it depends on, where both occur."""
    saves = sum(1 for stratum in contrast.strata if stratum.tells and stratum.effect.mean < 0)
    costs = sum(1 for stratum in contrast.strata if stratum.tells and stratum.effect.mean > 0)
    rest = len(contrast.strata) - saves - costs
    counts = f"It saves energy at {saves}, costs energy at {costs}, and at {rest} no change can be told"
    return counts + (": it depends on the device and the framework." if saves and costs else ".")


def _method(contrast: Contrast) -> str:
    """Return how the effect was obtained, with the reason where it is not the mixed model."""
    if isinstance(contrast.fit, Crossed):
        return (
            "mixed effects over crossed models and places (REML, Satterthwaite t); "
            f"bootstrap of both: {figure(math.exp(contrast.fit.bootstrap_low))} to "
            f"{figure(math.exp(contrast.fit.bootstrap_high))}"
        )
    return f"random effects over places (Paule-Mandel, Hartung-Knapp); no mixed model: {contrast.fit}"


def _sds(contrast: Contrast) -> dict[str, str]:
    """Return the standard deviations in log, for machines."""
    if isinstance(contrast.fit, Crossed):
        fit = contrast.fit
        return {
            "place_sd": f"{fit.place_sd:.4f}",
            "model_sd": f"{fit.model_sd:.4f}",
            "residual_sd": f"{fit.residual_sd:.4f}",
        }
    return {"place_sd": f"{contrast.place_sd:.4f}"}


def _warnings(contrast: Contrast) -> tuple[str, ...]:
    """Return a warning where the bootstrap does not confirm the sign of the mixed model."""
    fit, effect = contrast.fit, contrast.effect
    if not isinstance(fit, Crossed) or effect.low is None or effect.high is None:
        return ()
    if (effect.low > 0 or effect.high < 0) and fit.bootstrap_low <= 0 <= fit.bootstrap_high:
        return ("the bootstrap over models and places does not confirm the sign",)
    return ()
