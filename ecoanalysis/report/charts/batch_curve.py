"""Energy per item against batch size."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts

_MODELS, _LINES = 6, 14  # more lines than that are a tangle


_KEYS = ("base_model", "device", "item_unit")


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per model and device, both axes logarithmic; lines of a single batch size are left out."""
    keys = [name for name in _KEYS if name in frame.columns]
    several = frame.group_by(keys, maintain_order=True).agg(n=pl.col("batch").n_unique())
    several = several.filter(pl.col("n") > 1).sort(["n", *keys], descending=[True, *([False] * len(keys))])
    shown = frame.join(several.head(_LINES), on=keys, maintain_order="left").sort([*keys, "batch"])
    one = shown["device"].n_unique() == 1
    by = "base_model" if one or shown["base_model"].n_unique() <= _MODELS else "device"
    shown, names = parts.few(shown, by)
    shown = shown.with_columns(
        line=pl.concat_str(keys if by == "device" else ["base_model", "device"], separator=" ")
    )
    batch, energy = parts.log_x(shown, ["batch"]), parts.log_x(shown, ["low", "high"])
    ticks = [2.0**power for power in range(16) if batch[0] <= 2**power <= batch[1]]
    ticks = ticks if len(ticks) > 1 else parts.decades(*batch)
    axis = alt.Axis(title="batch size", values=ticks, format="~s", grid=False)
    encoded = alt.Chart(parts.data(shown)).encode(
        x=alt.X("batch:Q", scale=parts.log_scale(*batch, margin=1.1), axis=axis),
        y=alt.Y(
            "energy_per_item_j:Q",
            scale=parts.log_scale(*energy),
            axis=parts.si_axis("energy per item", "J", parts.decades(*energy)),
        ),
        detail="line:N",
        color=parts.colour(by, names, None),
    )
    lines = encoded.mark_line(strokeWidth=1.6, opacity=0.8)
    spread = encoded.mark_rule(strokeWidth=1.2, opacity=0.4).encode(y=alt.Y("low:Q"), y2="high:Q")
    points = encoded.mark_point(filled=True, size=32).encode(shape=parts.shape(by, names, None, True))
    return parts.fitted(spread + lines + points, width, 340)
