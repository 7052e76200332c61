"""The configurations of a database: repeats pooled, with carbon, water and ESS, one row each."""

import math
from typing import Any

import polars as pl

from ecoanalysis.impact.assess import assess
from ecoanalysis.impact.place import Place, site_of
from ecoanalysis.impact.rate import rate
from ecoanalysis.settings import Settings
from ecoanalysis.studies.commonest import commonest as alike

# What makes two measurements repeats of one cell; everything else that we show is constant in it.
KEYS = (
    "dataset",
    "task",
    "model",
    "framework",
    "precision",
    "nominal_batch_size",
    "scenario",
    "variant",
    "device",
    "device_kind",
    "devices_count",
    "host",
    "boundary",
    "basis",
    "method",
    "idle_treatment",
    "item_unit",
    "phase",
    "pue_included",
    "config_id",
)
_T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)  # Student t, 1 … 10 degrees of freedom

# Marks that override the direction of text: they would turn the rest of a label round.
_NO_OVERRIDES = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_FIRST = (
    *("quality_metric", "family", "modality", "framework_version"),
    *("task_dataset", "threads", "input_tokens", "output_tokens", "sensor"),
)
_MEANS = ("throughput_items_per_s", "mean_power_w", "quality_value", "latency_s")


def pool(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per cell of a measurement frame: mean energy per item with its 95 % interval, counts, means.

    The measurements' own bounds are systematic and do not average out; the scatter of the mean of n repeats is
    a t interval on n - 1 degrees of freedom; the two are independent and add in quadrature, as logarithmic
    widths, so that no bound falls below zero. Rows without an energy per item are left out.
    """
    usable = frame.filter(pl.col("energy_per_item_j") > 0).sort("id")
    energy, low, high = pl.col("energy_per_item_j"), pl.col("low_per_item_j"), pl.col("high_per_item_j")
    grouped = usable.group_by(list(KEYS), maintain_order=True).agg(
        energy.mean(),
        (energy.std() / energy.mean()).alias("cv"),
        pl.len().alias("repeats"),
        # A bound at zero is "unknown below": a tenth of the value stands for it on the logarithmic scale.
        (energy / pl.when(low < energy / 10).then(energy / 10).otherwise(low)).log().mean().alias("under"),
        (high / energy).log().mean().alias("over"),
        pl.col("energy_j").sum(),
        pl.col("items_count").sum(),
        *(pl.col(name).mean() for name in _MEANS),
        *(pl.col(name).first() for name in _FIRST),
        *(pl.col(name).max() for name in ("params_count", "active_params_count", "started_utc_ns")),
        pl.col("run_id").drop_nulls().alias("run_ids"),
        pl.col("id").alias("measurement_ids"),
    )
    scatter = pl.col("cv").fill_null(0.0) * _student_t() / pl.col("repeats").sqrt()
    known = pl.col("under").is_not_null() | (pl.col("repeats") > 1)
    return grouped.with_columns(
        pl.when(known).then(energy * (-_width("under", scatter)).exp()).alias("low_per_item_j"),
        pl.when(known).then(energy * _width("over", scatter).exp()).alias("high_per_item_j"),
    ).drop("cv", "under", "over")


def _width(side: str, scatter: pl.Expr) -> pl.Expr:
    """Return the logarithmic width of the mean on one side."""
    return (pl.col(side).fill_null(0.0) ** 2 + scatter**2).sqrt()


def _student_t() -> pl.Expr:
    """Return the 97.5 % quantile of Student's t for the repeats of a cell."""
    degrees = (pl.col("repeats").cast(pl.Int64) - 1).clip(1, len(_T95) + 1)
    quantiles = dict(enumerate((*_T95, 2.0), start=1))
    return degrees.replace_strict(list(quantiles), list(quantiles.values()), return_dtype=pl.Float64)


def configurations(frame: pl.DataFrame, place: Place, settings: Settings) -> pl.DataFrame:
    """Return the pooled cells with their impact and score under the factors of a place, in a stable order.

    Adds the columns of `assess` and `rate`, `site` (desktop or datacenter), the logarithmic widths of the energy, which
    let a page recompute every region, and `told_apart_by`: framework, data (else task) and threads where the rest of a
    name is not its own.
    """
    cells = pool(frame).with_row_index("measurement_id").with_columns(pl.col("measurement_id").cast(pl.Int64))
    impact = assess(cells, place)
    rated = rate(
        cells.join(impact, on="measurement_id", how="left", maintain_order="left", suffix="_impact"), settings
    )
    joined = cells.join(
        impact.rename({"basis": "impact_basis"}), on="measurement_id", how="left", maintain_order="left"
    ).join(rated, on="measurement_id", how="left", maintain_order="left")
    kinds = joined.select("device", "device_kind").rows()
    sites = {pair: site_of(*pair) for pair in set(kinds)}
    energy = pl.col("energy_per_item_j")
    alike = ["dataset", "device", "model", "precision", "nominal_batch_size", "scenario", "variant"]
    several = [pl.when(mark.n_unique().over(alike) > 1).then(mark) for mark in _marks()]
    return joined.with_columns(
        pl.concat_str(several, separator=" · ", ignore_nulls=True).alias("told_apart_by"),
        pl.Series("site", [sites[pair] for pair in kinds], dtype=pl.String),
        (pl.col("high_per_item_j") / energy).log().fill_null(0.0).alias("energy_up"),
        (energy / pl.col("low_per_item_j")).log().fill_null(0.0).alias("energy_down"),
    ).sort(
        "dataset", "device", "model", "precision", "nominal_batch_size", "measurement_id", nulls_last=False
    )


def _marks() -> tuple[pl.Expr, ...]:
    """Return in words what may tell configurations of one name apart."""
    threads = pl.col("threads")
    return (
        pl.col("framework").str.replace_all("[_-]", " "),
        pl.coalesce("task_dataset", "task").str.replace_all("[_-]", " "),
        pl.col("phase").replace("total", None),
        pl.col("boundary"),
        pl.when(threads == 1).then(pl.lit("1 thread")).otherwise(pl.format("{} threads", threads)),
        pl.format("{} devices", pl.col("devices_count")),
        pl.format("{} in", pl.col("input_tokens").round(0).cast(pl.Int64)),
        pl.format("{} out", pl.col("output_tokens").round(0).cast(pl.Int64)),
    )


def label(row: dict[str, object]) -> str:
    """Return a cell's name in words: model, precision, batch, and what else tells it from others."""
    batch = row.get("nominal_batch_size")
    parts = [str(row["model"]), "" if row["precision"] in (None, "unknown") else str(row["precision"])]
    if isinstance(batch, float) and math.isfinite(batch):
        parts.append(f"batch {batch:g}")
    if row.get("scenario"):
        parts.append(str(row["scenario"]))
    if row.get("variant") not in (None, "sound"):
        parts.append(str(row["variant"]).replace("_", " "))
    if row.get("told_apart_by"):
        parts.append(str(row["told_apart_by"]))
    return " · ".join(part for part in parts if part).translate(_NO_OVERRIDES)


def commonest(cells: pl.DataFrame, by_unit: bool = True) -> tuple[pl.DataFrame, str, str]:
    """Return the cells of the commonest boundary (and item unit), which alone may share an axis, with their names."""
    if cells.is_empty():
        return cells, "item", ""
    part = alike(cells, "item_unit") if by_unit else alike(cells)
    first = part.row(0, named=True)
    return part, str(first["item_unit"]) if by_unit else "item", f"{first['boundary']} boundary"


def thriftiest(cells: pl.DataFrame) -> dict[str, Any]:
    """Return the least energy per item of those that may be compared, with its `row` in `cells`, which has some.

    Compared are the cells of the commonest boundary and item unit: a part of a machine is always below the whole.
    """
    part, _, _ = commonest(cells.with_row_index("row"))
    return part.sort("energy_per_item_j", "measurement_id").row(0, named=True)
