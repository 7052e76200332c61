"""Power before any work against the energy of each further item."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one point per device and model, both axes logarithmic."""
    part, names = parts.few(frame.filter(pl.col("fixed_power_w") > 0, pl.col("marginal_j") > 0), "device")
    power, energy = parts.log_x(part, ["fixed_power_w"]), parts.log_x(part, ["marginal_j"])
    columns = [
        name for name in ("fixed_power_w", "marginal_j", "device", "base_model") if name in part.columns
    ]
    points = (
        alt.Chart(parts.data(part.select(columns)))
        .mark_point(filled=True, size=45, opacity=0.85)
        .encode(
            x=alt.X(
                "fixed_power_w:Q",
                scale=parts.log_scale(*power),
                axis=parts.si_axis("power before any work", "W", parts.decades(*power)),
            ),
            y=alt.Y(
                "marginal_j:Q",
                scale=parts.log_scale(*energy),
                axis=parts.si_axis("energy per further item", "J", parts.decades(*energy)),
            ),
            color=parts.colour("device", names, None),
            shape=parts.shape("device", names, None, True),
        )
    )
    return parts.fitted(points, width, 340)
