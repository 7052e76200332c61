"""Temperature over time, with when each device was throttled."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.charts.time_marks import ABOVE_NAMES, bands, time_axis, with_throttling

_HEIGHT = 200  # px


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per device over the phases; strips at the foot are the stretches in which it was throttled."""
    part, names = parts.few(frame.filter(pl.col("temperature_c").is_not_null()), "device", 4)
    end = float(part["t_s"].max() or 1.0)  # type: ignore[arg-type]
    line = (
        alt.Chart(parts.data(part.select("t_s", "temperature_c", "device")))
        .mark_line(strokeWidth=1.6)
        .encode(
            x=time_axis(end),
            y=alt.Y(
                "temperature_c:Q",
                axis=alt.Axis(title="temperature (°C)", minExtent=38),
                scale=alt.Scale(zero=False, padding=14),
            ),
            color=parts.colour("device", names, None, offset=ABOVE_NAMES),
        )
    )
    return with_throttling([*bands(options, width, end, True), line], options, width - 66, _HEIGHT)
