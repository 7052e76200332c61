"""Ratios of matched pairs against model size."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one point per pair, both axes logarithmic; the dashed line is no change."""
    part = frame.filter(pl.col("params_count") > 0, pl.col("ratio") > 0)
    part, names = parts.few(part, "treatment")
    size, ratio = parts.log_x(part, ["params_count"]), parts.log_x(part, ["low", "high"])
    ratio = min(ratio[0], 1.0), max(ratio[1], 1.0)
    columns = [
        name
        for name in ("params_count", "ratio", "low", "high", "treatment", "base_model", "device")
        if name in part.columns
    ]
    scale = parts.log_scale(*ratio)
    base = alt.Chart(parts.data(part.select(columns))).encode(
        x=alt.X(
            "params_count:Q",
            scale=parts.log_scale(*size),
            axis=parts.params_axis("parameters (log)", parts.decades(*size)),
        ),
        color=parts.colour("treatment", names, None),
    )
    spread = base.mark_rule(strokeWidth=1.2, opacity=0.4).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    points = base.mark_point(filled=True, size=30, opacity=0.85).encode(
        y=alt.Y(
            "ratio:Q",
            scale=scale,
            axis=alt.Axis(title="energy ratio (log)", values=parts.decades(*ratio), format="~g"),
        ),
        shape=parts.shape("treatment", names, None, True),
    )
    line = alt.Chart(parts.listed([{"at": 1}])).mark_rule(strokeDash=[4, 3], color=MUTED)
    return parts.fitted([line.encode(y=alt.Y("at:Q", scale=scale)), spread, points], width, 300)
