"""Predicted over measured energy, with prediction intervals."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED, SERIES


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return ratios on logarithmic axes; an interval that misses 1 is drawn in another colour and shape."""
    step = max(1, frame.height // 500)
    part = frame.filter(pl.col("measured") > 0, pl.col("ratio") > 0).sort("measured").gather_every(step)
    part = part.with_columns(
        inside=pl.when((pl.col("low") <= 1) & (pl.col("high") >= 1))
        .then(pl.lit("yes"))
        .otherwise(pl.lit("no"))
    )
    measured, ratio = parts.log_x(part, ["measured"]), parts.log_x(part, ["ratio", "low", "high"])
    scale = parts.log_scale(max(ratio[0], 0.01), min(ratio[1], 100))
    scale.clamp = True
    names = ["yes", "no"]
    title = "interval contains the measured value"
    base = alt.Chart(parts.data(part)).encode(
        x=alt.X(
            "measured:Q",
            scale=parts.log_scale(*measured),
            axis=parts.si_axis("measured energy per item", "J", parts.decades(*measured), grid=False),
        ),
        color=alt.Color(
            "inside:N", scale=alt.Scale(domain=names, range=list(SERIES[:2])), legend=alt.Legend(title=title)
        ),
    )
    axis = alt.Axis(
        title="predicted ÷ measured (log)",
        values=parts.decades(max(ratio[0], 0.01), min(ratio[1], 100)),
        format="~g",
    )
    spread = base.mark_rule(opacity=0.3).encode(y=alt.Y("low:Q", scale=scale, axis=axis), y2=alt.Y2("high:Q"))
    points = base.mark_point(filled=True, size=24).encode(
        y=alt.Y("ratio:Q", scale=scale, axis=axis), shape=parts.shape("inside", names, title, True)
    )
    line = (
        alt.Chart(parts.listed([{"at": 1}]))
        .mark_rule(strokeDash=[4, 3], color=MUTED)
        .encode(y=alt.Y("at:Q", scale=scale))
    )
    return parts.fitted([line, spread, points], width, 270)
