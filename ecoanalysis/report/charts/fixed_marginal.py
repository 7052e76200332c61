"""Power before any work against the energy of each further item."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts

_COLUMNS = ("fixed_power_w", "marginal_j", "device", "base_model")
_BOUNDS = ("fixed_low_w", "fixed_high_w", "marginal_low_j", "marginal_high_j")


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one point per device and model with its bounds, where there are any; both axes logarithmic."""
    part, names = parts.few(frame.filter(pl.col("fixed_power_w") > 0, pl.col("marginal_j") > 0), "device")
    power, energy = parts.log_x(part, ["fixed_power_w"]), parts.log_x(part, ["marginal_j"])
    bounded = set(_BOUNDS) <= set(part.columns)
    x_scale, y_scale = parts.log_scale(*power), parts.log_scale(*energy)
    x_scale.clamp = y_scale.clamp = True  # a bound may be zero
    x = alt.X(
        "fixed_power_w:Q",
        scale=x_scale,
        axis=parts.si_axis("power before any work", "W", parts.decades(*power)),
    )
    y = alt.Y(
        "marginal_j:Q",
        scale=y_scale,
        axis=parts.si_axis("energy per further item", "J", parts.decades(*energy)),
    )
    columns = [name for name in (*_COLUMNS, *_BOUNDS) if name in part.columns]
    base = alt.Chart(parts.data(part.select(columns))).encode(
        x=x, y=y, color=parts.colour("device", names, None)
    )
    points = base.mark_point(filled=True, size=45, opacity=0.85).encode(
        shape=parts.shape("device", names, None, True)
    )
    if not bounded:
        return parts.fitted([points], width, 300)
    known = base.transform_filter("isValid(datum.fixed_low_w)").mark_rule(strokeWidth=1.2, opacity=0.4)
    across = known.encode(x=alt.X("fixed_low_w:Q"), x2=alt.X2("fixed_high_w:Q"))
    along = known.encode(y=alt.Y("marginal_low_j:Q"), y2=alt.Y2("marginal_high_j:Q"))
    return parts.fitted([across, along, points], width, 300)
