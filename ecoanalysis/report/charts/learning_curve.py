"""Error on what was never seen against the number of measurements learnt from."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per estimator, the number of measurements logarithmic."""
    names = sorted(str(name) for name in frame["estimator"].unique())
    low, high = parts.log_x(frame, ["rows_count"])
    axis = alt.Axis(
        title="measurements learnt from (log)",
        values=sorted(frame["rows_count"].unique()),
        format="~s",
        grid=False,
    )
    encoded = alt.Chart(parts.data(frame.sort("estimator", "rows_count"))).encode(
        x=alt.X("rows_count:Q", scale=parts.log_scale(low, high, 1.1), axis=axis),
        y=alt.Y("mdape:Q", scale=alt.Scale(zero=True), axis=alt.Axis(title="median error", format=".0%")),
        color=parts.colour("estimator", names, None),
    )
    points = encoded.mark_point(filled=True, size=42).encode(
        shape=parts.shape("estimator", names, None, True)
    )
    return parts.fitted(encoded.mark_line(strokeWidth=1.8) + points, width, 300)
