"""Large against small devices: what the larger one costs on light and on heavy loads."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from ecoanalysis.identity.devices import find_device
from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import clustered_mean, false_discovery, ratio_of
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.matrix import WORKLOAD
from ecoanalysis.studies.words import ALPHA, counted, listed, times

_APART = 1.5  # power limits that differ by less do not make a large and a small device
_LIGHT_SCENARIOS, _HEAVY_SCENARIOS = ("single_stream",), ("offline", "server")
_HEAVY_BATCH = 8.0


def size_pairs(matrix: pl.DataFrame) -> pl.DataFrame:
    """Return, per workload, the device with the largest power limit over that with the smallest.

    Columns: dataset, base_model, load (light: one item at a time; heavy: batches of 8 or more, or an offline or
    server load), boundary, large, small, log_ratio (log energy per item, large over small), basis, measurement_ids.
    Workloads whose devices have no known power limit, or like ones, are left out.
    """
    rated = matrix.with_columns(limit_w=_limit_w(matrix), load=_load()).filter(
        pl.col("limit_w").is_not_null() & pl.col("load").is_not_null()
    )
    rows = []
    for key, part in rated.group_by(WORKLOAD, maintain_order=True):
        ordered = part.sort("limit_w", "energy_per_item_j", "device", descending=[False, False, False])
        small, large = ordered.row(0, named=True), ordered.sort("limit_w", "device").row(-1, named=True)
        if large["limit_w"] < _APART * small["limit_w"]:
            continue
        rows.append(
            {
                "dataset": key[0],
                "base_model": key[1],
                "load": small["load"],
                "boundary": small["boundary"],
                "large": _label(large),
                "small": _label(small),
                "log_ratio": float(np.log(large["energy_per_item_j"] / small["energy_per_item_j"])),
                "basis": basis_of(part),
                "measurement_ids": [small["measurement_id"], large["measurement_id"]],
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def size_findings(pairs: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per data set, boundary and load, the energy of the larger device over that of the smaller."""
    if pairs.is_empty():
        return
    parts = dict(
        pairs.sort("load", descending=True).group_by("load", "dataset", "boundary", maintain_order=True)
    )
    effects = [clustered_mean(part["log_ratio"], part["base_model"]) for part in parts.values()]
    q_values = false_discovery([effect.p_value for effect in effects])
    for ((load, dataset, boundary), part), effect, q_value in zip(
        parts.items(), effects, q_values, strict=True
    ):
        ratio, low, high = ratio_of(effect)
        larger = [str(name) for name in part["large"].unique(maintain_order=True)]
        smaller = [str(name) for name in part["small"].unique(maintain_order=True)]
        yield Finding(
            name=f"large against small devices: {load} load, {dataset}",
            estimand="energy per item on the device with the largest power limit over that with the smallest",
            sentence=(
                f"At {load} load the device with the largest power limit ({listed(larger, 2)}) uses "
                f"{times(ratio, low, high)} the energy per item of the one with the smallest ({listed(smaller, 2)})"
                f"{_told(effect.p_value, q_value)} ({counted(effect.clusters_count, 'model')}, {dataset})."
            ),
            estimate=ratio,
            low=low,
            high=high,
            unit="ratio",
            n=effect.n,
            method="best configuration of each device per workload; each model once, t interval over models",
            basis=basis_of(part),
            groups={"load": str(load), "dataset": str(dataset), "boundary": str(boundary)},
            p_value=effect.p_value,
            q_value=q_value,
            measurement_ids=tuple(sorted({i for ids in part["measurement_ids"].to_list() for i in ids})),
        )


def _told(p_value: float | None, q_value: float | None) -> str:
    """Return in words whether a difference can be told; nothing where it can."""
    if p_value is None or p_value >= ALPHA:
        return ", which cannot be told from no difference"
    if q_value is not None and q_value >= ALPHA:
        return ", told by its own interval, but not once the number of comparisons is allowed for"
    return ""


def _label(row: dict[str, Any]) -> str:
    """Return a device with the number of boards that the energy covers; a system's name says it itself."""
    count = row["devices_count"] or 1
    return f"{count} × {row['device']}" if count > 1 and row["boundary"] != "wall" else str(row["device"])


def _limit_w(matrix: pl.DataFrame) -> pl.Series:
    """Return the power limit of all accelerators of a row together [W], null where none is known."""
    specs = {name: find_device(name) for name in matrix["accelerator"].unique().to_list() if name}
    limits = [
        spec.tdp_w * max(count or 1, 1) if (spec := specs.get(name)) and spec.tdp_w else None
        for name, count in zip(matrix["accelerator"], matrix["devices_count"], strict=True)
    ]
    return pl.Series("limit_w", limits, dtype=pl.Float64)


def _load() -> pl.Expr:
    """Return light or heavy, null for a load between both or unknown."""
    batch, scenario = pl.col("nominal_batch_size"), pl.col("scenario")
    light = scenario.is_in(_LIGHT_SCENARIOS) | ((batch == 1) & ~scenario.is_in(_HEAVY_SCENARIOS))
    heavy = (batch >= _HEAVY_BATCH) | (scenario.is_in(_HEAVY_SCENARIOS) & batch.is_null())
    return pl.when(light).then(pl.lit("light")).when(heavy).then(pl.lit("heavy"))
