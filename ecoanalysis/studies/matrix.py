"""The device × workload matrix: what each device costs beyond the best one, by energy, carbon, water and ESS."""

from collections.abc import Mapping

import polars as pl

from ecoanalysis.studies.load_line import system

# One workload at one load: only configurations that agree in all of these compete.
WORKLOAD = (
    "dataset",
    "base_model",
    "task",
    "scenario",
    "nominal_batch_size",
    "input_shape",
    "steps",
    "frames",
    "boundary",
    "idle_treatment",
    "item_unit",
)
# regret column -> (what it is of, whether more is better)
METRICS: Mapping[str, tuple[str, bool]] = {
    "regret_carbon": ("co2_g_per_item", False),
    "regret_water": ("water_l_per_item", False),
    "regret_ess": ("ess", True),
}


def best_per_device(frame: pl.DataFrame) -> pl.DataFrame:
    """Return, per workload and device, the lowest energy per item [J] with its interval and ids.

    At the wall a device is a whole system: its name is the system's. `idle_share` is the measured idle power over
    the power at work, where both are known.
    """
    named = frame.with_columns(device=system(), accelerator=pl.col("device"))
    usable = named.filter(pl.col("energy_per_item_j") > 0).sort("energy_per_item_j", "id")
    return usable.group_by(*WORKLOAD, "device", "accelerator", maintain_order=True).agg(
        energy_per_item_j=pl.col("energy_per_item_j").first(),
        low_per_item_j=pl.col("low_per_item_j").first(),
        high_per_item_j=pl.col("high_per_item_j").first(),
        throughput_items_per_s=pl.col("throughput_items_per_s").first(),
        mean_power_w=pl.col("mean_power_w").first(),
        idle_share=(pl.col("idle_power_w") / pl.col("mean_power_w")).first(),
        utilisation=pl.col("util_ratio").first()
        if "util_ratio" in frame.columns
        else pl.lit(None, pl.Float64),
        devices_count=pl.col("devices_count").first(),
        precision=pl.col("precision").first(),
        basis=pl.col("basis").first(),
        measurement_id=pl.col("id").first(),
        n=pl.len(),
    )


def regret(best: pl.DataFrame) -> pl.DataFrame:
    """Return `best` with `regret` >= 1, `best_device` and the devices' labels, for workloads on two devices or more.

    `spread` is the factor by which the two energies' own intervals allow the regret to be wrong.
    """
    ranked = best.sort(*WORKLOAD, "energy_per_item_j", "device", nulls_last=True)
    with_best = ranked.with_columns(
        devices_measured=pl.col("device").n_unique().over(WORKLOAD),
        best_energy_j=pl.col("energy_per_item_j").first().over(WORKLOAD),
        best_device=pl.col("device").first().over(WORKLOAD),
        best_device_id=pl.col("measurement_id").first().over(WORKLOAD),
        label=_label(),
    )
    with_best = with_best.with_columns(best_label=pl.col("label").first().over(WORKLOAD))
    width = (pl.col("high_per_item_j") / pl.col("low_per_item_j")).log() / 2
    return with_best.filter(pl.col("devices_measured") > 1).with_columns(
        regret=pl.col("energy_per_item_j") / pl.col("best_energy_j"),
        spread=((width**2 + width.first().over(WORKLOAD) ** 2).sqrt()).exp(),
    )


def with_other_regrets(matrix: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the matrix with the regret of each device in carbon, water and ESS, null where one is unknown.

    Each device enters with its own best configuration by that metric.
    """
    for column, (metric, more_is_better) in METRICS.items():
        if metric in frame.columns:
            other = _regret_in(frame, metric, more_is_better, column)
            matrix = matrix.join(
                other, on=[*WORKLOAD, "device"], how="left", nulls_equal=True, maintain_order="left"
            )
        else:
            matrix = matrix.with_columns(pl.lit(None, pl.Float64).alias(column))
    return matrix


def within_latency(frame: pl.DataFrame, bound_s: float) -> pl.DataFrame:
    """Return the matrix of the configurations that answer within `bound_s` [s]; unknown latencies are left out."""
    return regret(best_per_device(frame.filter(pl.col("latency_s") <= bound_s)))


def _label() -> pl.Expr:
    """Return the device's name, with what computes where one system was measured with several."""
    several = pl.len().over(*WORKLOAD, "device") > 1
    return pl.when(several).then(pl.format("{} [{}]", "device", "accelerator")).otherwise(pl.col("device"))


def _regret_in(frame: pl.DataFrame, metric: str, more_is_better: bool, column: str) -> pl.DataFrame:
    """Return `column` per workload and device: how many times worse than the best device by a metric."""
    named = frame.with_columns(device=system()).filter(pl.col(metric) > 0)
    best = pl.col(metric).max() if more_is_better else pl.col(metric).min()
    ours = named.group_by(*WORKLOAD, "device", maintain_order=True).agg(best.alias("ours"))
    theirs = pl.col("ours").max().over(WORKLOAD) if more_is_better else pl.col("ours").min().over(WORKLOAD)
    ratio = theirs / pl.col("ours") if more_is_better else pl.col("ours") / theirs
    return ours.with_columns(ratio.alias(column)).drop("ours")
