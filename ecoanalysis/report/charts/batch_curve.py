"""Energy per item against batch size."""

from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.charts import parts
from ecoanalysis.report.charts.means import LINE
from ecoanalysis.report.theme import RULE

_NAMED, _LINES = 6, 40  # lines that carry a colour and a name; grey ones behind them
_NAME = 44  # characters
_UNITS = {"threads": "{} threads", "devices_count": "{} devices"}
_MARGIN = 1.1  # of the batch axis


def draw(frame: pl.DataFrame, options: dict[str, Any], width: int) -> Any:
    """Return one line per model and device, both axes logarithmic; lines of a single batch size are left out.

    Where there are many, a few that span the range of energies are named, the others are grey behind them.
    """
    shown, names = _chosen(frame)
    batch, energy = parts.log_x(shown, ["batch"]), parts.log_x(shown, ["low", "high"])
    ticks = [2.0**power for power in range(16) if batch[0] <= 2**power <= batch[1]]
    ticks = ticks if len(ticks) > 1 else parts.decades(*batch, margin=_MARGIN)
    axis = alt.Axis(title="batch size", values=ticks, format="~r", grid=False)
    x = alt.X("batch:Q", scale=parts.log_scale(*batch, margin=_MARGIN), axis=axis)
    y = alt.Y(
        "energy_per_item_j:Q",
        scale=parts.log_scale(*energy),
        axis=parts.si_axis("energy per item", "J", parts.decades(*energy)),
    )
    named = shown.filter(pl.col("name").is_not_null())
    encoded = alt.Chart(parts.data(named)).encode(x=x, y=y, color=parts.colour("name", names, None))
    lines = encoded.mark_line(strokeWidth=1.8)
    spread = encoded.mark_rule(strokeWidth=1.2, opacity=0.5).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    points = encoded.mark_point(filled=True, size=36).encode(shape=parts.shape("name", names, None, True))
    rest = shown.filter(pl.col("name").is_null())
    if rest.is_empty():
        return parts.fitted([spread, lines, points], width, 300)
    behind = (
        alt.Chart(parts.data(rest))
        .mark_line(strokeWidth=1, color=RULE)
        .encode(x=x, y=y, detail=alt.Detail("line:N"))
    )
    return parts.fitted([behind, spread, lines, points], width, 320)


def _named(lines: pl.DataFrame, keys: list[str]) -> list[str]:
    """Return a name for each line, all different: model and device, and as much more as tells lines apart.

    A name is cut to what a legend holds, the maker before a model's slash left out; names that are alike once cut are
    numbered.
    """
    apart = [name for name in keys if lines[name].n_unique() > 1]
    told = [name for name in apart if name in ("base_model", "device")]
    for name in apart:
        if not told or lines.select(told).n_unique() < lines.height:
            told += [name] if name not in told else []
    told = told or ["base_model"]
    names: list[str] = []
    for row in lines.select(told).iter_rows(named=True):
        words = [
            _UNITS.get(key, "{}").format(value)
            for key, value in row.items()
            if value not in (None, "unknown")
        ]
        name = " · ".join(word.rpartition("/")[2] for word in words)
        names.append(name if len(name) <= _NAME else name[: _NAME - 1] + "…")
    alike = [names[:place].count(name) for place, name in enumerate(names)]
    return [f"{name} ({before + 1})" if before else name for name, before in zip(names, alike, strict=True)]


def _chosen(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows to draw with `line` and `name`, null for one that stays grey, and the names in order."""
    keys = [name for name in LINE if name in frame.columns]
    lines = frame.group_by(keys).agg(
        n=pl.col("batch").n_unique(), level=pl.col("energy_per_item_j").log().mean()
    )
    lines = lines.filter(pl.col("n") > 1).sort(["n", *keys], descending=[True, *([False] * len(keys))])
    lines = lines.head(_LINES).sort("level", *keys, descending=[True, *([False] * len(keys))])
    step = max(1.0, (lines.height - 1) / (_NAMED - 1))
    picked = [round(place * step) for place in range(min(_NAMED, lines.height))]
    names = _named(lines[picked], keys)
    named = dict(zip(picked, names, strict=True))
    numbered = lines.select(keys).with_columns(
        name=pl.Series([named.get(place) for place in range(lines.height)], dtype=pl.String),
        line=pl.int_range(pl.len()),
    )
    shown = frame.join(numbered, on=keys, nulls_equal=True, maintain_order="left").sort("line", "batch")
    return shown, names
