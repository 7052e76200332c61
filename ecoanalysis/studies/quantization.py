"""The study of quantization: what fewer bits do to energy, quality and ESS, in matched pairs."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.contrast import contrast_findings, contrasts
from ecoanalysis.studies.crossover import crossovers
from ecoanalysis.studies.equal_quality import equal_quality_findings
from ecoanalysis.studies.moderators import moderator_findings
from ecoanalysis.studies.pairs import STRATUM, ids_behind, match
from ecoanalysis.studies.pareto import configurations, fronts, pareto_findings, pareto_panel
from ecoanalysis.studies.qf_sign import qf_findings
from ecoanalysis.studies.quality_change import quality_findings, shares_only
from ecoanalysis.studies.slopes import slope_panel
from ecoanalysis.studies.strata import Stratum, stratify, stratum_finding
from ecoanalysis.studies.words import counted, headlines_first, place_of, verdict

QUESTION = "Does quantization save energy, and does it raise ESS?"
# The widest of these that is there is the reference; fp64, a habit of classical models, is one for fp32 only.
REFERENCES = ("fp32", "bf16", "fp16")
WIDTHS = {"fp64": 64, "fp32": 32, "tf32": 32, "bf16": 16, "fp16": 16}

_DESIGN = (
    "Estimand: energy per item at the lower precision divided by energy per item at the reference precision, same "
    "model, device, framework, task, batch, boundary and system configuration (matched pairs; repeats averaged in "
    "log). Within a place (device, framework, data set) each model counts once: geometric mean with a t interval "
    "over models; q values over all places control the false discovery rate (Benjamini and Hochberg). Over places: "
    "a mixed-effects model with random slopes of the precision over crossed models and places (REML, Satterthwaite "
    "t), checked by a bootstrap of both; where the data do not carry it, random effects over places (Paule and "
    "Mandel; Hartung and Knapp). The gain error of a sensor cancels within a pair."
)

_MISSING = "eco-collect suite cpu --select precision=fp32,int8-dynamic,int8-static,bf16"
_FOREST = (
    "Energy per item relative to the reference precision, geometric mean over models with its 95 % interval; a point "
    "without one rests on a single model, an interval that runs to an edge goes on beyond it. Left of 1 saves energy. "
    "Colours go by each interval alone, the answer allows for the number of contrasts."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Answer the question from matched pairs; say which runs are missing when there are none."""
    pairs = narrowing_pairs(shares_only(frame))
    if pairs.is_empty():
        return _unanswered(frame)
    rng = np.random.default_rng(settings.seed)
    strata = stratify(pairs, STRATUM)
    found = contrasts(strata, rng)
    front = fronts(configurations(frame))
    overall = list(contrast_findings(found))
    by_place = [_stratum_finding(stratum, rng) for stratum in _ordered(strata)]
    kinds = [
        overall,
        list(qf_findings(found)),
        list(crossovers(strata)),
        list(equal_quality_findings(configurations(frame), REFERENCES)),
        list(moderator_findings(found)),
        list(pareto_findings(front, REFERENCES)),
        by_place,
        list(quality_findings(strata)),
    ]
    return StudyResult(
        name="quantization",
        title="Quantization",
        question=QUESTION,
        answer=_answer(strata, overall),
        design=_DESIGN,
        findings=headlines_first(kinds),
        panels=_panels(pairs, strata, front),
        limits=_limits(pairs),
        missing=() if any(stratum.q_value is not None for stratum in strata) else (_MISSING,),
        exclusions={"no partner in another precision": frame.height - len(ids_behind(pairs))},
    )


