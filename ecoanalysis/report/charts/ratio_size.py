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
    size, ratio = parts.log_x(part, ["params_count"]), parts.log_x(part, ["ratio"])
    ratio = min(ratio[0], 1.0), max(ratio[1], 1.0)
    columns = [
        name
        for name in ("params_count", "ratio", "treatment", "base_model", "device")
        if name in part.columns
    ]
    scale = parts.log_scale(*ratio)
    points = (
        alt.Chart(parts.data(part.select(columns)))
        .mark_point(filled=True, size=30, opacity=0.75)
        .encode(
            x=alt.X(
                "params_count:Q",
                scale=parts.log_scale(*size),
                axis=alt.Axis(title="parameters", format="~s", values=parts.decades(*size), grid=False),
            ),
            y=alt.Y(
                "ratio:Q",
                scale=scale,
                axis=alt.Axis(title="energy ratio (log)", values=parts.decades(*ratio), format="~g"),
            ),
            color=parts.colour("treatment", names, None),
            shape=parts.shape("treatment", names, None, True),
        )
    )
    line = alt.Chart(parts.listed([{"at": 1}])).mark_rule(strokeDash=[4, 3], color=MUTED)
    return parts.fitted(line.encode(y=alt.Y("at:Q", scale=scale)) + points, width, 340)
