"""Error on what was never seen against the number of measurements learnt from."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts

_AXES_WIDTH = 60


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per estimator, the number of measurements logarithmic, one panel per kind of item."""
    kinds = sorted(str(kind) for kind in frame["kind"].unique())
    names = sorted(str(name) for name in frame["estimator"].unique())
    if len(kinds) == 1:
        return parts.fitted(_panel(frame, names), width, 260)
    each = width // 2 - _AXES_WIDTH
    panels = [
        parts.together(
            "layer",
            _panel(frame.filter(pl.col("kind") == kind), names),
            width=each,
            height=130,
            title=f"per {kind}",
        )
        for kind in kinds
    ]
    resolve = parts.scales("shared", "color", "shape")
    return parts.together("concat", panels, columns=2, spacing=16, resolve=resolve)


def _panel(frame: pl.DataFrame, names: list[str]) -> list[Any]:
    """Return the lines of one kind of item, and their points."""
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
    return [encoded.mark_line(strokeWidth=1.8), points]
