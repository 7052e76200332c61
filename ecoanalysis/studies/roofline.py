"""Where configurations lie under the roof of their device: bound by compute, bandwidth, or overhead."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from ecoanalysis.identity.devices import find_device
from ecoanalysis.models.configuration import configuration_of
from ecoanalysis.models.frame import TERM, describe
from ecoanalysis.models.roofline import BYTE_TERMS, FLOP_TERMS
from ecoanalysis.records import Finding, Panel
from ecoanalysis.studies.words import counted, listed, place_of

# Below a tenth of the roof neither arithmetic nor memory explains the time: launches, host, waiting do.
OVERHEAD_BELOW = 0.1

ROOFLINE: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "dataset": pl.String,
    "device": pl.String,
    "task": pl.String,
    "base_model": pl.String,
    "precision": pl.String,
    "batch": pl.Float64,
    "intensity_flops_per_byte": pl.Float64,
    "ridge_flops_per_byte": pl.Float64,
    "achieved_flops_per_s": pl.Float64,
    "peak_flops_per_s": pl.Float64,
    "roof_ratio": pl.Float64,
    "bound": pl.String,
    "facts": pl.String,
}


def roofline(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the position of every measurement whose operations, bytes and device peaks are known (`ROOFLINE`).

    Williams, Waterman, Patterson (2009, doi:10.1145/1498765.1498785): attainable rate = min(peak, intensity ×
    bandwidth); `roof_ratio` = least time of an item ÷ its measured time, over all its devices. Operations and
    bytes are those that the run recorded, else those of the model's published facts (`facts` says which).
    """
    usable = frame.filter((pl.col("throughput_items_per_s") > 0) & pl.col("device").is_not_null())
    rows = [found for row in usable.iter_rows(named=True) if (found := _position(row))]
    return pl.DataFrame(rows, schema=ROOFLINE)


def _position(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a measurement's place under the roof, None where a fact is missing."""
    device = find_device(row["device"])
    peak = device.peak_flops(row["precision"] or "bf16") if device else None
    bandwidth = device.bandwidth_bytes_per_s if device else None
    if not peak or not bandwidth:
        return None
    work = _recorded(row) or _from_facts(row, peak, bandwidth)
    if work is None:
        return None
    flops, moved, facts = work
    item_s = (row["devices_count"] or 1) / row["throughput_items_per_s"]
    compute_s, memory_s = flops / peak, moved / bandwidth
    ratio = max(compute_s, memory_s) / item_s
    if ratio < OVERHEAD_BELOW:
        bound = "overhead"
    else:
        bound = "compute" if compute_s >= memory_s else "bandwidth"
    return {
        **{name: row[name] for name in ("id", "dataset", "device", "task", "base_model", "precision")},
        "batch": row["batch_size"] or row["nominal_batch_size"],
        "intensity_flops_per_byte": flops / moved,
        "ridge_flops_per_byte": peak / bandwidth,
        "achieved_flops_per_s": flops / item_s,
        "peak_flops_per_s": peak,
        "roof_ratio": ratio,
        "bound": bound,
        "facts": facts,
    }


def _recorded(row: dict[str, Any]) -> tuple[float, float, str] | None:
    """Return operations and bytes per item that the run itself counted."""
    flops, moved = row["flops_per_item"], row["bytes_per_item"]
    return (flops, moved, "recorded") if flops and moved else None


def _from_facts(row: dict[str, Any], peak: float, bandwidth: float) -> tuple[float, float, str] | None:
    """Return operations and bytes per item from the model's published facts, by the terms of the energy models."""
    config = configuration_of(row)
    terms = describe(config) if config else {}
    watts = config.device.tdp_w if config else None
    if not terms or not watts:
        return None
    compute_s, memory_s = (
        sum(terms.get(TERM + name, 0.0) for name in names) / watts for names in (FLOP_TERMS, BYTE_TERMS)
    )
    return (compute_s * peak, memory_s * bandwidth, "model facts") if compute_s > 0 < memory_s else None


def roofline_findings(positions: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per data set, device and task, how close to the roof its configurations come and what bounds them."""
    for key, part in positions.group_by("dataset", "device", "task", maintain_order=True):
        dataset, device, task = (str(value) for value in key)
        share = part["roof_ratio"].to_numpy()
        low, high = (float(value) for value in np.quantile(share, [0.025, 0.975]))
        counts = part.group_by("bound").len().sort(["len", "bound"], descending=[True, False])
        bounds = ", ".join(f"{row['len']} by {row['bound']}" for row in counts.iter_rows(named=True))
        above = int((share > 1).sum())
        place = place_of(device, None, dataset)
        yield Finding(
            name=f"roofline: {place}, {task}",
            estimand="achieved share of the rate that the device's peak and bandwidth allow",
            sentence=(
                f"On {place} ({task}), {counted(part.height, 'measurement')} reach a median of "
                f"{float(np.median(share)):.1%} of the roof (95 % of them {low:.1%} to {high:.1%}); bound: {bounds}."
            ),
            estimate=float(np.median(share)),
            low=low,
            high=high,
            unit="ratio",
            n=part.height,
            method=f"roofline; overhead below {OVERHEAD_BELOW:.0%} of the roof; the interval holds 95 % of them",
            groups={"dataset": dataset, "device": device, "task": task, "facts": str(part["facts"][0])},
            basis="derived",
            warnings=(f"{above} above the roof: a fact of model or device is wrong there",) if above else (),
            measurement_ids=tuple(sorted(part["id"].to_list())),
        )


def roofline_panel(positions: pl.DataFrame) -> Panel:
    """Return achieved rate against arithmetic intensity."""
    return Panel(
        "roofline",
        "Under the roof",
        "One point is one measurement: achieved operations against operations per byte moved. Left of a device's "
        "ridge bandwidth bounds it; far below the roof overhead does.",
        positions.sort("device", "intensity_flops_per_byte", "id"),
        {"x": "intensity_flops_per_byte", "y": "achieved_flops_per_s"},
    )


def roofline_limits(frame: pl.DataFrame, positions: pl.DataFrame) -> tuple[str, ...]:
    """Return why measurements have no place under a roof, in words."""
    without = frame.filter(~pl.col("id").is_in(positions["id"].to_list()))
    if without.is_empty():
        return ()
    unknown = sorted(
        name
        for name in without["device"].drop_nulls().unique().to_list()
        if (spec := find_device(name)) is None
        or not spec.bandwidth_bytes_per_s
        or not spec.peak_flops("fp32")
    )
    devices = f" (no peak or bandwidth is known of {listed(unknown)})" if unknown else ""
    said = (
        f"{without.height:,} of {counted(frame.height, 'measurement')} have no place under a roof: peak, bandwidth, "
        f"precision, or the model's operations and bytes are not known{devices}."
    )
    return (said,)
