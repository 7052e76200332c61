"""Share of held-out values inside the prediction interval, against the level that it claims."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per split; on the dashed diagonal the intervals keep what they promise."""
    part, names = parts.few(frame, "split")
    unit = alt.Scale(domain=[0, 1])
    x = alt.X("nominal:Q", scale=unit, axis=alt.Axis(title="claimed level", format=".0%", grid=False))
    y = alt.Y("empirical:Q", scale=unit, axis=alt.Axis(title="share inside", format=".0%"))
    base = alt.Chart(parts.data(part)).encode(x=x, y=y, color=parts.colour("split", names, None))
    curve = base.mark_line() + base.mark_point(filled=True, size=30).encode(
        shape=parts.shape("split", names, None, True)
    )
    ends = [{"nominal": 0, "empirical": 0}, {"nominal": 1, "empirical": 1}]
    diagonal = alt.Chart(parts.listed(ends)).mark_line(strokeDash=[4, 3], color=MUTED).encode(x=x, y=y)
    return parts.fitted(diagonal + curve, min(width, 460), 400)
