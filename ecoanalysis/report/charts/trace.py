"""Power and utilisation over time, with the phases of the run."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.charts.time_marks import ABOVE_NAMES, bands, time_axis, with_throttling

_ROOM = 66  # px left of the axes for titles and labels
_POWER, _SHARE = 200, 80  # px


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return power as the band of each bucket's extremes with its mean, and utilisation below; phases as bands."""
    end = float(frame["t_s"].max() or 1.0)  # type: ignore[arg-type]
    power = frame.filter(pl.col("mean_w").is_not_null())
    used = frame.filter(pl.col("util_ratio").is_not_null()).select("t_s", "util_ratio", "device")
    panels = [_power(power, options, end, width)] if power.height else []
    if used.height:
        panels.append(_share(used, options, end, width, labelled=not panels))
    return panels[0] if len(panels) == 1 else parts.together("vconcat", panels, spacing=14)


def _power(frame: pl.DataFrame, options: dict[str, Any], end: float, width: int) -> Any:
    """Return the power of each device, throttled stretches at its foot."""
    merged, names = parts.few(frame, "device", 4)
    y = alt.Y(
        "mean_w:Q",
        axis=alt.Axis(title="power (W)", titleAnchor="middle", minExtent=38),
        scale=alt.Scale(zero=True),
    )
    columns = ["t_s", "low_w", "mean_w", "high_w", "device"]
    base = alt.Chart(parts.data(merged.select(columns))).encode(
        x=time_axis(end), color=parts.colour("device", names, None, offset=ABOVE_NAMES)
    )
    band = base.mark_area(opacity=0.28, interpolate="step-after", line=False).encode(
        y=alt.Y("low_w:Q", axis=alt.Axis(title="power (W)", minExtent=38)), y2=alt.Y2("high_w:Q")
    )
    line = base.mark_line(strokeWidth=1.3, interpolate="step-after").encode(y=y)
    return with_throttling([*bands(options, width, end, True), band, line], options, width - _ROOM, _POWER)


def _share(frame: pl.DataFrame, options: dict[str, Any], end: float, width: int, labelled: bool) -> Any:
    """Return the utilisation of each device."""
    merged, names = parts.few(frame, "device", 4)
    axis = alt.Axis(title="utilisation", format=".0%", tickCount=3, minExtent=38)
    line = (
        alt.Chart(parts.data(merged))
        .mark_line(strokeWidth=1.2, interpolate="step-after")
        .encode(
            x=time_axis(end),
            y=alt.Y("util_ratio:Q", axis=axis, scale=alt.Scale(domain=[0, 1])),
            detail=alt.Detail("device:N"),
            color=parts.colour("device", names, None, labelled, ABOVE_NAMES),
        )
    )
    layers = [*bands(options, width, end, labelled), line]
    return parts.together("layer", layers, width=width - _ROOM, height=_SHARE)
