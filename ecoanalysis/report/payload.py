"""The data that a page carries: configurations, regions, traces and live charts, compressed once."""

import base64
import gzip
from typing import Any

import polars as pl

from collectors.trace.records import format_id
from ecoanalysis.impact.factor import UNKNOWN
from ecoanalysis.impact.place import Place
from ecoanalysis.report.cells import label
from ecoanalysis.report.model import Explorer, Trace
from ecoanalysis.report.quantities import how

_LEVEL = 7  # of gzip: 9 takes half as long again for 1 % fewer bytes

_COLUMNS = {
    "model": "model",
    "precision": "precision",
    "batch": "nominal_batch_size",
    "framework": "framework",
    "device": "device",
    "dataset": "dataset",
    "task": "task",
    "item": "item_unit",
    "basis": "basis",
    "boundary": "boundary",
    "repeats": "repeats",
    "quality": "quality_value",
    "metric": "quality_metric",
    "params": "params_count",
    "rate": "throughput_items_per_s",
    "e": "energy_per_item_j",
    "eLow": "low_per_item_j",
    "eHigh": "high_per_item_j",
    "eUp": "energy_up",
    "eDown": "energy_down",
    "co2": "co2_g_per_item",
    "co2Low": "co2_low_g_per_item",
    "co2High": "co2_high_g_per_item",
    "water": "water_l_per_item",
    "waterLow": "water_low_l_per_item",
    "waterHigh": "water_high_l_per_item",
    "ess": "ess",
    "essLow": "ess_low",
    "essHigh": "ess_high",
    "effective": "effective_params_m",
    "noEss": "undefined_because",
    "params_kind": "params_kind",
    "qf": "qf",
    "qf_convention": "qf_convention",
    "impactBasis": "impact_basis",
    "site": "site",
    "included": "pue_included",
}


def packed(text: str) -> str:
    """Return a text gzipped without a date, in base64."""
    return base64.b64encode(gzip.compress(text.encode(), _LEVEL, mtime=0)).decode()


def explorer_data(explorer: Explorer, place: Place) -> dict[str, Any]:
    """Return the configurations as columns, the regions as columns, and the factors of the site."""
    frame = explorer.frame
    cells: dict[str, list[Any]] = {name: _plain(frame[column]) for name, column in _COLUMNS.items()}
    rows = list(frame.iter_rows(named=True))
    cells["label"] = [label(row) for row in rows]
    cells["how"] = [how(row) for row in rows]
    cells["runs"] = [", ".join(format_id(run) for run in row["run_ids"][:6]) for row in rows]
    sites = {
        site: {
            "pue": place.pue[site].value,
            "pueUp": place.pue[site].up,
            "pueDown": place.pue[site].down,
            "wue": place.wue[site].value,
            "wueLow": place.wue[site].low,
            "wueHigh": place.wue[site].high,
        }
        for site in sorted(place.pue)
    }
    regions = {name: _plain(explorer.regions[name], 15) for name in explorer.regions.columns}
    now = {
        "region": place.region,
        "name": "the world on average" if place.region == UNKNOWN else place.carbon.name,
        "co2": place.carbon.value,
        "co2_up": place.carbon.up,
        "co2_down": place.carbon.down,
        "ewif": place.ewif.value,
        "ewif_up": place.ewif.up,
        "ewif_down": place.ewif.down,
        "assumed": place.carbon.status == "assumed",
    }
    columns = list(explorer.columns)
    return {"columns": columns, "cells": cells, "regions": regions, "sites": sites, "now": now}


def frame_data(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """Return a figure's rows as columns, names without the signs of no width that keep them apart on an axis."""
    bare = frame.with_columns(pl.col(pl.String).str.replace_all("\u200b", "", literal=True))
    return {name: _plain(bare[name]) for name in bare.columns}


def trace_data(traces: tuple[Trace, ...]) -> list[dict[str, Any]]:
    """Return the traces with powers as whole milliwatts and times as differences in 0.1 ms, which compress well."""
    return [
        {
            "run": trace.run_id,
            "title": trace.title,
            "phases": trace.phases,
            "series": [
                {
                    "device": series.device,
                    "n": series.samples_count,
                    "per": series.samples_per_bucket,
                    "t": _differences(series.t_s),
                    "low": _power(series.low_w) if series.samples_per_bucket > 1 else None,
                    "mean": _power(series.mean_w),
                    "high": _power(series.high_w) if series.samples_per_bucket > 1 else None,
                    "util": _whole(series.util_ratio, 1000),
                    "temp": _whole(series.temperature_c, 10),
                    "held": series.throttled,
                }
                for series in trace.series
            ],
        }
        for trace in traces
    ]


def _differences(times_s: list[float]) -> list[int]:
    """Return times as differences, in units of 0.1 ms."""
    ticks = [round(t * 1e4) for t in times_s]
    return [now - before for before, now in zip([0, *ticks], ticks, strict=False)]


def _power(values: list[float | None]) -> list[int | None] | None:
    """Return powers in units of 10 mW: what the drawing can show."""
    return _whole(values, 100)


def _whole(values: list[float | None], scale: int) -> list[int | None] | None:
    """Return numbers as whole multiples of 1 ÷ scale, None for a column that is all missing."""
    if all(value is None for value in values):
        return None
    return [None if value is None else round(value * scale) for value in values]


def _plain(column: pl.Series, digits: int = 7) -> list[Any]:
    """Return a column as JSON takes it, with seven digits: a thousand times finer than a good meter."""
    if column.dtype.is_float():
        return [None if v is None or v != v else float(f"{v:.{digits}g}") for v in column.to_list()]
    return column.to_list()
