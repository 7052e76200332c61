"""Energy of each device over the best one, by workload."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts

_ROWS, _COLUMNS = 24, 10
_LIMITS = {"device": 130, "workload": 250}  # px of labels


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return a heat map in cividis on a logarithmic scale, the number written in each cell."""
    best = frame.filter(pl.col("regret") >= 1).group_by("workload", "device").agg(pl.col("regret").min())
    rows = best.group_by("workload").len().sort(["len", "workload"], descending=[True, False]).head(_ROWS)
    columns = best.group_by("device").len().sort(["len", "device"], descending=[True, False]).head(_COLUMNS)
    part = best.filter(
        pl.col("workload").is_in(rows["workload"].to_list()),
        pl.col("device").is_in(columns["device"].to_list()),
    ).sort("workload", "device")
    part = part.with_columns(
        shown=pl.col("regret").map_elements(lambda v: f"{v:.3g}", return_dtype=pl.String)
    )
    top = max(float(part["regret"].max() or 2.0), 2.0)  # type: ignore[arg-type]
    cut = {name: parts.cut_at(limit, part[name].to_list()) for name, limit in _LIMITS.items()}
    below = alt.Axis(labelAngle=-35, labelLimit=cut["device"], orient="bottom", grid=False)
    beside = alt.Axis(labelLimit=cut["workload"], grid=False)
    base = alt.Chart(parts.data(part)).encode(
        x=alt.X("device:N", title=None, axis=below), y=alt.Y("workload:N", title=None, axis=beside)
    )
    scale = alt.Scale(type="log", scheme="cividis", domain=[1, top])
    legend = alt.Legend(
        title="energy ÷ best device", gradientLength=200, format="~g", values=parts.decades(1, top), offset=10
    )
    cells = base.mark_rect().encode(color=alt.Color("regret:Q", scale=scale, legend=legend))
    bright = f"log(datum.regret) / log({top}) > 0.5"
    numbers = base.mark_text(fontSize=10).encode(
        text=alt.Text("shown:N"), color=alt.condition(bright, alt.value("#14181c"), alt.value("#ffffff"))
    )
    return parts.fitted(
        [cells, numbers], width, 60 + 21 * part["workload"].n_unique(), part["workload"].to_list()
    )
