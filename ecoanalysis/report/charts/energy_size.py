"""Energy per item against model size, with the front that nobody beats on both."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import INK


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return a scatter with logarithmic axes, one panel per item unit, and a dashed front in each."""
    units = frame.group_by("item_unit").len().sort(["len", "item_unit"], descending=[True, False])
    kept = units["item_unit"].to_list()[:2]
    panels = [_panel(frame, unit, width // len(kept) - 4 * len(kept)) for unit in kept]
    return (
        panels[0]
        if len(panels) == 1
        else parts.together("hconcat", panels, spacing=16, resolve=parts.scales("shared", "color"))
    )


def _panel(frame: pl.DataFrame, unit: str, width: int) -> Any:
    """Return the scatter of one item unit."""
    merged, names = parts.few(frame, "device")
    part = merged.filter(pl.col("item_unit") == unit)
    size, energy = parts.log_x(part, ["size"]), parts.log_x(part, ["low", "high"])
    x = alt.X(
        "size:Q",
        scale=parts.log_scale(*size),
        axis=parts.params_axis("parameters (log)", parts.decades(*size)),
    )
    y = alt.Y(
        "energy_per_item_j:Q",
        scale=parts.log_scale(*energy),
        axis=parts.si_axis(f"energy per {unit} (log)", "J", parts.decades(*energy)),
    )
    base = alt.Chart(parts.data(part)).encode(x=x, color=parts.colour("device", names, None))
    spread = base.mark_rule(strokeWidth=1.2, opacity=0.45).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    points = base.mark_point(size=30, opacity=0.9, filled=True).encode(
        y=y, shape=parts.shape("device", names, None, True)
    )
    front = (
        alt.Chart(parts.data(_front(part)))
        .mark_line(interpolate="step-before", strokeDash=[5, 3], color=INK, strokeWidth=1.3, opacity=0.8)
        .encode(x=x, y=y)
    )
    if width > 400:
        return parts.fitted([spread, points, front], width, 320)
    return parts.together("layer", [spread, points, front], width=width - 90, height=250)


def _front(part: pl.DataFrame) -> pl.DataFrame:
    """Return the points with more parameters than any other of no more energy, by size."""
    ordered = part.select("size", "energy_per_item_j").sort(
        "size", "energy_per_item_j", descending=[True, False]
    )
    best = ordered.with_columns(ahead=pl.col("energy_per_item_j").cum_min().shift(1))
    front = best.filter(pl.col("ahead").is_null() | (pl.col("energy_per_item_j") < pl.col("ahead")))
    return front.select("size", "energy_per_item_j").reverse()
