"""Energy of each device over the best one, by workload."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts

_ROWS, _COLUMNS = 12, 8
_ROW = 30  # px: a number and its interval under it
_LIMITS = {"device": 170, "workload": 250}  # px of labels


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return a heat map in cividis on a logarithmic scale: in each cell the number, under it its interval."""
    part = _chosen(frame).with_columns(shown=_written("regret"), interval=_interval())
    top = max(float(part["regret"].max() or 2.0), 2.0)  # type: ignore[arg-type]
    cut = {name: parts.cut_at(limit, part[name].to_list()) for name, limit in _LIMITS.items()}
    below = alt.Axis(labelAngle=-35, labelLimit=cut["device"], orient="bottom", grid=False)
    beside = alt.Axis(labelLimit=cut["workload"], grid=False)
    base = alt.Chart(parts.data(part)).encode(
        x=alt.X("device:N", title=None, axis=below), y=alt.Y("workload:N", title=None, axis=beside)
    )
    scale = alt.Scale(type="log", scheme="cividis", domain=[1, top])
    legend = alt.Legend(
        title="energy ÷ best device",
        gradientLength=200,
        format="~g",
        values=parts.decades(1, top, 1.0),
        offset=10,
    )
    cells = base.mark_rect().encode(color=alt.Color("regret:Q", scale=scale, legend=legend))
    bright = f"log(datum.regret) / log({top}) > 0.5"
    ink = alt.condition(bright, alt.value("#14181c"), alt.value("#ffffff"))
    numbers = base.mark_text(fontSize=10.5, dy=alt.expr("datum.interval ? -6 : 0")).encode(
        text="shown:N", color=ink
    )
    intervals = base.mark_text(fontSize=8.5, dy=7).encode(text="interval:N", color=ink)
    names = part["workload"].unique().to_list()
    return parts.fitted([cells, numbers, intervals], width, 60 + _ROW * len(names), names)


def _chosen(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the best of each device on each workload: the devices of most workloads, the workloads of most of them.

    Where more workloads were measured on as many devices than there is room for, they are spread over their names.
    """
    bounds = [name for name in ("low", "high") if name in frame.columns]
    best = (
        frame.filter(pl.col("regret") >= 1)
        .sort("workload", "device", "regret", *bounds)
        .group_by("workload", "device", maintain_order=True)
        .agg(pl.col("regret", *bounds).first())
        .with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("low", "high") if name not in bounds)
    )
    columns = best.group_by("device").len().sort(["len", "device"], descending=[True, False]).head(_COLUMNS)
    part = best.join(columns.select("device"), on="device")
    counts = part.group_by("workload").len().sort(["len", "workload"], descending=[True, False])
    full = counts.filter(pl.col("len") == pl.col("len").max())["workload"]
    step = max(1.0, (full.len() - 1) / (_ROWS - 1))
    rows = full.gather([round(place * step) for place in range(min(_ROWS, full.len()))]).to_list()
    rows += counts["workload"].filter(~counts["workload"].is_in(full.to_list())).to_list()
    return part.filter(pl.col("workload").is_in(rows[:_ROWS])).sort("workload", "device")


def _written(column: str) -> pl.Expr:
    """Return a number of a cell as text."""
    return pl.col(column).map_elements(_digits, return_dtype=pl.String)


def _interval() -> pl.Expr:
    """Return the interval of a cell as text, none where it says no more than the number."""
    told = pl.col("high") > pl.col("low")
    both = pl.concat_str(_written("low"), pl.lit("–"), _written("high"))
    return pl.when(told & (pl.col("regret") > 1)).then(both).otherwise(pl.lit(""))


def _digits(value: float) -> str:
    """Return three significant digits, whole numbers from a hundred on: 1.02, 10.7, 578, 1000."""
    return f"{value:.3g}" if value < 99.95 else f"{value:.0f}"