def narrowing_pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the matched pairs in which the treatment has fewer bits than the reference."""
    pairs = match(frame, "precision", REFERENCES).filter(pl.col("treatment") != "unknown")
    bits = pl.col("treatment").replace_strict(WIDTHS, default=8)
    narrower = pairs.filter(bits < pl.col("reference").replace_strict(WIDTHS, default=8))
    halved = match(frame, "precision", ("fp64",)).filter(pl.col("treatment") == "fp32")
    return pl.concat([narrower, halved])


def _ordered(strata: Sequence[Stratum]) -> list[Stratum]:
    """Return the strata, those that rest on the most models first."""
    return sorted(strata, key=lambda one: (-one.effect.clusters_count, one.effect.mean))


def _stratum_finding(stratum: Stratum, rng: np.random.Generator) -> Finding:
    """Return the finding of one place."""
    where, effect = stratum.where, stratum.effect
    by_model = stratum.pairs.group_by("base_model", maintain_order=True).agg(pl.col("log_ratio").exp().mean())
    arithmetic = float(np.mean(by_model["log_ratio"].to_numpy()))
    also = "" if effect.clusters_count < 3 else f"; arithmetic mean of ratios {arithmetic:.2f}"
    place = place_of(where["device"], where["framework"], where["dataset"])
    return stratum_finding(
        stratum,
        f"{where['treatment']} over {where['reference']}: {place}",
        "energy per item, lower precision over reference (geometric mean over models)",
        f"On {place}, {where['treatment']} uses {stratum.said} the energy of {where['reference']} "
        f"({counted(effect.clusters_count, 'model')}, {counted(effect.n, 'pair')}{also}): "
        f"{verdict(*stratum.ratio, stratum.q_value)}.",
        rng,
        {"arithmetic_mean": f"{arithmetic:.4f}"},
    )


def _answer(strata: Sequence[Stratum], overall: list[Finding]) -> str:
    """Return the answer in a sentence; what counts as told is told at a false discovery rate of 5 %."""
    testable = [stratum for stratum in strata if stratum.q_value is not None]
    if not testable:
        return "It cannot be told yet: at every place (device, framework) one model only was measured."
    saves = sum(1 for stratum in testable if stratum.tells and stratum.effect.mean < 0)
    costs = sum(1 for stratum in testable if stratum.tells and stratum.effect.mean > 0)
    rest = len(testable) - saves - costs
    if saves and costs:
        lead = "It depends on the device, the framework and the precision"
    elif saves:
        lead = "Yes, wherever the data can tell"
    elif costs:
        lead = "No, wherever the data can tell"
    else:
        lead = "It cannot be told from these data"
    return (
        f"{lead}: of {counted(len(testable), 'contrast')} of a precision with its reference on a device and "
        f"framework, energy falls in {saves}, rises in {costs}, and in {rest} no change can be told (false discovery "
        f"rate 5 %)." + (f" {overall[0].sentence}" if overall else "")
    )


def _forest_rows(strata: Sequence[Stratum]) -> pl.DataFrame:
    """Return one row per stratum, by its ratio."""
    rows = [
        {
            "label": place_of(stratum.where["device"], stratum.where["framework"], stratum.where["dataset"]),
            "treatment": stratum.where["treatment"],
            "reference": stratum.where["reference"],
            **dict(zip(("estimate", "low", "high"), stratum.ratio, strict=True)),
            "n": stratum.effect.clusters_count,
        }
        for stratum in strata
    ]
    return pl.DataFrame(rows, infer_schema_length=None).sort("estimate", "label")


def _panels(pairs: pl.DataFrame, strata: Sequence[Stratum], front: pl.DataFrame) -> tuple[Panel, ...]:
    """Return the forest of ratios, the pairs behind it, and the front of energy and quality."""
    points = pairs.select(
        "base_model", "device", "framework", "treatment", "reference", "log_ratio", "params_count"
    )
    slopes = slope_panel(pairs)
    panels = [
        *((slopes,) if slopes else ()),
        Panel(
            "ratio_forest",
            "Energy at lower precision",
            _FOREST,
            _forest_rows(strata),
            {"x": "energy ratio", "reference": 1.0},
        ),
        Panel(
            "ratio_size",
            "Who gains: ratio against model size",
            "One point is one model on one device, its line spans its matched pairs; below 1 the lower precision saves "
            "energy.",
            points.with_columns(ratio=pl.col("log_ratio").exp()).drop("log_ratio"),
            {"x": "params_count", "y": "ratio"},
        ),
    ]
    if front.height and front["precision"].n_unique() > 1:
        panels.append(pareto_panel(front))
    return tuple(panels)


def _limits(pairs: pl.DataFrame) -> tuple[str, ...]:
    """Return what the reader must keep in mind, from the data."""
    limits = [
        "Precisions are as labelled by each source; own runs are verified after loading.",
        "Perplexity and other metrics of which less is better are left out of the test for equal quality.",
    ]
    if pairs["basis"].is_in(["estimated"]).any():
        limits.append(
            "Some pairs compare estimated energies: there a ratio says what time and utilisation did."
        )
    if pairs["idle_treatment"].n_unique() > 1:
        limits.append("Some sources subtract idle power and some do not: they form strata of their own.")
    return tuple(limits)


def _unanswered(frame: pl.DataFrame) -> StudyResult:
    """Return the result that says which runs are missing."""
    return StudyResult(
        name="quantization",
        title="Quantization",
        question=QUESTION,
        answer=(
            f"Cannot be answered: none of {counted(frame.height, 'measurement')} has a partner in another precision."
        ),
        design=_DESIGN,
        missing=(_MISSING,),
        exclusions={"no partner in another precision": frame.height},
    )
