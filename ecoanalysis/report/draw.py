"""A panel drawn: a static SVG and the Vega specification that brings it to life, cached by content."""

import contextlib
import hashlib
import importlib
import json
import re
from dataclasses import astuple, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ecoanalysis.records import Panel
from ecoanalysis.report.cache import keep, stored
from ecoanalysis.report.charts import CHARTS
from ecoanalysis.report.rows import Rows, as_json
from ecoanalysis.report.theme import vega_config

ASSETS = Path(__file__).parent / "assets"
_HERE = Path(__file__).parent
_DRAWN_BY = ("altair", "vl-convert-python")
WIDTH = 680  # px: one drawing serves page and paper, where 11 px are 7.3 pt


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as SVG text whose colours are CSS variables, and as a Vega specification in JSON.

    `vega` names its data and holds none of them; `rows` is a JSON object of their columns by name.
    """

    svg: str
    vega: str
    rows: str


def drawable(panel: Panel) -> bool:
    """Return whether the panel's chart is known, its columns are there and it has rows."""
    columns = CHARTS.get(panel.chart)
    return columns is not None and panel.frame.height > 0 and set(columns) <= set(panel.frame.columns)


def draw(panel: Panel, width: int = WIDTH) -> Drawing:
    """Return the drawing of a panel at a width in px; drawn once per content, then read from the cache."""
    name = f"{_digest(panel, width)}.drawing"
    if kept := stored(name):
        with contextlib.suppress(ValueError):  # a damaged file is drawn anew
            return _unfolded(kept)
    drawing = _render(panel, width)
    keep(name, _folded(drawing))
    return drawing


def _folded(drawing: Drawing) -> bytes:
    """Return a drawing as bytes: a line with the lengths of its parts, then the parts. JSON takes ten times as long."""
    parts = [part.encode() for part in astuple(drawing)]
    return b" ".join(b"%d" % len(part) for part in parts) + b"\n" + b"".join(parts)


def _unfolded(content: bytes) -> Drawing:
    """Return the drawing that `_folded` wrote. Raises `ValueError` where the lengths do not add up."""
    head, _, body = content.partition(b"\n")
    svg, vega, rows = map(int, head.split())
    if len(body) != svg + vega + rows:
        raise ValueError("not a whole drawing")
    return Drawing(body[:svg].decode(), body[svg : svg + vega].decode(), body[svg + vega :].decode())


def _digest(panel: Panel, width: int) -> str:
    """Return the hash of all that decides the drawing: data, options, size, the chart's code."""
    digest = hashlib.sha256(_code().encode())
    digest.update(json.dumps([panel.chart, panel.options, width], sort_keys=True, default=str).encode())
    digest.update(repr(panel.frame.schema).encode() + panel.frame.write_ndjson().encode())
    return digest.hexdigest()[:32]


@cache
def _code() -> str:
    """Return the hash of the source of the charts and of the theme, of the fonts, and of what draws in its version."""
    files = [*sorted((_HERE / "charts").glob("*.py")), _HERE / "theme.py", _HERE / "rows.py", Path(__file__)]
    digest = hashlib.sha256(repr([version(name) for name in _DRAWN_BY]).encode())
    for file in [*files, *sorted(ASSETS.glob("*.ttf"))]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _render(panel: Panel, width: int) -> Drawing:
    """Return a panel drawn by Altair and Vega, in this process."""
    import vl_convert
    from altair.utils.schemapi import debug_mode

    register_fonts()
    chart = importlib.import_module(f"ecoanalysis.report.charts.{panel.chart}")
    with debug_mode(False):  # else Altair checks each row of the data against its schema, which takes longest
        drawn = chart.draw(panel.frame, panel.options, width)
        spec: dict[str, Any] = drawn if isinstance(drawn, dict) else drawn.to_dict(validate=False)
    spec["config"] = vega_config()
    rows: dict[str, Rows] = spec.pop(
        "datasets", {}
    )  # the compiler needs none of them, and would read them all
    vega = as_json(vl_convert.vegalite_to_vega(spec, vl_version="6.4"))
    full = vega
    for name, found in rows.items():
        full = full.replace(f'{{"name":"{name}"', f'{{"name":"{name}","values":{found.listed()}', 1)
    columns = ",".join(f'"{name}":{found}' for name, found in rows.items())
    return Drawing(_tidy(vl_convert.vega_to_svg(full)), vega, f"{{{columns}}}")


@cache
def register_fonts() -> None:
    """Tell the renderer of our font: without it text has no width."""
    import vl_convert

    vl_convert.register_font_directory(str(ASSETS))


def _tidy(svg: str) -> str:
    """Return an SVG of fewer bytes whose ids start at 0: the renderer counts them over the whole process."""
    ids: dict[str, str] = {}
    for found in re.findall(r' id="([^"]+)"', svg):
        ids.setdefault(found, f"i{len(ids)}")
    if ids:
        named = "|".join(map(re.escape, ids))
        svg = re.sub(rf'(id="|url\(#|href="#)({named})(?=["\)])', lambda mark: mark[1] + ids[mark[2]], svg)
    return re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", _short_numbers(svg))


# a label, or coordinates: opacities and the stops of a gradient stay as they are
_PIECE = re.compile(r'>[^<]+| (?:d|transform|viewBox|width|height|c?[xy]|[xy][12]|r)="[^"]*\.\d\d[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d{2,}")


def _short_numbers(svg: str) -> str:
    """Return an SVG with one decimal in its coordinates, labels as they are: 0.85 is not 0.8.

    Each piece is shortened once: the marks of a scatter repeat their shapes.
    """
    known: dict[str, str] = {}

    def shortened(found: re.Match[str]) -> str:
        text = found[0]
        if text not in known:
            known[text] = text if text[0] == ">" else _NUMBER.sub(_one_decimal, text)
        return known[text]

    return _PIECE.sub(shortened, svg)


def _one_decimal(number: re.Match[str]) -> str:
    """Return a number with one decimal."""
    return f"{float(number[0]):.1f}".removesuffix(".0")
