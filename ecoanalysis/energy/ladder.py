"""Of several ways to one energy the best, and what it is net of idle."""

import polars as pl

from ecoanalysis.energy.phases import INFER_PHASES

_SERIES = ["run_id", "device_id"]
# A shorter idle phase says nothing of the idle level.
_LEAST_IDLE_S = 0.5


def choose(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the phase rows with `chosen` set on the best way per device and run.

    Counter, then power, then average power, then a fitted and then a specification curve (`meter.LADDER`): the
    first that knows every inference phase (every phase where there is none), for the whole run, so that
    phases add up; where none does, the first that knows each phase. A CPU that is estimated from its
    utilisation is not chosen beside a measured package, which is the same silicon.
    """
    inferring = pl.col("phase").is_in(INFER_PHASES)
    asked = inferring | ~inferring.any().over("run_id")
    eligible = (pl.col("energy_j").is_not_null() | ~asked).all().over([*_SERIES, "rank"]) & pl.col(
        "energy_j"
    ).is_not_null().any().over([*_SERIES, "rank"])
    rows = rows.with_columns(
        whole=pl.when(eligible).then("rank").min().over(_SERIES),
        known=pl.when(pl.col("energy_j").is_not_null()).then("rank").min().over([*_SERIES, "phase"]),
        least=pl.col("rank").min().over([*_SERIES, "phase"]),
    )
    chosen = pl.col("rank") == pl.coalesce("whole", "known", "least")
    measured = chosen & (pl.col("basis") == "measured") & pl.col("energy_j").is_not_null()
    package = pl.col("boundary") == "package"
    beside = (
        (measured & package).any().over("run_id", "phase")
        & package
        & (pl.col("basis") != "measured").fill_null(True)
    )
    return rows.with_columns(chosen=chosen & ~beside).drop("whole", "known", "least")


def net_of_idle(rows: pl.DataFrame, recording_of: pl.DataFrame) -> pl.DataFrame:
    """Return the phase rows with idle power, energy net of it, and the workload's share of that.

    Idle power is the mean of the run's own phase `idle`, else that of the recording's other runs, of the same
    device by the same way; `idle_source` names which. `recording_of` has run_id and recording_id.
    net = E − P_idle·t, clipped nowhere: it may be negative on a noisy host. workload = share·net, with the
    workload's share of the device's busy time; a package without a share takes that of the run's CPU.
    """
    rows = rows.join(recording_of, on="run_id", how="left", maintain_order="left")
    idle = rows.filter(
        (pl.col("phase") == "idle")
        & (pl.col("duration_s") >= _LEAST_IDLE_S)
        & pl.col("energy_j").is_not_null()
    )
    own = idle.select(*_SERIES, "rank", own_w="mean_power_w")
    shared = idle.group_by("recording_id", "device_id", "rank").agg(
        shared_w=pl.col("energy_j").sum() / pl.col("duration_s").sum()
    )
    rows = rows.join(own, on=[*_SERIES, "rank"], how="left", maintain_order="left").join(
        shared, on=["recording_id", "device_id", "rank"], how="left", maintain_order="left"
    )
    idle_w = pl.coalesce("own_w", "shared_w")
    net_j = pl.col("energy_j") - idle_w * pl.col("duration_s")
    share = pl.coalesce(
        "process_ratio",
        pl.when(pl.col("boundary") == "package").then(
            pl.when(pl.col("boundary") == "package").then("process_ratio").max().over("run_id", "phase")
        ),
    )
    return rows.with_columns(
        idle_power_w=idle_w,
        idle_source=pl.when(pl.col("own_w").is_not_null())
        .then(pl.lit("idle phase of the run"))
        .when(pl.col("shared_w").is_not_null())
        .then(pl.lit("idle phases of the recording")),
        net_energy_j=net_j,
        process_ratio=share,
        workload_energy_j=share * net_j,
    ).drop("recording_id", "own_w", "shared_w", "rank")
