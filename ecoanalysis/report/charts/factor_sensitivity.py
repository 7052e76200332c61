"""How much of the uncertainty each factor brings."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one row per factor, carbon and water beside each other, as lines from zero to a point."""
    names = frame["impact"].unique(maintain_order=True).to_list()
    order = (
        frame.group_by("factor", maintain_order=True)
        .agg(pl.col("share").max())
        .sort("share", descending=True)
    )
    base = alt.Chart(parts.data(frame)).encode(
        y=alt.Y("factor:N", sort=order["factor"].to_list(), title=None),
        yOffset=alt.YOffset("impact:N", sort=names),
        color=parts.colour("impact", names, None),
    )
    axis = alt.Axis(title="share of the uncertainty", format=".0%", tickCount=6)
    x = alt.X("share:Q", axis=axis, scale=alt.Scale(domainMin=0))
    stems = base.mark_rule(strokeWidth=2, opacity=0.5).encode(x=x)
    points = base.mark_point(filled=True, size=60).encode(x=x, shape=parts.shape("impact", names, None, True))
    return parts.fitted(
        [stems.encode(x2=alt.value(0)), points],
        width,
        60 + 34 * order.height,
        order["factor"].to_list(),
    )
