"""The study of implementation: what a poor one costs beside its sound twin."""

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.overhead import overhead_findings, overhead_panel, overheads
from ecoanalysis.studies.pairs import match
from ecoanalysis.studies.strata import Stratum, stratify, stratum_finding
from ecoanalysis.studies.words import ALPHA, counted, headlines_first, place_of, verb, verdict

QUESTION = "What does a poor implementation of the same model on the same device cost?"
KEY = ("treatment", "dataset", "device", "framework")
_DESIGN = (
    "Estimand: energy per item of an unsound variant divided by that of its sound twin: same model, device, framework, "
    "precision, request (batch), threads as configured and inputs. Each model counts once; geometric mean with a t "
    "interval over models, q values over all variants. Overhead: energy of a call as a + b × items by least squares "
    "over batch sizes; a is paid however little work there is. Where energy is estimated from utilisation, a ratio is "
    "one of busy time and load."
)
_MISSING = "eco-collect suite implementation --select framework=sklearn"


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Rank the waste factors, then the overheads per call; say which runs are missing when there are none."""
    pairs = match(frame, "variant", ("sound",))
    strata = [] if pairs.is_empty() else stratify(pairs, KEY)
    ranked = sorted(strata, key=lambda stratum: -stratum.effect.mean)
    rng = np.random.default_rng(settings.seed)
    waste = [_finding(stratum, rng) for stratum in ranked]
    calls = overheads(frame)
    return StudyResult(
        name="implementation",
        title="Implementation",
        question=QUESTION,
        answer=_answer(waste),
        design=_DESIGN,
        findings=headlines_first([waste, list(overhead_findings(calls))], lead=4),
        panels=(*([_panel(waste)] if waste else []), *([overhead_panel(calls)] if calls.height else [])),
        limits=(
            "A waste factor holds for the sizes measured: small models are the ones that overheads dominate.",
        ),
        missing=() if waste else (_MISSING,),
        exclusions={"no sound twin": _alone(frame, pairs)} if waste else {},
    )


def _alone(frame: pl.DataFrame, pairs: pl.DataFrame) -> int:
    """Return how many measurements of unsound variants have no twin."""
    paired = {i for ids in pairs["measurement_ids"].to_list() for i in ids}
    unsound = frame.filter(pl.col("variant").is_not_null() & (pl.col("variant") != "sound"))
    return sum(1 for i in unsound["id"].to_list() if i not in paired)


def _answer(waste: list[Finding]) -> str:
    """Return the answer in a sentence."""
    if not waste:
        return "Cannot be answered: no unsound variant was measured beside its sound twin."
    testable = [one for one in waste if one.q_value is not None]
    told = [one for one in testable if (one.q_value or 0.0) < ALPHA and (one.estimate or 0.0) > 1]
    alone = len(waste) - len(testable)
    said = f"{len(told)} cost more than their sound twins (false discovery rate 5 %)" if testable else ""
    rest = (
        f"{alone} {verb(alone, 'was', 'were')} measured on one model only, which tells nothing of others"
        if alone
        else ""
    )
    return (
        f"Of {counted(len(waste), 'variant')}, {' and '.join(part for part in (said, rest) if part)}. The worst seen: "
        f"{waste[0].sentence}"
    )


def _finding(stratum: Stratum, rng: np.random.Generator) -> Finding:
    """Return one variant's waste factor."""
    where, effect = stratum.where, stratum.effect
    place = place_of(where["device"], where["framework"], where["dataset"])
    return stratum_finding(
        stratum,
        f"{where['treatment'].replace('_', ' ')}: {place}",
        "energy per item, unsound over sound (geometric mean over models)",
        f"“{where['treatment'].replace('_', ' ')}” uses {stratum.said} the energy of the sound variant on "
        f"{place} ({counted(effect.clusters_count, 'model')}): {verdict(*stratum.ratio, stratum.q_value)}.",
        rng,
    )


def _panel(findings: list[Finding]) -> Panel:
    """Return the ranked waste factors."""
    rows = [
        {
            "label": finding.groups["treatment"].replace("_", " "),
            "treatment": finding.name.partition(": ")[2],
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
        "Energy per item relative to the sound twin, with 95 % intervals over models, worst first. An interval that "
        "runs to an edge goes on beyond it; a point without one rests on a single model.",
        pl.DataFrame(rows, infer_schema_length=None),
        {"x": "energy ratio", "reference": 1.0},
    )
