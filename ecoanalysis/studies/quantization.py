"""The study of quantization: what fewer bits do to energy, quality and ESS, in matched pairs."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.crossover import crossovers
from ecoanalysis.studies.effect import (
    Effect,
    bootstrap_interval,
    clustered_mean,
    false_discovery,
    pooled,
    ratio_of,
    times,
)
from ecoanalysis.studies.equal_quality import equal_quality_findings
from ecoanalysis.studies.pairs import STRATUM, ids_behind, match
from ecoanalysis.studies.qf_sign import qf_findings
from ecoanalysis.studies.quality_change import quality_findings, shares_only
from ecoanalysis.studies.slopes import slope_panel

QUESTION = "Does quantization save energy, and does it raise ESS?"
# The widest of these that is there is the reference; fp64, a habit of classical models, is one for fp32 only.
REFERENCES = ("fp32", "bf16", "fp16")
WIDTHS = {"fp64": 64, "fp32": 32, "tf32": 32, "bf16": 16, "fp16": 16}

_DESIGN = (
    "Estimand: energy per item at the lower precision divided by energy per item at the reference precision, "
    "same model, device, framework, task, batch and boundary (matched pairs; repeats averaged in log). Within a "
    "stratum (device and framework) each model counts once: geometric mean with a t interval over models. Strata "
    "are pooled by a random-effects model (Paule and Mandel; Hartung and Knapp interval), checked by a bootstrap "
    "of whole models; q values control the false discovery rate (Benjamini and Hochberg). The gain error of a "
    "sensor cancels within a pair."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Answer the question from matched pairs; say which runs are missing when there are none."""
    frame = shares_only(frame)
    pairs = narrowing_pairs(frame)
    if pairs.is_empty():
        return _unanswered(frame)
    rng = np.random.default_rng(settings.seed)
    strata = dict(pairs.group_by(STRATUM, maintain_order=True))
    effects = {key: clustered_mean(part["log_ratio"], part["base_model"]) for key, part in strata.items()}
    q_values = false_discovery([effect.p_value for effect in effects.values()])
    findings = [
        _stratum_finding(dict(zip(STRATUM, key, strict=True)), strata[key], effect, q_value, rng)
        for (key, effect), q_value in zip(effects.items(), q_values, strict=True)
    ]
    overall = list(_pooled_findings(effects))
    findings = overall + findings + list(crossovers(strata)) + list(quality_findings(strata))
    findings += [*qf_findings(pairs), *equal_quality_findings(frame, REFERENCES)]
    return StudyResult(
        name="quantization",
        title="Quantization",
        question=QUESTION,
        answer=_answer(effects, overall),
        design=_DESIGN,
        findings=tuple(findings),
        panels=_panels(pairs, effects),
        limits=_limits(pairs),
        exclusions={"no partner in another precision": _unpaired(frame, pairs)},
    )


