"""The parts that charts share: axes with units, colours for a few names, points with intervals."""

import math
from typing import Any

import altair as alt
import polars as pl

from ecoanalysis.report.rows import rows_of
from ecoanalysis.report.theme import SERIES, SHAPES

OTHER = "others"
_GAP = "\u202f"
_NUMBERS, _EDGE = 72, 24  # px: numbers and title left of the axes; what rows need besides their labels
_X_AXIS = 64  # px: below the axes
# px of letters of 11 px in the mean, where they are not `_LETTER` wide
_LETTER = 6.3
_OTHER_LETTERS = {
    **dict.fromkeys("ijl.,:;'|()[]", 3.0),
    **dict.fromkeys("frt- ·/", 3.9),
    **dict.fromkeys("mwMW", 9.2),
}
# px of the widest letter of each kind, measured in Inter SemiBold; other scripts are no wider than their size
_NARROW_LETTERS = frozenset(" ijlI!,.:;'`t|f/()[]{}r1·\u202f")
_USUAL_LETTERS = frozenset("abcdeghknopqsuvxyz023456789-_JLFEZTPSRBKXYAV")
_NARROW, _USUAL, _WIDE = 4.7, 7.8, 11.5
_UNDER = "\u001f"  # between the name of a group and that of an item


def data(frame: pl.DataFrame) -> Any:
    """Return a frame as the inline data of a chart; Altair, which would copy each value at each step, reads none."""
    unread: Any = rows_of(frame)
    return alt.InlineData(values=unread)


def listed(values: list[dict[str, Any]]) -> Any:
    """Return rows, which all have the keys of the first, as the inline data of a chart."""
    return data(pl.DataFrame(values, infer_schema_length=None))


def si_axis(title: str, unit: str, values: list[float] | None = None, **more: Any) -> alt.Axis:
    """Return an axis whose labels carry an SI prefix and the unit: 10 mJ, 1 J."""
    label = f"replace(format(datum.value, '.3~s'), regexp('([a-zA-Zµ]?)$'), '{_GAP}$1{unit}')"
    if values is not None:
        more["values"] = values
    return alt.Axis(title=title, labelExpr=label, **more)


