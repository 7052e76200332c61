"""The study of measurement quality: repeats, drift, heat, sensors that disagree, and what rests on estimates."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.comparison import CLAIM
from ecoanalysis.studies.effect import clustered_mean, false_discovery, repeats_needed
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.on_estimates import estimate_findings
from ecoanalysis.studies.pairs import MATCH_ON
from ecoanalysis.studies.time_repeats import time_findings
from ecoanalysis.studies.words import ALPHA, counted, headlines_first, place_of

QUESTION = "How far can these measurements be trusted?"
_DESIGN = (
    "Repeats of one configuration on one device: coefficient of variation (sample sd over mean) of energy per item "
    "and of time per item, its mean over the window and, of own runs, that of the fastest batch; drift as the slope of "
    "log energy over the order of the repeats, heat as its slope over the "
    "temperature within a configuration (t intervals over configurations, q values over devices); the repeats per arm "
    "that a two-sided t test needs to tell 5 % with 80 % power at the scatter seen; two measured ways to one energy "
    "(counter, integrated power) held against each other; the contrasts of precisions with and without estimates."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Return scatter, drift, heat, disagreement and the weight of estimates, per data set and device."""
    scatter = repeat_scatter(frame)
    kinds = [
        list(_scatter_findings(scatter)),
        list(time_findings(frame)),
        list(_slope_findings(scatter, "drift", "drift", "from one repeat to the next")),
        list(_slope_findings(scatter, "heat", "heat", "per °C within a configuration")),
        list(_sensor_findings(frame)),
        list(estimate_findings(frame, settings)),
    ]
    noisy = scatter.filter(pl.col("cv") > CLAIM).height
    answer = "No configuration was repeated: nothing is known of the scatter."
    if scatter.height:
        middle = float(np.median(scatter["cv"].to_numpy()))
        repeated = counted(scatter.height, "configuration was", "configurations were")
        answer = (
            f"{repeated} repeated: the median coefficient of variation is {middle:.1%}, and {noisy:,} scatter by more "
            f"than {CLAIM:.0%}."
        )
    return StudyResult(
        name="quality",
        title="Measurement quality",
        question=QUESTION,
        answer=answer,
        design=_DESIGN,
        findings=headlines_first(kinds),
        panels=_panels(scatter),
        limits=_limits(frame, scatter),
        missing=() if scatter.height else ("eco-collect suite quick --select framework=sklearn",),
        exclusions={"not repeated": frame.height - int(scatter["n"].sum())},
    )


def repeat_scatter(frame: pl.DataFrame) -> pl.DataFrame:
    """Return per repeated cell: n, cv of energy per item, cv of time per item, drift per repeat, heat per °C (log)."""
    keys = [key for key in MATCH_ON if key in frame.columns]
    warm = pl.col("temperature_c")
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
            drift=pl.when(_timed()).then(pl.cov("order", "log") / pl.col("order").cast(pl.Float64).var()),
            heat=pl.when(warm.count() == pl.len(), warm.var() > 0.01).then(pl.cov(warm, "log") / warm.var()),
            ids=pl.col("id"),
        )
    )
    return repeated.filter((pl.col("n") > 1) & pl.col("cv").is_finite())


def _timed() -> pl.Expr:
    """Return whether repeats have an order: times or numbers that differ."""
    return (pl.col("started_utc_ns").n_unique() == pl.len()) | (pl.col("repeat").n_unique() == pl.len())


def _scatter_findings(scatter: pl.DataFrame) -> Iterator[Finding]:
    """Yield the median scatter of each data set and device, with the repeats that a 5 % claim needs."""
    parts = dict(scatter.group_by("dataset", "device", "boundary", "basis", maintain_order=True))
    for key, part in sorted(parts.items(), key=lambda item: -item[1].height):
        dataset, device, boundary, basis = (str(value) for value in key)
        middle = float(np.median(part["cv"].to_numpy()))
        low, high = (float(bound) for bound in np.quantile(part["cv"].to_numpy(), [0.025, 0.975]))
        needed = repeats_needed(middle, CLAIM)
        yield Finding(
            name=f"scatter: {place_of(device, None, dataset)}, {boundary}",
            estimand="coefficient of variation of energy per item over repeats",
            sentence=(
                f"Repeats on {place_of(device, None, dataset)} ({boundary}, {basis}) scatter by {middle:.1%} (median "
                f"of {counted(part.height, 'configuration')}; 95 % of them {low:.1%} to {high:.1%}); telling "
                f"{CLAIM:.0%} apart with 80 % power needs {counted(needed, 'repeat')} per arm."
            ),
            estimate=middle,
            low=low,
            high=high,
            unit="ratio",
            n=part.height,
            method="sample coefficient of variation; the interval holds the central 95 % of configurations",
            groups={
                "dataset": dataset,
                "device": device,
                "boundary": boundary,
                "repeats_needed": str(needed),
            },
            basis="estimated" if basis == "estimated" else "measured",
            measurement_ids=tuple(sorted(i for ids in part["ids"].to_list() for i in ids)),
        )


