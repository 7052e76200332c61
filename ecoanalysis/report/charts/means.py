"""The rows of charts that draw means of many measurements, taken before they are drawn: their data are those, too.

It stands apart from the charts, which import Altair: a report whose drawings are all kept does without.
"""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from ecoanalysis.records import Panel

# What is one in all of a batch curve: a line through two precisions would draw their difference as the batch's.
LINE = (
    *("base_model", "device", "item_unit"),
    *("precision", "framework", "task", "task_dataset", "scenario", "variant"),
    *("threads", "devices_count", "dataset"),
)
_SHOWN = LINE[:3]  # the others are kept where they differ


def reduced(panel: Panel) -> Panel:
    """Return a panel with the rows that its chart draws, where it draws means of many."""
    reduce = _MEANS.get(panel.chart)
    return panel if reduce is None else replace(panel, frame=reduce(panel.frame))


def _size(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per model, device and item: geometric mean of the energy, and its least and most over settings."""
    keys = [name for name in ("item_unit", "device", "base_model") if name in frame.columns]
    energy = pl.col("energy_per_item_j")
    return (
        frame.filter(pl.col("size") > 0, energy > 0)
        .group_by([*keys, "size"])
        .agg(
            energy.log().mean().exp(),
            energy.min().alias("low"),
            energy.max().alias("high"),
            pl.len().alias("settings"),
        )
        .sort("size", *keys)
    )


def _batch(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per line and batch size: the geometric mean of the energy over other settings, least and most.

    A batch size that is the mean of a run (63.2, 63.9) is taken with those within a quarter of an octave. A line of a
    single batch size is none.
    """
    known = [name for name in LINE if name in frame.columns]
    keys = [name for name in known if name in _SHOWN or frame[name].n_unique() > 1]
    energy, batch = pl.col("energy_per_item_j"), pl.col("batch")
    means = energy.log().mean().exp(), energy.min().alias("low"), energy.max().alias("high")
    step = (batch.log(2) * 4).round().alias("step")
    size = pl.when(batch.n_unique() > 1).then(batch.log().mean().exp()).otherwise(batch.first())
    grouped = frame.filter(energy > 0, batch > 0).group_by(*keys, step).agg(size.alias("batch"), *means)
    lines = grouped.drop("step").filter(pl.len().over(keys) > 1).sort(*keys, "batch")
    return lines.select(*keys, "batch", pl.exclude(*keys, "batch"))


def _ratio(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per model, device and treatment: the geometric mean of the ratio, and its least and most."""
    keys = [name for name in ("base_model", "device", "framework", "treatment") if name in frame.columns]
    ratio = pl.col("ratio")
    means = ratio.log().mean().exp(), ratio.min().alias("low"), ratio.max().alias("high")
    sized = frame.filter(pl.col("params_count") > 0, ratio > 0)
    return sized.group_by([*keys, "params_count"]).agg(*means).sort("params_count", *keys)


_MEANS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "energy_size": _size,
    "batch_curve": _batch,
    "ratio_size": _ratio,
}