def narrowing_pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the matched pairs in which the treatment has fewer bits than the reference."""
    pairs = match(frame, "precision", REFERENCES)
    bits = pl.col("treatment").replace_strict(WIDTHS, default=8)
    narrower = pairs.filter(bits < pl.col("reference").replace_strict(WIDTHS, default=8))
    halved = match(frame, "precision", ("fp64",)).filter(pl.col("treatment") == "fp32")
    return pl.concat([narrower, halved])


def _stratum_finding(
    where: Mapping[str, str],
    part: pl.DataFrame,
    effect: Effect,
    q_value: float | None,
    rng: np.random.Generator,
) -> Finding:
    """Return the finding of one device and framework."""
    ratio, low, high = ratio_of(effect)
    by_model = part.group_by("base_model", maintain_order=True).agg(pl.col("log_ratio").exp().mean())
    arithmetic = float(np.mean(by_model["log_ratio"].to_numpy()))
    return Finding(
        name=f"{where['treatment']} over {where['reference']}: {where['device']}, {where['framework']}",
        estimand="energy per item, lower precision over reference (geometric mean over models)",
        sentence=(
            f"On {where['device']} with {where['framework']}, {where['treatment']} uses {times(ratio, low, high)} "
            f"the energy of {where['reference']} ({effect.clusters_count} models, {effect.n} pairs; arithmetic "
            f"mean of ratios {arithmetic:.2f}): {_verdict(ratio, low, high)}."
        ),
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=effect.n,
        method="matched pairs, clustered by model, t interval on log ratios",
        groups={
            **{name: str(value) for name, value in where.items()},
            "arithmetic_mean": f"{arithmetic:.4f}",
        },
        basis="estimated" if (part["basis"] == "estimated").any() else "measured",
        p_value=effect.p_value,
        q_value=q_value,
        warnings=tuple(_warnings(part, effect, rng)),
        measurement_ids=ids_behind(part),
    )


def _verdict(ratio: float, low: float | None, high: float | None) -> str:
    """Return in words what an interval tells."""
    if low is None or high is None:
        return "one model carries no interval"
    if low <= 1 <= high:
        return "the change cannot be told from none"
    return "the change is a saving" if ratio < 1 else "the change is a cost"


def _warnings(part: pl.DataFrame, effect: Effect, rng: np.random.Generator) -> Iterator[str]:
    """Yield what weakens a finding: few models, or a bootstrap of whole models that does not confirm its sign."""
    if effect.clusters_count < 3:
        yield f"{effect.clusters_count} model(s) only: nothing is known of other models"
    if effect.low is not None and effect.high is not None and not effect.low <= 0 <= effect.high:
        low, high = bootstrap_interval(part["log_ratio"], part["base_model"], rng)
        if low <= 0 <= high:
            yield "the bootstrap over models does not confirm the sign"


def _pooled_findings(effects: Mapping[tuple[object, ...], Effect]) -> Iterator[Finding]:
    """Yield, per precision contrast, the random-effects mean over devices and frameworks."""
    contrasts = sorted({(str(key[-2]), str(key[-1])) for key in effects})
    for treatment, reference in contrasts:
        parts = [effect for key, effect in effects.items() if key[-2:] == (treatment, reference)]
        if sum(1 for part in parts if part.standard_error) < 3:
            continue
        effect, tau, between = pooled(parts)
        ratio, low, high = ratio_of(effect)
        yield Finding(
            name=f"{treatment} over {reference}: all devices and frameworks",
            estimand="energy ratio on a device and framework drawn from those seen (random effects)",
            sentence=(
                f"Over {len(parts)} devices and frameworks {treatment} uses {times(ratio, low, high)} the energy "
                f"of {reference}; they differ by a factor of {math.exp(tau):.2f} (one standard deviation), "
                f"which is {between:.0%} of the variance: the answer depends on the device and the framework."
            ),
            estimate=ratio,
            low=low,
            high=high,
            unit="ratio",
            n=effect.n,
            method="random effects over strata (Paule-Mandel, Hartung-Knapp)",
            groups={"treatment": treatment, "reference": reference},
            p_value=effect.p_value,
        )


def _answer(effects: Mapping[tuple[object, ...], Effect], overall: list[Finding]) -> str:
    """Return the answer in a sentence."""
    told = [effect for effect in effects.values() if effect.low is not None and effect.high is not None]
    saves = sum(1 for effect in told if (effect.high or 0) < 0)
    costs = sum(1 for effect in told if (effect.low or 0) > 0)
    open_count = len(told) - saves - costs
    counted = f"{len(told)} combination{'s' * (len(told) != 1)} of device and framework"
    lead = f"It depends on the device and the framework: of {counted}, "
    if not told:
        return "It cannot be told yet: every combination of device and framework has one model only."
    if open_count == len(told):
        lead = f"It cannot be told from these data: of {counted}, "
    elif not costs:
        lead = f"Yes, wherever the data can tell: of {counted}, "
    elif not saves:
        lead = f"No, wherever the data can tell: of {counted}, "
    tail = f"{saves} save energy, {costs} cost energy and {open_count} cannot be told from no change."
    return lead + tail + (f" {overall[0].sentence}" if overall else "")


def _panels(pairs: pl.DataFrame, effects: Mapping[tuple[object, ...], Effect]) -> tuple[Panel, ...]:
    """Return the forest of ratios and the pairs behind it."""
    rows = [
        {
            "label": f"{key[1]}, {key[2]}",
            "treatment": key[-2],
            "reference": key[-1],
            "estimate": ratio_of(effect)[0],
            "low": ratio_of(effect)[1],
            "high": ratio_of(effect)[2],
            "n": effect.clusters_count,
        }
        for key, effect in effects.items()
    ]
    forest = pl.DataFrame(rows, infer_schema_length=None).sort("estimate")
    points = pairs.select(
        "base_model", "device", "framework", "treatment", "reference", "log_ratio", "params_count"
    )
    slopes = slope_panel(pairs)
    return (
        *((slopes,) if slopes else ()),
        Panel(
            "ratio_forest",
            "Energy at lower precision",
            "Energy per item relative to the reference precision, geometric mean over models with its 95 % "
            "interval. Left of 1 saves energy; combinations without an interval have one model.",
            forest,
            {"x": "energy ratio", "reference": 1.0},
        ),
        Panel(
            "ratio_size",
            "Who gains: ratio against model size",
            "One point is one matched pair; below 1 the lower precision saves energy.",
            points.with_columns(ratio=pl.col("log_ratio").exp()).drop("log_ratio"),
            {"x": "params_count", "y": "ratio"},
        ),
    )


def _limits(pairs: pl.DataFrame) -> tuple[str, ...]:
    """Return what the reader must keep in mind, from the data."""
    limits = [
        "Precisions are as labelled by each source; own runs are verified after loading.",
        "Perplexity and other metrics of which less is better are left out of the test for equal quality.",
    ]
    if pairs["basis"].is_in(["estimated"]).any():
        limits.append("Some pairs compare estimated energies: there a ratio says what the time and load did.")
    if pairs["idle_treatment"].n_unique() > 1:
        limits.append("Some sources subtract idle power and some do not: they form strata of their own.")
    return tuple(limits)


def _unpaired(frame: pl.DataFrame, pairs: pl.DataFrame) -> int:
    """Return how many measurements found no partner."""
    return frame.height - len(ids_behind(pairs))


def _unanswered(frame: pl.DataFrame) -> StudyResult:
    """Return the result that says which runs are missing."""
    return StudyResult(
        name="quantization",
        title="Quantization",
        question=QUESTION,
        answer=f"Cannot be answered: none of {frame.height} measurements has a partner in another precision.",
        design=_DESIGN,
        missing=("eco-collect suite cpu --select precision=fp32,int8,bf16",),
        exclusions={"no partner in another precision": frame.height},
    )
