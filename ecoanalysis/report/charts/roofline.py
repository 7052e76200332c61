"""Achieved operations against operations per byte, under the roofs of the devices."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts

_DEVICES = 4


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one point per measurement, one roof per device and peak, both axes logarithmic."""
    part, names = parts.few(
        frame.filter(pl.col("intensity_flops_per_byte") > 0, pl.col("achieved_flops_per_s") > 0),
        "device",
        _DEVICES,
    )
    x = parts.log_x(part, ["intensity_flops_per_byte", "ridge_flops_per_byte"])
    y = parts.log_x(part, ["achieved_flops_per_s", "peak_flops_per_s"])
    horizontal = alt.X(
        "intensity_flops_per_byte:Q",
        scale=parts.log_scale(*x),
        axis=alt.Axis(title="operations per byte moved (log)", values=parts.decades(*x), format="~s"),
    )
    vertical = alt.Y(
        "achieved_flops_per_s:Q",
        scale=parts.log_scale(*y),
        axis=parts.si_axis("achieved by one device", "op/s", parts.decades(*y)),
    )
    columns = ["intensity_flops_per_byte", "achieved_flops_per_s", "device", "base_model", "roof_ratio"]
    points = (
        alt.Chart(parts.data(part.select(columns)))
        .mark_point(filled=True, size=26, opacity=0.6)
        .encode(
            x=horizontal,
            y=vertical,
            color=parts.colour("device", names, None),
            shape=parts.shape("device", names, None, True),
        )
    )
    roofs = (
        alt.Chart(parts.listed(_roofs(part, *x)))
        .mark_line(strokeWidth=1.6)
        .encode(
            x=horizontal, y=vertical, color=parts.colour("device", names, None), detail=alt.Detail("roof:N")
        )
    )
    return parts.fitted([roofs, points], width, 310)


def _roofs(part: pl.DataFrame, low: float, high: float) -> list[dict[str, Any]]:
    """Return three corners of every roof: rising with bandwidth to the ridge, flat at the peak after it."""
    roofs = part.filter(pl.col("device") != parts.OTHER).select(
        "device", "peak_flops_per_s", "ridge_flops_per_byte"
    )
    return [
        {
            "device": row["device"],
            "roof": number,
            "intensity_flops_per_byte": intensity,
            "achieved_flops_per_s": row["peak_flops_per_s"]
            * min(1.0, intensity / row["ridge_flops_per_byte"]),
        }
        for number, row in enumerate(roofs.unique(maintain_order=True).iter_rows(named=True))
        for intensity in (low, row["ridge_flops_per_byte"], max(high, row["ridge_flops_per_byte"]))
    ]