def _slope_findings(scatter: pl.DataFrame, column: str, word: str, per: str) -> Iterator[Finding]:
    """Yield the mean slope of log energy of each data set and device that is told from none."""
    known = scatter.filter(pl.col("n") > 2, pl.col(column).is_finite())
    parts = dict(known.group_by("dataset", "device", "boundary", maintain_order=True))
    effects = {
        key: clustered_mean(part[column].to_list(), [str(i) for i in range(part.height)])
        for key, part in parts.items()
    }
    q_values = false_discovery([effect.p_value for effect in effects.values()])
    for (key, effect), q_value in zip(effects.items(), q_values, strict=True):
        if q_value is None or q_value >= ALPHA:
            continue
        dataset, device, boundary = (str(value) for value in key)
        place = place_of(device, None, dataset)
        interval = f"{effect.mean:+.2%} ({effect.low:+.2%} to {effect.high:+.2%})"
        yield Finding(
            name=f"{word}: {place}, {boundary}",
            estimand=f"relative change of energy per item {per}",
            sentence=(
                f"Energy on {place} ({boundary}) changes by {interval} {per} "
                f"({counted(parts[key].height, 'configuration')}): it may pass for an effect unless arms are "
                "interleaved."
            ),
            estimate=effect.mean,
            low=effect.low,
            high=effect.high,
            unit="ratio",
            n=parts[key].height,
            method=f"slope of log energy {per}, t interval over configurations",
            groups={"dataset": dataset, "device": device, "boundary": boundary},
            basis=basis_of(parts[key]),
            p_value=effect.p_value,
            q_value=q_value,
            measurement_ids=tuple(sorted(i for ids in parts[key]["ids"].to_list() for i in ids)),
        )


def _sensor_findings(frame: pl.DataFrame) -> Iterator[Finding]:
    """Yield how far two measured ways to one energy are apart, per data set and device."""
    if "sensor_ratio" not in frame.columns:
        return
    for key, part in frame.filter(pl.col("sensor_ratio") >= 1).group_by(
        "dataset", "device", maintain_order=True
    ):
        dataset, device = (str(value) for value in key)
        apart = part["sensor_ratio"].to_numpy() - 1
        many = int((apart > CLAIM).sum())
        yield Finding(
            name=f"two sensors: {place_of(device, None, dataset)}",
            estimand="larger over smaller of two measured ways to one energy, less 1 (median)",
            sentence=(
                f"On {place_of(device, None, dataset)} counter and integrated power are {float(np.median(apart)):.1%} "
                f"apart (median of {counted(part.height, 'run')}; the worst {float(apart.max()):.1%}); in {many} "
                f"by more than {CLAIM:.0%}."
            ),
            estimate=float(np.median(apart)),
            low=float(np.quantile(apart, 0.025)),
            high=float(np.quantile(apart, 0.975)),
            unit="ratio",
            n=part.height,
            method="both ways over the same phase; the interval holds the central 95 % of runs",
            groups={"dataset": dataset, "device": device},
            basis="measured",
            measurement_ids=tuple(sorted(part["id"].to_list())),
        )


def _limits(frame: pl.DataFrame, scatter: pl.DataFrame) -> tuple[str, ...]:
    """Return what the reader must keep in mind, and what could not be looked at."""
    limits = [
        "Repeats on one machine say nothing of another board of the same kind: those differ by about 8 %."
    ]
    if scatter.height and not scatter["heat"].is_not_null().any():
        limits.append("No repeats with temperatures: whether heat confounds them is not known.")
    if "sensor_ratio" not in frame.columns or not frame["sensor_ratio"].is_not_null().any():
        limits.append("No energy was measured in two ways: sensors could not be held against each other.")
    return tuple(limits)


def _panels(scatter: pl.DataFrame) -> tuple[Panel, ...]:
    """Return the scatter of repeats."""
    if scatter.is_empty():
        return ()
    return (
        Panel(
            "scatter_repeats",
            "How well repeats agree",
            "The share of configurations that scatter by no more; the dashed line is the 5 % that should be told.",
            scatter.select("dataset", "device", "base_model", "n", "cv", "cv_time").sort("cv"),
            {"x": "cv", "reference": CLAIM},
        ),
    )
