"""The study of implementation: what a poor one costs beside its sound twin."""

from collections.abc import Mapping

import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.effect import Effect, clustered_mean, false_discovery, ratio_of, times
from ecoanalysis.studies.pairs import ids_behind, match

QUESTION = "What does a poor implementation of the same model on the same device cost?"
KEY = ("treatment", "device", "framework")
_DESIGN = (
    "Estimand: energy per item of an unsound variant divided by that of its sound twin: same model, device, "
    "precision and inputs. Each model counts once; geometric mean with a t interval over models. Where energy is "
    "estimated from utilisation, the ratio is one of busy time and load, and is marked as estimated."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Rank the waste factors; say which runs are missing when there are none."""
    # A variant may change the batch or the threads: that is its point, so these do not have to match.
    free = frame.with_columns(nominal_batch_size=pl.lit(None, pl.Float64), threads=pl.lit(None, pl.Int32))
    pairs = match(free, "variant", ("sound",)) if "variant" in frame.columns else pl.DataFrame()
    if pairs.is_empty():
        return StudyResult(
            name="implementation",
            title="Implementation",
            question=QUESTION,
            answer="Cannot be answered: no unsound variant was measured beside its sound twin.",
            design=_DESIGN,
            missing=("eco-collect suite implementation",),
        )
    strata = dict(pairs.group_by(KEY, maintain_order=True))
    effects = {key: clustered_mean(part["log_ratio"], part["base_model"]) for key, part in strata.items()}
    ranked = sorted(effects, key=lambda key: -effects[key].mean)
    q_values = false_discovery([effects[key].p_value for key in ranked])
    findings = tuple(
        _finding(dict(zip(KEY, map(str, key), strict=True)), strata[key], effects[key], q_value)
        for key, q_value in zip(ranked, q_values, strict=True)
    )
    worst = findings[0]
    return StudyResult(
        name="implementation",
        title="Implementation",
        question=QUESTION,
        answer=f"The worst of {len(findings)} variants multiplies energy by {worst.estimate:.1f}: {worst.sentence}",
        design=_DESIGN,
        findings=findings,
        panels=(_panel(findings),),
        limits=(
            "A waste factor holds for the sizes measured: small models are the ones that overheads dominate.",
        ),
    )


def _finding(where: Mapping[str, str], part: pl.DataFrame, effect: Effect, q_value: float | None) -> Finding:
    """Return one variant's waste factor."""
    ratio, low, high = ratio_of(effect)
    estimated = bool((part["basis"] == "estimated").any())
    return Finding(
        name=f"{where['treatment']}: {where['device']}, {where['framework']}",
        estimand="energy per item, unsound over sound (geometric mean over models)",
        sentence=(
            f"“{where['treatment'].replace('_', ' ')}” uses {times(ratio, low, high)} the energy of the sound "
            f"variant on {where['device']} with {where['framework']} ({effect.clusters_count} models)."
        ),
        estimate=ratio,
        low=low,
        high=high,
        unit="ratio",
        n=effect.n,
        method="matched pairs, clustered by model, t interval on log ratios",
        groups=dict(where),
        basis="estimated" if estimated else "measured",
        p_value=effect.p_value,
        q_value=q_value,
        measurement_ids=ids_behind(part),
    )


def _panel(findings: tuple[Finding, ...]) -> Panel:
    """Return the ranked waste factors."""
    rows = [
        {
            "label": finding.name,
            "treatment": finding.groups["treatment"],
            "reference": "sound",
            "estimate": finding.estimate,
            "low": finding.low,
            "high": finding.high,
            "n": finding.n,
        }
        for finding in findings
    ]
    return Panel(
        "ratio_forest",
        "What poor implementations cost",
        "Energy per item relative to the sound twin, with 95 % intervals over models, worst first.",
        pl.DataFrame(rows, infer_schema_length=None),
        {"x": "energy ratio", "reference": 1.0},
    )
