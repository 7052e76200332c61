"""ESS by device and precision: geometric mean and spread over configurations."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import SERIES


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return devices with their precisions under them; log axis, higher is better; hollow points are estimates."""
    low, high = parts.log_x(frame, ["estimate", "low", "high"])
    rows, order = parts.listed_rows(frame, "device", "precision")
    axis = alt.Axis(
        title=str(options.get("x", "ESS")), values=parts.decades(low, high), format="~s", labelOverlap=True
    )
    scale = parts.log_scale(low, high)
    base = alt.Chart(parts.data(rows)).encode(y=parts.row_axis(order), color=alt.ColorValue(SERIES[0]))
    spread = base.mark_rule(strokeWidth=2, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2=alt.X2("high:Q")
    )
    point = parts.points(base, x=alt.X("estimate:Q", scale=scale, axis=axis))
    return parts.fitted([spread, *point], width, 64 + 14 * len(order), parts.shown_rows(order))
