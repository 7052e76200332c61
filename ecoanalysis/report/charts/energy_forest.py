"""Energy per item of each configuration: point and interval on a logarithmic axis."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one row per label: the estimate, its interval; a hollow point is an estimate of the energy."""
    unit = str(options.get("unit", "J"))
    group = str(options.get("group", "group"))
    low, high = parts.log_x(frame, ["estimate", "low", "high"])
    names = sorted(str(name) for name in frame[group].unique()) if group in frame.columns else []
    data = parts.data(frame)
    axis = parts.si_axis(str(options.get("x", "energy")), unit, parts.decades(low, high))
    x = alt.X("estimate:Q", scale=parts.log_scale(low, high), axis=axis)
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(grid=True, labelLimit=260))
    base = alt.Chart(data).encode(y=y)
    if names:
        base = base.encode(color=parts.colour(group, names, None))
    spread = base.mark_rule(strokeWidth=2, opacity=0.75).encode(
        x=alt.X("low:Q", scale=parts.log_scale(low, high), axis=axis), x2="high:Q"
    )
    point = parts.points(base, x=x, **_shape(group, names))
    return parts.fitted(spread + point, width, 70 + 16 * frame.height)


def _shape(group: str, names: list[str]) -> dict[str, Any]:
    """Return the shape channel where there are groups."""
    return {"shape": parts.shape(group, names, None, legend=True)} if names else {}
