"""Ratios with intervals against a reference: what a change saves or costs."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED

_ROWS = 28


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one row per label, treatments beside each other; the dashed line is no change."""
    shown = frame.head(_ROWS)
    reference = float(options.get("reference", 1.0))
    low, high = parts.log_x(shown, ["estimate", "low", "high"])
    low, high = min(low, reference), max(high, reference)
    low, high = max(low, reference / 200), min(high, reference * 200)
    names = sorted(str(name) for name in shown["treatment"].unique())
    axis = alt.Axis(title=f"{options.get('x', 'ratio')} (log)", values=parts.decades(low, high), format="~g")
    scale = parts.log_scale(low, high, 1.08).copy()
    scale.clamp = True
    base = alt.Chart(parts.data(shown)).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=280)),
        yOffset=alt.YOffset("treatment:N", sort=names),
        color=parts.colour("treatment", names, None),
    )
    spread = base.mark_rule(strokeWidth=2, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=50).encode(
        x=alt.X("estimate:Q", scale=scale, axis=axis), shape=parts.shape("treatment", names, None, True)
    )
    line = alt.Chart(parts.listed([{"at": reference}])).mark_rule(strokeDash=[4, 3], color=MUTED)
    labels = shown["label"].n_unique()
    per_row = max(20.0, 11 * shown.height / max(labels, 1) + 8)
    return parts.fitted(
        line.encode(x=alt.X("at:Q", scale=scale)) + spread + point, width, int(90 + labels * per_row)
    )
