"""Energy per item of each configuration: point and interval on a logarithmic axis."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import SERIES


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one row per label: the estimate, its interval; a hollow point is an estimate of the energy."""
    low, high = parts.log_x(frame, ["estimate", "low", "high"])
    axis = parts.si_axis(
        str(options.get("x", "energy")), str(options.get("unit", "J")), parts.decades(low, high)
    )
    scale = parts.log_scale(low, high)
    y = alt.Y(
        "label:N",
        sort=None,
        title=None,
        axis=alt.Axis(grid=True, labelLimit=parts.cut_at(345, frame["label"].to_list())),
    )
    base = alt.Chart(parts.data(frame)).encode(y=y, color=alt.ColorValue(SERIES[0]))
    spread = base.mark_rule(strokeWidth=2, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2=alt.X2("high:Q")
    )
    point = parts.points(base, x=alt.X("estimate:Q", scale=scale, axis=axis))
    return parts.fitted([spread, *point], width, 64 + 15 * frame.height, frame["label"].to_list(), 345)
