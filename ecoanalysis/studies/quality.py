"""The study of measurement quality: repeats, drift, sample sizes, and what rests on estimates."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.effect import clustered_mean, repeats_needed
from ecoanalysis.studies.pairs import MATCH_ON

QUESTION = "How far can these measurements be trusted?"
CLAIM = 0.05  # the relative difference that a comparison should be able to tell
_DESIGN = (
    "Repeats of one configuration on one device: coefficient of variation (sample sd over mean) of energy per item "
    "and of time per item, drift as the slope of log energy over the order of the repeats, and the number of "
    "repeats per arm that a two-sided t test needs to tell 5 % with 80 % power at the scatter seen."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Return scatter, drift, needed repeats and the share of estimated energies, per data set and device."""
    scatter = repeat_scatter(frame)
    findings = [*_scatter_findings(scatter), *_drift_findings(scatter), *_basis_findings(frame)]
    noisy = scatter.filter(pl.col("cv") > CLAIM).height
    answer = "No configuration was repeated: nothing is known of the scatter."
    if scatter.height:
        answer = (
            f"{scatter.height} configurations were repeated; the median coefficient of variation is "
            f"{float(np.median(scatter['cv'].to_numpy())):.1%}, and {noisy} of them scatter by more than {CLAIM:.0%}."
        )
    return StudyResult(
        name="quality",
        title="Measurement quality",
        question=QUESTION,
        answer=answer,
        design=_DESIGN,
        findings=tuple(findings),
        panels=_panels(scatter),
        limits=(
            "Repeats on one machine say nothing of another board of the same kind: those differ by about 8 %.",
        ),
        missing=() if scatter.height else ("eco-collect suite quick",),
    )


def repeat_scatter(frame: pl.DataFrame) -> pl.DataFrame:
    """Return per repeated cell: n, cv of energy per item, cv of time per item, drift per repeat (log), basis."""
    keys = [key for key in MATCH_ON if key in frame.columns]
    repeated = (
        frame.filter(pl.col("energy_per_item_j") > 0)
        .sort("started_utc_ns", "repeat", "id")
        .with_columns(order=pl.int_range(pl.len()).over(keys), log=pl.col("energy_per_item_j").log())
        .group_by(keys, maintain_order=True)
        .agg(
            n=pl.len(),
            cv=pl.col("energy_per_item_j").std() / pl.col("energy_per_item_j").mean(),
            cv_time=(1 / pl.col("throughput_items_per_s")).std()
            / (1 / pl.col("throughput_items_per_s")).mean(),
            drift=pl.cov("order", "log") / pl.col("order").cast(pl.Float64).var(),
            ids=pl.col("id"),
        )
    )
    return repeated.filter((pl.col("n") > 1) & pl.col("cv").is_finite())


def _scatter_findings(scatter: pl.DataFrame) -> Iterator[Finding]:
    """Yield the median scatter of each data set and device, with the repeats that a 5 % claim needs."""
    for key, part in scatter.group_by("dataset", "device", "boundary", "basis", maintain_order=True):
        dataset, device, boundary, basis = (str(value) for value in key)
        middle = float(np.median(part["cv"].to_numpy()))
        low, high = (float(bound) for bound in np.quantile(part["cv"].to_numpy(), [0.025, 0.975]))
        yield Finding(
            name=f"scatter: {dataset}, {device}",
            estimand="coefficient of variation of energy per item over repeats",
            sentence=(
                f"Repeats on {device} ({dataset}, {boundary}) scatter by {middle:.1%} (median of {part.height} "
                f"configurations); telling {CLAIM:.0%} apart needs {repeats_needed(middle, CLAIM)} repeats per arm."
            ),
            estimate=middle,
            low=low,
            high=high,
            unit="ratio",
            n=part.height,
            method="sample coefficient of variation; central 95 % of configurations",
            groups={"dataset": dataset, "device": device, "boundary": boundary},
            basis="estimated" if basis == "estimated" else "measured",
            measurement_ids=tuple(i for ids in part["ids"].to_list() for i in ids),
        )


def _drift_findings(scatter: pl.DataFrame) -> Iterator[Finding]:
    """Yield the mean drift per repeat of each data set and device with at least three repeats."""
    for key, part in scatter.filter(pl.col("n") > 2).group_by("dataset", "device", maintain_order=True):
        dataset, device = (str(value) for value in key)
        effect = clustered_mean(part["drift"].to_list(), [str(i) for i in range(part.height)])
        if effect.low is None or effect.high is None or effect.low <= 0 <= effect.high:
            continue
        yield Finding(
            name=f"drift: {dataset}, {device}",
            estimand="relative change of energy per item from one repeat to the next",
            sentence=(
                f"Energy on {device} ({dataset}) drifts by {effect.mean:+.2%} per repeat: heat or load may pass for "
                "an effect unless arms are interleaved."
            ),
            estimate=effect.mean,
            low=effect.low,
            high=effect.high,
            unit="ratio",
            n=part.height,
            method="slope of log energy over the order of repeats, t interval over configurations",
            groups={"dataset": dataset, "device": device},
            p_value=effect.p_value,
        )


def _basis_findings(frame: pl.DataFrame) -> Iterator[Finding]:
    """Yield how much rests on estimated energies."""
    if frame.is_empty():
        return
    share = frame.filter(pl.col("basis") == "estimated").height / frame.height
    yield Finding(
        name="estimated energies",
        estimand="share of measurements whose energy is estimated",
        sentence=f"{share:.0%} of {frame.height} energies are estimated, the others measured or derived.",
        estimate=share,
        low=None,
        high=None,
        unit="ratio",
        n=frame.height,
        method="count",
    )


def _panels(scatter: pl.DataFrame) -> tuple[Panel, ...]:
    """Return the scatter of repeats."""
    if scatter.is_empty():
        return ()
    return (
        Panel(
            "scatter_repeats",
            "How well repeats agree",
            "One point is one configuration; the line is the 5 % that a comparison should be able to tell.",
            scatter.select("dataset", "device", "base_model", "n", "cv", "cv_time").sort("cv"),
            {"x": "cv", "reference": CLAIM},
        ),
    )
