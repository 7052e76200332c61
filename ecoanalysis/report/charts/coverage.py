"""Share of held-out values inside their prediction interval, against the level that it claims."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one row per split, kinds beside each other, with bounds; on the dashed line intervals keep their word."""
    claimed = float(options.get("claimed", 0.9))
    names = sorted(str(name) for name in frame["kind"].unique())
    least = min([0.75, *frame["low"].drop_nulls().to_list()])
    scale = alt.Scale(domain=[max(0.0, least - 0.02), 1.01], nice=False)
    axis = alt.Axis(
        title="share of held-out measurements inside their 90 % interval", format=".0%", tickCount=8
    )
    base = alt.Chart(parts.data(frame)).encode(
        y=alt.Y(
            "label:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=parts.cut_at(280, frame["label"].to_list())),
        ),
        yOffset=alt.YOffset("kind:N", sort=names),
        color=parts.colour("kind", names, None),
    )
    spread = base.mark_rule(strokeWidth=2, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2=alt.X2("high:Q")
    )
    point = base.mark_point(filled=True, size=50).encode(
        x=alt.X("coverage:Q", scale=scale, axis=axis), shape=parts.shape("kind", names, None, True)
    )
    line = alt.Chart(parts.listed([{"at": claimed}])).mark_rule(strokeDash=[4, 3], color=MUTED)
    height = 70 + 8 * frame.height + 7 * frame["label"].n_unique()
    return parts.fitted(
        [line.encode(x=alt.X("at:Q", scale=scale)), spread, point],
        width,
        height,
        frame["label"].to_list(),
        280,
    )
