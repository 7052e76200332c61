"""The front of energy against quality: configurations that no other beats in both."""

from collections.abc import Iterator

import polars as pl

from ecoanalysis.records import Finding, Panel
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.quality_change import LOWER_IS_BETTER
from ecoanalysis.studies.words import counted, listed, place_of, short

# Energies and qualities are compared within one of these only.
WHERE = ("dataset", "device", "task", "boundary", "idle_treatment", "item_unit", "quality_metric")
_CONFIGURATION = ("model", "precision", "framework", "framework_version", "nominal_batch_size", "threads")

_SHOWN = 4  # devices and tasks in the panel
_UP = [False] * len(WHERE)


def configurations(frame: pl.DataFrame) -> pl.DataFrame:
    """Return configurations that know their quality, repeats averaged: `WHERE`, what they are, J, quality, basis, ids.

    `goodness` is the quality, turned over for metrics of which less is better.
    """
    lower = pl.col("quality_metric").str.to_lowercase().is_in(LOWER_IS_BETTER).fill_null(False)
    known = frame.filter(pl.col("quality_value").is_not_null() & (pl.col("energy_per_item_j") > 0)).sort("id")
    means = known.group_by(*WHERE, *_CONFIGURATION, maintain_order=True).agg(
        energy_per_item_j=pl.col("energy_per_item_j").mean(),
        quality=pl.col("quality_value").mean(),
        basis=pl.when((pl.col("basis") == "estimated").any())
        .then(pl.lit("estimated"))
        .otherwise(pl.lit("measured")),
        ids=pl.col("id"),
    )
    sign = pl.when(lower).then(-1.0).otherwise(1.0)
    return means.with_columns(goodness=sign * pl.col("quality"))


def fronts(known: pl.DataFrame) -> pl.DataFrame:
    """Return configurations with `on_front`: none of the same task and device is as good for less energy.

    Sorted by energy, a configuration is on the front where it is better than all that are cheaper.
    """
    ordered = known.sort(
        *WHERE, "energy_per_item_j", "goodness", descending=[False] * (len(WHERE) + 1) + [True]
    )
    before = pl.col("goodness").cum_max().shift(1).over(WHERE)
    return ordered.with_columns(on_front=before.is_null() | (pl.col("goodness") > before))


def pareto_findings(front: pl.DataFrame, references: tuple[str, ...]) -> Iterator[Finding]:
    """Yield, per device and task with two precisions or more, who is on the front."""
    for key, part in front.group_by(WHERE, maintain_order=True):
        if part["precision"].n_unique() < 2:
            continue
        where = dict(zip(WHERE, map(str, key), strict=True))
        best = part.filter("on_front")
        lower = best.filter(~pl.col("precision").is_in([*references, "fp64"]))
        names = [f"{short(row['model'])} at {row['precision']}" for row in lower.iter_rows(named=True)]
        place = place_of(where["device"], None, where["dataset"])
        yield Finding(
            name=f"front of energy and quality: {place}, {where['task']}",
            estimand="share of the configurations on the front that have a lower precision",
            sentence=(
                f"On {place} ({where['task']}), no other is cheaper and better than {best.height} of "
                f"{counted(part.height, 'configuration')} (energy against {where['quality_metric']}); {lower.height} "
                + (
                    f"of these at a lower precision: {listed(names)}."
                    if names
                    else "of these at a lower precision."
                )
            ),
            estimate=lower.height / best.height,
            low=None,
            high=None,
            unit="ratio",
            n=part.height,
            method="non-dominated configurations, means over repeats; it describes what was measured",
            groups=where,
            basis=basis_of(part),
            measurement_ids=tuple(sorted({i for ids in best["ids"].to_list() for i in ids})),
        )


def pareto_panel(front: pl.DataFrame) -> Panel:
    """Return energy against quality of the tasks and devices that saw the most precisions, with the front marked."""
    counts = front.group_by(WHERE, maintain_order=True).agg(
        precisions=pl.col("precision").n_unique(), models=pl.col("model").n_unique()
    )
    most = counts.filter(pl.col("precisions") > 1).sort(
        "precisions", "models", *WHERE, descending=[True, True, *_UP]
    )
    shown = front.join(
        most.head(_SHOWN).select(WHERE), on=WHERE, how="semi", nulls_equal=True, maintain_order="left"
    )
    return Panel(
        "pareto",
        "Energy against quality",
        "One point is one configuration; the line joins those that none beats in both. The devices and tasks with "
        "the most precisions.",
        shown.select(*WHERE, "model", "precision", "energy_per_item_j", "quality", "on_front"),
        {"x": "energy_per_item_j", "y": "quality"},
    )
