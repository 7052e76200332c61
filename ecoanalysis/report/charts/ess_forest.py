"""ESS by device and precision: median and spread over models."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return devices as rows and precisions beside each other in them; log axis, higher is better."""
    low, high = parts.log_x(frame, ["estimate", "low", "high"])
    names = frame["precision"].unique(maintain_order=True).to_list()
    axis = alt.Axis(
        title=str(options.get("x", "ESS")), values=parts.decades(low, high), format="~g", labelOverlap=True
    )
    y = alt.Y("device:N", sort=None, title=None, axis=alt.Axis(labelLimit=200, labelFontWeight=600))
    base = alt.Chart(parts.data(frame)).encode(
        y=y,
        yOffset=alt.YOffset("precision:N", sort=names),
        color=parts.colour("precision", names, "precision"),
    )
    scale = parts.log_scale(low, high)
    spread = base.mark_rule(strokeWidth=2, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    marks = parts.shape("precision", names, "precision", legend=True)
    point = parts.points(base, x=alt.X("estimate:Q", scale=scale, axis=axis), shape=marks)
    groups = frame["device"].n_unique()
    return parts.fitted(spread + point, width, 90 + groups * max(24, 13 * len(names) + 8))
