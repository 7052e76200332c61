"""Carbon against water of the electricity, by region."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import INK, PAPER, SERIES

_NAMED = (
    "FRA",
    "DEU",
    "SWE",
    "NOR",
    "POL",
    "USA",
    "CHN",
    "IND",
    "BRA",
    "ZAF",
    "WORLD",
    "AUS",
    "JPN",
    "CAN",
    "GBR",
)


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one point per region, both axes logarithmic; well-known ones carry their code."""
    part = frame.filter(pl.col("co2_g_per_kwh") > 0, pl.col("ewif_l_per_kwh") > 0)
    key = next((name for name in ("region", "code", "name") if name in part.columns), None)
    co2, water = parts.log_x(part, ["co2_g_per_kwh"]), parts.log_x(part, ["ewif_l_per_kwh"])
    columns = ["co2_g_per_kwh", "ewif_l_per_kwh", *([key] if key else [])]
    here = str(options.get("region", ""))
    base = alt.Chart(parts.data(part.select(columns))).encode(
        x=alt.X(
            "co2_g_per_kwh:Q",
            scale=parts.log_scale(*co2),
            axis=alt.Axis(title="carbon intensity (g CO₂e per kWh)", values=parts.decades(*co2), format="~g"),
        ),
        y=alt.Y(
            "ewif_l_per_kwh:Q",
            scale=parts.log_scale(*water),
            axis=alt.Axis(title="water consumption (L per kWh)", values=parts.decades(*water), format="~g"),
        ),
    )
    points = base.mark_point(filled=True, size=28, opacity=0.55, color=SERIES[0])
    if key is None:
        return parts.fitted([points], width, 340)
    named = alt.FieldOneOfPredicate(field=key, oneOf=[*_NAMED, here])
    names = base.transform_filter(named).encode(text=f"{key}:N")
    place: dict[str, Any] = {"dx": 6, "align": "left", "fontSize": 10}
    halo = names.mark_text(**place, stroke=PAPER, strokeWidth=3, strokeJoin="round", color=PAPER)
    labels = halo + names.mark_text(**place, color=INK)
    marked = base.transform_filter(named).mark_point(filled=True, size=42, color=SERIES[1])
    return parts.fitted([points, marked, labels], width, 340)
