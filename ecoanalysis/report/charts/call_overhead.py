"""The energy of a call before any item against that of an item."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import MUTED


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one point per configuration, both axes logarithmic; on the dashed line both are equal."""
    part, names = parts.few(frame.filter(pl.col("call_j") > 0, pl.col("item_j") > 0), "framework")
    item, call = parts.log_x(part, ["item_j"]), parts.log_x(part, ["call_j"])
    horizontal = alt.X(
        "item_j:Q",
        scale=parts.log_scale(*item),
        axis=parts.si_axis("energy of an item", "J", parts.decades(*item)),
    )
    vertical = alt.Y(
        "call_j:Q",
        scale=parts.log_scale(*call),
        axis=parts.si_axis("energy of a call", "J", parts.decades(*call)),
    )
    ends = (max(item[0], call[0]), min(item[1], call[1]))
    points = (
        alt.Chart(parts.data(part.select("item_j", "call_j", "framework", "base_model", "device")))
        .mark_point(filled=True, size=40, opacity=0.8)
        .encode(
            x=horizontal,
            y=vertical,
            color=parts.colour("framework", names, None),
            shape=parts.shape("framework", names, None, True),
        )
    )
    if ends[0] >= ends[1]:
        return parts.fitted([points], width, 300)
    equal = alt.Chart(parts.listed([{"item_j": end, "call_j": end} for end in ends]))
    line = equal.mark_line(strokeDash=[4, 3], color=MUTED).encode(x=horizontal, y=vertical)
    return parts.fitted([line, points], width, 300)
