"""Power and utilisation over time, with the phases of the run."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import FAINT, MUTED, SERIES


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return power as the band of each bucket's extremes with its mean, and utilisation below; phases as bands."""
    end = float(frame["t_s"].max() or 1.0)  # type: ignore[arg-type]
    phases = [
        {"phase": n, "start": a, "end": b, "odd": i % 2}
        for i, (n, a, b) in enumerate(options.get("phases", ()))
    ]
    x = alt.X(
        "t_s:Q", scale=alt.Scale(domain=[0, end], nice=False), axis=alt.Axis(title="time (s)", grid=False)
    )
    power = frame.filter(pl.col("mean_w").is_not_null())
    panels = []
    if power.height:
        panels.append(_power(power, phases, x, width))
    used = frame.filter(pl.col("util_ratio").is_not_null()).select("t_s", "util_ratio", "device")
    if used.height:
        panels.append(_share(used, phases, x, width))
    return panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=14)


def _bands(phases: list[dict[str, Any]], width: int, labelled: bool) -> Any:
    """Return the phases as quiet bands with their names above."""
    base = alt.Chart(parts.listed(phases)).encode(x=alt.X("start:Q"), x2="end:Q")
    bands = base.transform_filter("datum.odd == 1").mark_rect(color=FAINT, opacity=0.8)
    end = max((p["end"] for p in phases), default=1.0)
    wide = f"(datum.end - datum.start) > {end * 45 / max(width, 1):.6g}"
    if not labelled:
        return bands
    names = base.transform_filter(wide).mark_text(align="left", dx=4, dy=-9, color=MUTED, fontSize=10)
    return bands + names.encode(text="phase:N", y=alt.value(0), x2=alt.Undefined)


def _power(frame: pl.DataFrame, phases: list[dict[str, Any]], x: alt.X, width: int) -> Any:
    """Return the power of each device."""
    merged, names = parts.few(frame, "device", 4)
    y = alt.Y(
        "mean_w:Q",
        axis=alt.Axis(title="power (W)", titleAnchor="middle", minExtent=38),
        scale=alt.Scale(zero=True),
    )
    columns = ["t_s", "low_w", "mean_w", "high_w", "device"]
    base = alt.Chart(parts.data(merged.select(columns))).encode(
        x=x, color=parts.colour("device", names, None)
    )
    band = base.mark_area(opacity=0.28, interpolate="step-after", line=False).encode(
        y=alt.Y("low_w:Q", axis=alt.Axis(title="power (W)", minExtent=38)), y2="high_w:Q"
    )
    line = base.mark_line(strokeWidth=1.3, interpolate="step-after").encode(y=y)
    return (_bands(phases, width, True) + band + line).properties(width=width - 66, height=200)


def _share(frame: pl.DataFrame, phases: list[dict[str, Any]], x: alt.X, width: int) -> Any:
    """Return the utilisation of each device."""
    merged, names = parts.few(frame, "device", 4)
    axis = alt.Axis(title="utilisation", format=".0%", tickCount=3, minExtent=38)
    line = (
        alt.Chart(parts.data(merged))
        .mark_line(strokeWidth=1.2, interpolate="step-after", color=SERIES[2])
        .encode(
            x=x,
            y=alt.Y("util_ratio:Q", axis=axis, scale=alt.Scale(domain=[0, 1])),
            detail="device:N",
            color=parts.colour("device", names, None, legend=False),
        )
    )
    return (_bands(phases, width, False) + line).properties(width=width - 66, height=80)
