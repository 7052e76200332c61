"""Carbon intensity over the hours of the day."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per region with the range over days as a band."""
    part, names = parts.few(frame, "region")
    shown = part.filter(pl.col("region") != parts.OTHER)
    base = alt.Chart(parts.data(shown)).encode(
        x=alt.X(
            "hour:Q",
            scale=alt.Scale(domain=[0, 23], nice=False),
            axis=alt.Axis(title="hour of the day (UTC)", values=list(range(0, 24, 3)), grid=False),
        )
    )
    title = alt.Axis(title="carbon intensity (g CO₂e per kWh)")
    line = base.mark_line(strokeWidth=1.8, interpolate="monotone").encode(
        y=alt.Y("co2_g_per_kwh:Q", axis=title), color=parts.colour("region", names, None)
    )
    if (shown["low"] == shown["high"]).all():  # one day: no band
        return parts.fitted([line], width, 260)
    band = base.mark_area(opacity=0.18, color=MUTED).encode(
        y=alt.Y("low:Q", axis=title), y2=alt.Y2("high:Q"), detail=alt.Detail("region:N")
    )
    return parts.fitted([band, line], width, 260)
