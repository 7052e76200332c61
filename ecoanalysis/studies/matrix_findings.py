"""The findings of the device × workload matrix, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.matrix import METRICS, WORKLOAD, within_latency
from ecoanalysis.studies.words import at, counted, figure, short

# (dataset, device, base_model, boundary) -> share of power that flows without work
Shares = Mapping[tuple[str, ...], float]


def _named(where: Mapping[str, object]) -> str:
    """Return a workload in words."""
    load = [where["task"], where["scenario"]]
    if where["nominal_batch_size"] is not None and where["scenario"] not in ("single_stream", "multi_stream"):
        load.append(f"batch {where['nominal_batch_size']:g}")
    load += [where["input_shape"], None if where["steps"] is None else f"{where['steps']} steps"]
    shown = ", ".join(str(part) for part in load if part not in (None, "unknown"))
    return f"{short(str(where['base_model']))} ({shown})"


def workload_findings(matrix: pl.DataFrame) -> Iterator[Finding]:
    """Yield one finding per workload, those on most devices first: best device, worst device, the factor."""
    devices = matrix["device"].n_unique()
    ordered = matrix.sort("devices_measured", "best_energy_j", descending=[True, False], maintain_order=True)
    for key, part in ordered.group_by(WORKLOAD, maintain_order=True):
        where = dict(zip(WORKLOAD, key, strict=True))
        ranked = part.sort("regret", "device")
        best, worst = ranked.row(0, named=True), ranked.row(-1, named=True)
        unmeasured = devices - ranked["device"].n_unique()
        yield Finding(
            name=f"best device for {_named(where)} [{where['dataset']}]",
            estimand="energy per item on the worst device over energy per item on the best device",
            sentence=(
                f"{_named(where)} costs least on {best['label']} ({best['energy_per_item_j']:.3g} J per "
                f"{where['item_unit']}{at(best['precision'])}) and {figure(worst['regret'])} times that on "
                f"{worst['label']}, of {counted(ranked.height, 'device')} measured ({unmeasured} not measured)."
            ),
            estimate=worst["regret"],
            low=None if worst["spread"] is None else max(1.0, worst["regret"] / worst["spread"]),
            high=None if worst["spread"] is None else worst["regret"] * worst["spread"],
            unit="ratio",
            n=ranked.height,
            method="best measured configuration per device; regret against the best device, sensor intervals",
            groups={
                **{name: str(value) for name, value in where.items()},
                "best": best["device"],
                "worst": worst["device"],
                "not_measured": str(unmeasured),
            },
            basis=basis_of(ranked),
            measurement_ids=tuple(ranked["measurement_id"].to_list()),
        )


def regret_findings(matrix: pl.DataFrame, shares: Shares) -> Iterator[Finding]:
    """Yield the regret of every device on every workload, with the share of its power that does no work."""
    ordered = matrix.sort("devices_measured", "best_energy_j", "regret", descending=[True, False, False])
    for row in ordered.iter_rows(named=True):
        share, idle = _idle(row, shares)
        spread = row["spread"]
        yield Finding(
            name=f"regret of {row['label']} on {_named(row)} [{row['dataset']}]",
            estimand="energy per item on this device over energy per item on the best device",
            sentence=f"On {_named(row)} {_standing(row)}; idle share of its power: {idle}.",
            estimate=row["regret"],
            low=None if spread is None else max(1.0, row["regret"] / spread),
            high=None if spread is None else row["regret"] * spread,
            unit="ratio",
            n=row["n"],
            method="ratio of the two energies; their sensor intervals in quadrature; never below 1",
            groups={
                "dataset": row["dataset"],
                "device": row["device"],
                "accelerator": row["accelerator"] or "",
                "best": row["best_device"],
                "workload": row["base_model"],
                "scenario": row["scenario"] or "",
                "idle_share": "" if share is None else f"{share:.4f}",
                "utilisation": "" if row["utilisation"] is None else f"{row['utilisation']:.4f}",
                **{column: "" if row[column] is None else f"{row[column]:.4f}" for column in METRICS},
            },
            basis="estimated" if row["basis"] == "estimated" else "measured",
            measurement_ids=tuple(dict.fromkeys((row["measurement_id"], row["best_device_id"]))),
        )


def _idle(row: dict[str, Any], shares: Shares) -> tuple[float | None, str]:
    """Return the share of a device's power that does no work, and how it is known, in words."""
    if row["idle_share"] is not None:
        share = min(row["idle_share"], 1.0)
        return share, f"{share:.0%} (measured)"
    found = shares.get(tuple(str(row[name]) for name in ("dataset", "device", "base_model", "boundary")))
    if found is None:
        return None, "not known (one load level)"
    return found, f"{found:.0%} (the fixed part of its load line, at its lightest load)"


