"""What the charts over time share: phases as quiet bands, throttled stretches as strips at the foot."""

from typing import Any

import altair as alt

from ecoanalysis.report.charts import parts
from ecoanalysis.report.theme import FAINT, INK, MUTED, RULE

_STRIP = 7  # px
ABOVE_NAMES = 22  # px: where a legend stands above the names of the phases
_CAUSES = ("heat", "power")


def time_axis(end: float) -> alt.X:
    """Return the axis of time from 0 to `end` [s]."""
    scale = alt.Scale(domain=[0, end], nice=False)
    return alt.X("t_s:Q", scale=scale, axis=alt.Axis(title="time (s)", grid=False))


def bands(options: dict[str, Any], width: int, end: float, labelled: bool) -> list[Any]:
    """Return the phases of `options` as layers: quiet bands, their names above where they fit."""
    phases = [
        {"phase": name, "start": begin, "end": until, "odd": place % 2}
        for place, (name, begin, until) in enumerate(options.get("phases", ()))
    ]
    base = alt.Chart(parts.listed(phases)).encode(x=alt.X("start:Q"), x2=alt.X2("end:Q"))
    shaded = base.transform_filter("datum.odd == 1").mark_rect(color=FAINT, opacity=0.8)
    if not labelled:
        return [shaded]
    wide = f"(datum.end - datum.start) > {end * 45 / max(width, 1):.6g}"
    names = base.transform_filter(wide).mark_text(align="left", dx=4, dy=-9, color=MUTED, fontSize=10)
    return [shaded, names.encode(text=alt.Text("phase:N"), y=alt.value(0), x2=alt.Undefined)]


def with_throttling(layers: list[Any], options: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    """Return layers with strips at their foot for when the clock was held down: dark for heat, pale for power."""
    size = {"width": width, "height": height}
    spans = [
        {"start": begin, "end": end, "throttled for": cause, "row": _CAUSES.index(cause)}
        for begin, end, cause in options.get("throttled", ())
    ]
    if not spans:
        return parts.together("layer", layers, **size)
    scale = alt.Scale(domain=list(_CAUSES), range=[INK, RULE])
    strips = [
        alt.Chart(parts.listed([span for span in spans if span["row"] == row]))
        .mark_rect(stroke=MUTED, strokeWidth=0.8)
        .encode(
            x=alt.X("start:Q"),
            x2=alt.X2("end:Q"),
            y=alt.value(height - _STRIP * (row + 1) - row),
            y2=alt.value(height - _STRIP * row - row),
            color=alt.Color(
                "throttled for:N", scale=scale, legend=alt.Legend(symbolType="square", offset=ABOVE_NAMES)
            ),
        )
        for row in range(len(_CAUSES))
        if any(span["row"] == row for span in spans)
    ]
    both = [parts.together("layer", layers), parts.together("layer", strips)]
    return parts.together("layer", both, resolve=parts.scales("independent", "color"), **size)