def decades(low: float, high: float, margin: float = 1.25) -> list[float]:
    """Return ticks for a logarithmic axis: one per decade, or 1-2-5 where fewer than three decades fall on it.

    None lies beyond the ends of `log_scale` with the same margin: a scale that clamps would draw it at its edge,
    where another value is.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = max(1, (last - first) // 7)
    whole = _within([10.0**exponent for exponent in range(first, last + 1, step)], low, high, margin)
    if len(whole) > 2:
        return whole
    steps = (1, 2, 5) if math.log10(high / low) > 0.5 else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    finer = [float(f"{s * 10.0**exponent:.3g}") for exponent in range(first, last + 1) for s in steps]
    return _within(finer, low, high, margin)


def _within(ticks: list[float], low: float, high: float, margin: float) -> list[float]:
    """Return the ticks on an axis."""
    return [tick for tick in ticks if low / margin <= tick <= high * margin]


def log_scale(low: float, high: float, margin: float = 1.25) -> alt.Scale:
    """Return a logarithmic scale with a little room at both ends."""
    return alt.Scale(type="log", domain=[low / margin, high * margin], nice=False)


def log_x(frame: pl.DataFrame, columns: list[str]) -> tuple[float, float]:
    """Return the smallest and largest positive number in some columns, 0.1 … 10 where there is none."""
    found = [v for name in columns if name in frame.columns for v in frame[name].drop_nulls() if v > 0]
    if not found:
        return 0.1, 10.0
    return (min(found), max(found)) if max(found) > min(found) else (min(found) / 2, max(found) * 2)


def few(frame: pl.DataFrame, column: str, limit: int = 6) -> tuple[pl.DataFrame, list[str]]:
    """Return the frame with all but the commonest names of a column called "others", and the names in order."""
    counts = frame.group_by(column, maintain_order=True).len().sort(["len", column], descending=[True, False])
    names = [str(name) for name in counts[column].drop_nulls().to_list()]
    kept = names[: limit if len(names) > limit + 1 else limit + 1]
    merged = pl.when(pl.col(column).is_in(kept)).then(pl.col(column)).otherwise(pl.lit(OTHER)).alias(column)
    order = [*sorted(kept), *([OTHER] if len(kept) < len(names) else [])]
    return frame.with_columns(merged), order


def colour(
    column: str, names: list[str], title: str | None, legend: bool = True, offset: int = 8
) -> alt.Color:
    """Return a colour channel: the n-th name has the n-th colour, "others" the last; its legend `offset` px off."""
    colours = [SERIES[-1] if name == OTHER else SERIES[place % 6] for place, name in enumerate(names)]
    scale = alt.Scale(domain=names, range=colours)
    shown = legend_of(title, names, offset) if legend and len(names) > 1 else None
    return alt.Color(f"{column}:N", scale=scale, legend=shown)


def legend_of(title: str | None, names: list[str], offset: int = 8) -> alt.Legend:
    """Return a legend whose names fit side by side: the longer they are, the fewer stand in a row."""
    longest = max(map(len, names), default=1)
    columns = 4 if longest <= 16 else 3 if longest <= 26 else 2
    limit = cut_at((620 - 40 * columns) // columns, names)
    return alt.Legend(title=title, columns=columns, labelLimit=limit, offset=offset)


def cut_at(limit: int, texts: list[str]) -> int:
    """Return a limit [px] for labels of 11 px, 0 for none where every text surely fits.

    Vega measures each letter of a label twice more where there is a limit.
    """
    return 0 if all(widest(text) <= limit for text in texts) else limit


def widest(text: str) -> float:
    """Return a width [px] that a text of 11 px, bold or not, does not exceed."""
    return sum(
        _NARROW if letter in _NARROW_LETTERS else _USUAL if letter in _USUAL_LETTERS else _WIDE
        for letter in text.replace("\u200b", "")  # which tells alike names apart and has no width
    )


def shape(column: str, names: list[str], title: str | None, legend: bool = False) -> alt.Shape:
    """Return a shape channel beside the colours."""
    shown = legend_of(title, names) if legend and len(names) > 1 else None
    shapes = [SHAPES[place % 7] for place in range(len(names))]
    return alt.Shape(f"{column}:N", scale=alt.Scale(domain=names, range=shapes), legend=shown)


def listed_rows(frame: pl.DataFrame, group: str, item: str) -> tuple[pl.DataFrame, list[str]]:
    """Return a frame with a `row` for each of its rows, and all rows in order, those of a group under its name.

    A group of one item is one row, "group · item", or "group" where all groups have the same one item.
    """
    groups = frame[group].unique(maintain_order=True).to_list()
    alike = frame[item].n_unique() == 1
    order: list[str] = []
    keys: dict[tuple[str, str], str] = {}
    for name in groups:
        items = frame.filter(pl.col(group) == name)[item].unique(maintain_order=True).to_list()
        if len(items) == 1:
            keys[name, items[0]] = name if alike else f"{name} · {items[0]}"
        else:
            order.append(f"{name}{_UNDER}")
            keys |= {(name, found): f"{name}{_UNDER}{found}" for found in items}
        order += [keys[name, found] for found in items]
    pairs = frame.select(group, item).rows()
    return frame.with_columns(pl.Series("row", [keys[pair] for pair in pairs])), order


def shown_rows(order: list[str]) -> list[str]:
    """Return what the axis of `listed_rows` writes beside each row."""
    return [name.rstrip(_UNDER).split(_UNDER)[-1] for name in order]


def params_axis(title: str, ticks: list[float]) -> alt.Axis:
    """Return an axis of counts of parameters, as the field writes them: 10k, 1M, 7B."""
    return alt.Axis(
        title=title, labelExpr="replace(format(datum.value, '~s'), 'G', 'B')", values=ticks, grid=False
    )


def row_axis(order: list[str], limit: int = 250) -> alt.Y:
    """Return the axis of `listed_rows`: names of groups in bold, items under them."""
    names = f"split(datum.value, '{_UNDER}')"
    label = f"{names}[1] ? {names}[1] : {names}[0]"
    bold = {"condition": {"test": f"{names}[1] === ''", "value": 600}, "value": 400}
    cut = cut_at(limit, shown_rows(order))
    axis = alt.Axis(labelExpr=label, labelFontWeight=bold, labelLimit=cut, grid=True, title=None)
    return alt.Y("row:N", sort=order, scale=alt.Scale(domain=order), axis=axis)


def fitted(
    layers: list[Any], width: int, height: int, labels: list[str] | None = None, limit: int = 250
) -> dict[str, Any]:
    """Return layers about `width` px wide with their labels and `height` px high without the legend, as Vega-Lite.

    `labels` stand beside the rows, cut at `limit` px; numbers where there are none. Room for them is reckoned here:
    Vega's own fitting measures each text again for it, which takes a third of the time of a drawing.
    """
    room = _NUMBERS if labels is None else min(limit, round(max(map(_px, labels), default=0))) + _EDGE
    return together("layer", layers, width=width - room, height=height - _X_AXIS)


def together(how: str, charts: list[Any], **more: Any) -> dict[str, Any]:
    """Return charts put together as Vega-Lite: `how` is layer, concat, hconcat or vconcat, `more` stands beside it.

    A chart is one of Altair or a specification from here. Altair's own way copies all that each of them holds, several
    times over.
    """
    datasets: dict[str, Any] = {}
    context = {"datasets": datasets, "top_level": False}
    specs = []
    for chart in charts:
        spec = chart if isinstance(chart, dict) else chart.to_dict(validate=False, context=context)
        datasets |= spec.get("datasets", {})
        specs.append({key: value for key, value in spec.items() if key != "datasets"})
    return {how: specs, "datasets": datasets, **more}


def scales(how: str, *channels: str) -> dict[str, Any]:
    """Return that charts put together have the scales of some channels "shared", or each its own: "independent"."""
    return {"scale": dict.fromkeys(channels, how)}


def _px(label: str) -> float:
    """Return about how wide a label of 11 px is."""
    return sum(_OTHER_LETTERS.get(letter, _LETTER) for letter in label)


def points(base: Any, size: int = 55, **channels: Any) -> tuple[Any, Any]:
    """Return two layers of points that are full when measured or derived, hollow when estimated or assumed."""
    weak = "datum.basis === 'estimated' || datum.basis === 'assumed'"
    outline = base.mark_point(filled=False, size=size, strokeWidth=1.7).encode(**channels)
    inside = base.transform_filter(f"!({weak})").mark_point(filled=True, size=size).encode(**channels)
    return outline, inside
