"""Energy and quality of each model from the reference precision to fewer bits."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import INK, MUTED, SERIES

_COLUMNS = 3
_ENERGY, _QUALITY = 130, 76  # px
_LINES = 60  # models drawn thin in one panel
_ROOM = 44  # px for the axis of a panel


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one panel per device and framework: thin lines are models, thick points means with intervals."""
    facets = frame.select("device", "framework").unique(maintain_order=True).rows()
    across = min(_COLUMNS, len(facets))
    inner = (width - 10) // across - _ROOM - 14
    ratios = parts.log_x(frame, ["ratio"])
    ratios = min(ratios[0], 0.9) / 1.2, max(ratios[1], 1.1) * 1.2
    panels = [
        _panel(frame.filter(device=facet[0], framework=facet[1]), inner, ratios, place % across == 0)
        for place, facet in enumerate(facets)
    ]
    return alt.concat(*panels, columns=across, spacing={"row": 22, "column": 12}).resolve_scale(
        x="independent"
    )


def _panel(part: pl.DataFrame, width: int, ratios: tuple[float, float], first: bool) -> Any:
    """Return one device and framework, quality below energy where somebody measured it."""
    names = part.sort("place")["precision"].unique(maintain_order=True).to_list()
    known = part["points"].is_not_null().any()
    limit = max(14, width // 6)
    device, framework = (text if len(text) <= limit else text[: limit - 1] + "…" for text in part.row(0)[:2])
    title = alt.Title(
        device, subtitle=framework, anchor="start", offset=8, subtitleColor=MUTED, subtitleFontSize=11
    )
    scale = parts.log_scale(*ratios, margin=1.0)
    scale.clamp = True
    axis = alt.Axis(
        title="energy ÷ reference" if first else None,
        values=parts.decades(*ratios, margin=1.0),
        format="~g",
        minExtent=24,
    )
    y = alt.Y("ratio:Q", scale=scale, axis=axis)
    energy = _layers(part, names, "ratio", y, 1.0, width, labelled=not known).properties(
        width=width, height=_ENERGY, title=title
    )
    if not known:
        return energy
    change = alt.Axis(title="quality (points)" if first else None, tickCount=4, minExtent=24)
    y = alt.Y("points:Q", axis=change, scale=_at_least_a_point(part))
    quality = _layers(
        part.filter(pl.col("points").is_not_null()), names, "points", y, 0.0, width, labelled=True
    )
    return alt.vconcat(energy, quality.properties(width=width, height=_QUALITY), spacing=8)


def _at_least_a_point(part: pl.DataFrame) -> alt.Scale:
    """Return the scale of quality: it spans a percentage point either way, so that noise looks like noise."""
    columns = [part[name].drop_nulls() for name in ("points", "points_low", "points_high")]
    found = [value for column in columns for value in column.to_list()]
    return alt.Scale(domain=[min([-1.0, *found]), max([1.0, *found])])


def _layers(
    part: pl.DataFrame,
    names: list[str],
    column: str,
    y: alt.Y,
    at: float,
    width: int,
    labelled: bool,
) -> Any:
    """Return thin lines of models under the means with their intervals; the dashed line is no change."""
    low, high = ("low", "high") if column == "ratio" else ("points_low", "points_high")
    crowded = sum(len(name) + 2 for name in names) * 6 > width
    axis = alt.Axis(title=None, labelAngle=-40 if crowded else 0, grid=False, labels=labelled)
    x = alt.X("precision:N", sort=names, axis=axis)
    pairs = part.filter(pl.col("kind") == "pair")
    kept = pairs["base_model"].unique(maintain_order=True).to_list()[:_LINES]
    pairs = pairs.filter(pl.col("base_model").is_in(kept)).sort("base_model", "place")
    lines = (
        alt.Chart(parts.data(pairs.select("precision", "place", "base_model", column)))
        .mark_line(strokeWidth=0.8, opacity=0.35, color=MUTED)
        .encode(x=x, y=y, detail=alt.Detail("base_model:N"), order=alt.Order("place:Q"))
    )
    means = part.filter(pl.col("kind") == "mean").select("precision", "place", column, low, high)
    base = alt.Chart(parts.data(means)).encode(x=x)
    spread = base.mark_rule(strokeWidth=2.2, color=SERIES[0]).encode(y=f"{low}:Q", y2=f"{high}:Q")
    points = base.mark_point(filled=True, opacity=1, size=46, color=SERIES[0]).encode(y=y)
    none = alt.Chart(parts.listed([{"at": at}])).mark_rule(strokeDash=[4, 3], color=INK, opacity=0.7)
    return none.encode(y=alt.Y("at:Q")) + lines + spread + points
