"""Matched pairs: two cells alike in everything but one factor."""

from collections.abc import Sequence

import polars as pl

# Everything that must be equal before two energies may be compared; null equals null.
MATCH_ON = (
    "dataset",
    "base_model",
    "device",
    "devices_count",
    "boundary",
    "idle_treatment",
    "basis",
    "item_unit",
    "phase",
    "framework",
    "framework_version",
    "task",
    "task_dataset",
    "scenario",
    "nominal_batch_size",
    "input_shape",
    "input_tokens",
    "steps",
    "frames",
    "threads",
    "parallelism",
    "precision",
    "variant",
    "host",
    "setup",
)

STRATUM = ("dataset", "device", "framework", "boundary", "idle_treatment", "treatment", "reference")


def cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per cell (all of `MATCH_ON`): mean and scatter of log energy per item over its repeats.

    Rows without a positive energy carry no ratio, and two models of which nobody knows the names are no pair; both
    are left out here and counted by the caller.
    """
    keys = [key for key in MATCH_ON if key in frame.columns]
    return (
        frame.filter(pl.col("energy_per_item_j") > 0, pl.col("base_model") != "unknown")
        .sort(["id"])
        .group_by(keys, maintain_order=True)
        .agg(
            log_energy=pl.col("energy_per_item_j").log().mean(),
            log_energy_sd=pl.col("energy_per_item_j").log().std(),
            repeats=pl.len(),
            variance=pl.col("energy_per_item_j").log().var() / pl.len(),
            quality=pl.col("quality_value").mean(),
            device_kind=pl.col("device_kind").first(),
            params_count=pl.col("params_count").max(),
            batch=pl.col("batch_size").mean(),
            measurement_ids=pl.col("id"),
        )
    )


def match(frame: pl.DataFrame, factor: str, references: Sequence[str]) -> pl.DataFrame:
    """Return every pair of cells that differ in `factor` alone, against the first reference that is present.

    `references` are the values of `factor` that may serve as the reference, best first. Columns: the matching
    keys, `treatment`, `reference`, `log_ratio` (log energy, treatment over reference), `quality_change`,
    `quality_reference`, `device_kind`, `params_count`, `batch`, `repeats`, `variance` of the log ratio by its
    repeats with Welch's `df` (null without two a side), `measurement_ids` of both cells.
    """
    keys = [key for key in MATCH_ON if key in frame.columns and key != factor]
    table = cells(frame)
    rank = {value: place for place, value in enumerate(references)}
    ranked = table.with_columns(rank=pl.col(factor).replace_strict(rank, default=None, return_dtype=pl.Int64))
    best = ranked.filter(pl.col("rank").is_not_null()).sort([*keys, "rank"], nulls_last=True)
    best = best.unique(subset=keys, keep="first", maintain_order=True)
    wide = ranked.join(best, on=keys, suffix="_ref", nulls_equal=True, maintain_order="left")
    wide = wide.filter(pl.col(factor) != pl.col(f"{factor}_ref"))
    return wide.select(
        *keys,
        treatment=pl.col(factor),
        reference=pl.col(f"{factor}_ref"),
        log_ratio=pl.col("log_energy") - pl.col("log_energy_ref"),
        device_kind=pl.col("device_kind"),
        quality_change=pl.col("quality") - pl.col("quality_ref"),
        quality_reference=pl.col("quality_ref"),
        params_count=pl.coalesce("params_count", "params_count_ref"),
        batch=pl.col("batch"),
        repeats=pl.min_horizontal("repeats", "repeats_ref"),
        variance=pl.col("variance") + pl.col("variance_ref"),
        df=(pl.col("variance") + pl.col("variance_ref")) ** 2
        / (
            pl.col("variance") ** 2 / (pl.col("repeats") - 1.0)
            + pl.col("variance_ref") ** 2 / (pl.col("repeats_ref") - 1.0)
        ),
        measurement_ids=pl.col("measurement_ids").list.concat("measurement_ids_ref"),
    ).sort([*keys, "treatment"], nulls_last=True)


def ids_behind(pairs: pl.DataFrame) -> tuple[int, ...]:
    """Return the measurements that pairs come from, sorted."""
    return tuple(sorted({i for ids in pairs["measurement_ids"].to_list() for i in ids}))