def _standing(row: dict[str, Any]) -> str:
    """Return in words where a device stands on a workload, by energy and by the other metrics."""
    if row["regret"] == 1:
        says = f"{row['label']} is the best of {counted(row['devices_measured'], 'device')}"
    else:
        says = (
            f"{row['label']} uses {figure(row['regret'])} times the energy of the best, {row['best_label']}"
        )
    others = [
        f"{figure(row[column])} in {column.removeprefix('regret_').replace('ess', 'ESS')}"
        for column in METRICS
        if row[column] is not None
    ]
    return says + (f"; regret {', '.join(others)}" if others else "")


def bounded_findings(frame: pl.DataFrame, bound_s: float) -> Iterator[Finding]:
    """Yield the best and worst device per workload among the configurations within a latency [s]."""
    for key, part in within_latency(frame, bound_s).group_by(WORKLOAD, maintain_order=True):
        where = dict(zip(WORKLOAD, key, strict=True))
        ranked = part.sort("regret", "device")
        best, worst = ranked.row(0, named=True), ranked.row(-1, named=True)
        yield Finding(
            name=f"within {bound_s:g} s: {_named(where)} [{where['dataset']}]",
            estimand=f"energy per item within a latency of {bound_s:g} s, worst device over best",
            sentence=(
                f"Within {bound_s:g} s, {_named(where)} costs least on {best['label']} "
                f"({best['energy_per_item_j']:.3g} J per {where['item_unit']}) and {figure(worst['regret'])} times "
                f"that on {worst['label']}; {counted(ranked.height, 'device')} can."
            ),
            estimate=worst["regret"],
            low=None,
            high=None,
            unit="ratio",
            n=ranked.height,
            method="best configuration per device of those within the bound; unknown latencies left out",
            groups={name: str(value) for name, value in where.items()},
            basis=basis_of(ranked),
            measurement_ids=tuple(ranked["measurement_id"].to_list()),
        )


def metric_findings(matrix: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per metric, on how many workloads another device is best than for energy."""
    workloads = matrix.select(WORKLOAD).n_unique()
    best_for_energy = matrix.filter(pl.col("regret") == 1.0)
    for column in METRICS:
        known = best_for_energy.filter(pl.col(column).is_not_null())
        if known.is_empty():
            continue
        other = known.filter(pl.col(column) > 1.0 + 1e-9)
        word = column.removeprefix("regret_").replace("ess", "ESS")
        yield Finding(
            name=f"best device by {word}",
            estimand=f"share of workloads whose best device by {word} is not the one by energy",
            sentence=(
                f"By {word} another device is best than by energy on {other.height} of "
                f"{counted(known.height, 'workload')}."
            ),
            estimate=other.height / known.height,
            low=None,
            high=None,
            unit="ratio",
            n=known.height,
            method="count over workloads; each device with its best configuration by that metric",
            groups={"metric": word, "workloads": str(workloads)},
            basis="derived",
            measurement_ids=tuple(sorted(set(other["measurement_id"].to_list()))),
        )
