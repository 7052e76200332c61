"""How far predictions lie from measurements: quantiles of their ratio, split by split."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one row per split: the median as a point, half of the rows in the thick rule, 90 % in the thin one."""
    names = sorted(str(name) for name in frame["kind"].unique())
    low, high = parts.log_x(frame, ["q05", "q95"])
    low, high = max(min(low, 0.8), 0.02), min(max(high, 1.25), 50.0)
    scale = parts.log_scale(low, high, 1.08).copy()
    scale.clamp = True
    axis = alt.Axis(title="predicted ÷ measured (log)", values=parts.decades(low, high, 1.08), format="~g")
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
    thin = base.mark_rule(strokeWidth=1.2, opacity=0.7).encode(
        x=alt.X("q05:Q", scale=scale, axis=axis), x2=alt.X2("q95:Q")
    )
    thick = base.mark_rule(strokeWidth=4, opacity=0.7).encode(
        x=alt.X("q25:Q", scale=scale, axis=axis), x2=alt.X2("q75:Q")
    )
    point = base.mark_point(filled=True, size=60).encode(
        x=alt.X("q50:Q", scale=scale, axis=axis), shape=parts.shape("kind", names, None, True)
    )
    line = alt.Chart(parts.listed([{"at": 1}])).mark_rule(strokeDash=[4, 3], color=MUTED)
    height = 70 + 8 * frame.height + 7 * frame["label"].n_unique()
    return parts.fitted(
        [line.encode(x=alt.X("at:Q", scale=scale)), thin, thick, point],
        width,
        height,
        frame["label"].to_list(),
        280,
    )
