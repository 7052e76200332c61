"""Ratios with intervals against a reference: what a change saves or costs."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED, SERIES

_ROWS = 26
_VERDICTS = ("saves", "cannot be told", "costs")
_COLOURS = (SERIES[2], MUTED, SERIES[1])
_SHAPES = ("triangle-left", "circle", "triangle-right")


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one row per label and treatment, coloured by what its interval tells; the dashed line is no change."""
    reference = float(options.get("reference", 1.0))
    shown = _spread(frame).with_columns(verdict=_verdict(reference))
    rows, order = parts.listed_rows(_short(_over(shown)), "label", "treatment")
    low, high = parts.log_x(shown, ["estimate"])
    low, high = min(low, reference) / 2.5, max(high, reference) * 2.5
    left_out = f"; {shown.height} of {frame.height} rows" if shown.height < frame.height else ""
    axis = alt.Axis(
        title=f"{options.get('x', 'ratio')} (log{left_out})",
        values=parts.decades(low, high, 1.0),
        format="~g",
    )
    scale = alt.Scale(type="log", domain=[low, high], nice=False, clamp=True)
    colour, shape = _verdict_scales(set(shown["verdict"]))
    legend = alt.Legend(title=None)
    base = alt.Chart(parts.data(rows)).encode(
        y=parts.row_axis(order, 300), color=alt.Color("verdict:N", scale=colour, legend=legend)
    )
    spread = base.mark_rule(strokeWidth=2, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2=alt.X2("high:Q")
    )
    point = base.mark_point(filled=True, opacity=1, size=55).encode(
        x=alt.X("estimate:Q", scale=scale, axis=axis),
        shape=alt.Shape("verdict:N", scale=shape, legend=legend),
    )
    line = alt.Chart(parts.listed([{"at": reference}])).mark_rule(strokeDash=[4, 3], color=MUTED)
    layers = [line.encode(x=alt.X("at:Q", scale=scale)), spread, point]
    return parts.fitted(layers, width, 64 + 14 * len(order), parts.shown_rows(order), 300)


def _verdict_scales(told: set[str]) -> tuple[alt.Scale, alt.Scale]:
    """Return the scales of colour and shape over the verdicts that were told."""
    names = [name for name in _VERDICTS if name in told]
    picked = [_VERDICTS.index(name) for name in names]
    colours, shapes = [_COLOURS[k] for k in picked], [_SHAPES[k] for k in picked]
    return alt.Scale(domain=names, range=colours), alt.Scale(domain=names, range=shapes)


def _short(frame: pl.DataFrame) -> pl.DataFrame:
    """Return labels without the data set in brackets at their end, wherever they can be told apart without it."""
    bare = frame.with_columns(bare=pl.col("label").str.replace(r"\s*\[[^\]]*\]$", ""))
    alike = pl.col("label").n_unique().over("bare", "treatment") == 1
    return bare.with_columns(label=pl.when(alike).then("bare").otherwise("label")).drop("bare")


def _over(frame: pl.DataFrame) -> pl.DataFrame:
    """Return treatments with what they are relative to, where that is not the same in all rows."""
    if "reference" not in frame.columns or frame["reference"].n_unique() < 2:
        return frame
    return frame.with_columns(treatment=pl.format("{} ÷ {}", "treatment", "reference"))


def _spread(frame: pl.DataFrame) -> pl.DataFrame:
    """Return as many rows as a page holds, evenly spread over the order of the frame, its first and last among them."""
    if frame.height <= _ROWS:
        return frame
    step = (frame.height - 1) / (_ROWS - 1)
    return frame[sorted({round(place * step) for place in range(_ROWS)})]


def _verdict(reference: float) -> pl.Expr:
    """Return in words what an interval tells; without one it tells nothing."""
    return (
        pl.when(pl.col("high") < reference)
        .then(pl.lit(_VERDICTS[0]))
        .when(pl.col("low") > reference)
        .then(pl.lit(_VERDICTS[2]))
        .otherwise(pl.lit(_VERDICTS[1]))
    )
