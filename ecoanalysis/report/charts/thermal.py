"""Temperature over time."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per device; a throttled stretch would show as a plateau of the clock, named in the notes."""
    part, names = parts.few(frame.filter(pl.col("temperature_c").is_not_null()), "device")
    line = (
        alt.Chart(parts.data(part.select("t_s", "temperature_c", "device")))
        .mark_line(strokeWidth=1.6)
        .encode(
            x=alt.X("t_s:Q", axis=alt.Axis(title="time (s)", grid=False), scale=alt.Scale(nice=False)),
            y=alt.Y("temperature_c:Q", axis=alt.Axis(title="temperature (°C)"), scale=alt.Scale(zero=False)),
            color=parts.colour("device", names, None),
        )
    )
    return parts.fitted(line, width, 220)
