"""How far repeats of one configuration lie apart."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return the share of configurations whose scatter stays below x; the dashed line is the claim."""
    ordered = frame.filter(pl.col("cv") > 0).sort("cv")
    step = max(1, ordered.height // 400)
    ranked = ordered.with_columns(share=pl.int_range(1, pl.len() + 1) / pl.len())
    ranked = pl.concat([ranked.gather_every(step), ranked.tail(1)]).select("cv", "share")
    low, high = parts.log_x(ranked, ["cv"])
    reference = float(options.get("reference", 0.05))
    scale = parts.log_scale(min(low, reference), max(high, reference))
    ticks = parts.decades(min(low, reference), max(high, reference))
    axis = alt.Axis(title="standard deviation of the energy ÷ mean", format=".2~%", values=ticks)
    curve = (
        alt.Chart(parts.data(ranked))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("cv:Q", scale=scale, axis=axis),
            y=alt.Y(
                "share:Q",
                axis=alt.Axis(title="share of configurations", format=".0%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
        )
    )
    line = alt.Chart(parts.listed([{"at": reference}])).mark_rule(strokeDash=[4, 3], color=MUTED)
    return parts.fitted([line.encode(x=alt.X("at:Q", scale=scale)), curve], width, 220)
