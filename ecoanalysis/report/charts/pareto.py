"""Energy against quality, with the front that nothing beats in both."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED

_FACETS = 4
_WHERE = ["device", "task", "quality_metric", "item_unit"]


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one small scatter per device and task, the largest four; a step line joins the front."""
    counts = frame.group_by(_WHERE, maintain_order=True).agg(
        n=pl.len(), precisions=pl.col("precision").n_unique()
    )
    largest = counts.filter(pl.col("precisions") > 1).sort(
        ["n", *_WHERE], descending=[True, False, False, False, False]
    )
    kept = largest.head(_FACETS).select(_WHERE)
    shown, names = parts.few(
        frame.join(kept, on=_WHERE, nulls_equal=True, maintain_order="left"), "precision"
    )
    rows = [
        _facet(shown.join(kept[place], on=_WHERE, nulls_equal=True), names, width)
        for place in range(kept.height)
    ]
    return alt.concat(*rows, columns=2).resolve_scale(x="independent", y="independent")


def _facet(part: pl.DataFrame, names: list[str], width: int) -> Any:
    """Return the scatter of one device and task."""
    first = part.row(0, named=True)
    energy = parts.log_x(part, ["energy_per_item_j"])
    title = f"{first['device']}: {first['task']}"
    encoded = alt.Chart(
        parts.data(part.select("energy_per_item_j", "quality", "precision", "model", "on_front")),
        title=alt.TitleParams(title[:48], fontSize=11, anchor="start"),
    ).encode(
        x=alt.X(
            "energy_per_item_j:Q",
            scale=parts.log_scale(*energy),
            axis=parts.si_axis(f"energy per {first['item_unit']}", "J", parts.decades(*energy)),
        ),
        y=alt.Y(
            "quality:Q",
            scale=alt.Scale(zero=False),
            axis=alt.Axis(title=str(first["quality_metric"] or "quality"), tickCount=5),
        ),
    )
    front = encoded.transform_filter("datum.on_front").mark_line(
        interpolate="step-after", strokeWidth=1.2, color=MUTED
    )
    points = encoded.mark_point(filled=True, size=38, opacity=0.85).encode(
        color=parts.colour("precision", names, None),
        shape=parts.shape("precision", names, None, True),
    )
    return (front + points).properties(width=(width - 150) // 2, height=150)
