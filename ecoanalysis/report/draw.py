"""A panel drawn: a static SVG and the Vega specification that brings it to life, cached by content."""

import contextlib
import hashlib
import importlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ecoanalysis.records import Panel
from ecoanalysis.report.cache import keep, stored
from ecoanalysis.report.charts import CHARTS
from ecoanalysis.report.theme import vega_config

ASSETS = Path(__file__).parent / "assets"
_HERE = Path(__file__).parent
WIDTH = 680  # px: one drawing serves page and paper, where 11 px are 7.3 pt


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as SVG text whose colours are CSS variables, and as a Vega specification in JSON."""

    svg: str
    vega: str


def drawable(panel: Panel) -> bool:
    """Return whether the panel's chart is known, its columns are there and it has rows."""
    columns = CHARTS.get(panel.chart)
    return columns is not None and panel.frame.height > 0 and set(columns) <= set(panel.frame.columns)


def draw(panel: Panel, width: int = WIDTH) -> Drawing:
    """Return the drawing of a panel at a width in px; drawn once per content, then read from the cache."""
    name = f"{_digest(panel, width)}.json"
    if kept := stored(name):
        with contextlib.suppress(ValueError, KeyError):  # a damaged file is drawn anew
            found = json.loads(kept)
            return Drawing(found["svg"], found["vega"])
    drawing = _render(panel, width)
    keep(name, json.dumps({"svg": drawing.svg, "vega": drawing.vega}).encode())
    return drawing


def _digest(panel: Panel, width: int) -> str:
    """Return the hash of all that decides the drawing: data, options, size, the chart's code."""
    digest = hashlib.sha256(_code().encode())
    digest.update(json.dumps([panel.chart, panel.options, width], sort_keys=True, default=str).encode())
    digest.update(
        json.dumps([panel.frame.columns, panel.frame.to_dict(as_series=False)], default=str).encode()
    )
    return digest.hexdigest()[:32]


@cache
def _code() -> str:
    """Return the hash of the source of the charts and of the theme."""
    files = [*sorted((_HERE / "charts").glob("*.py")), _HERE / "theme.py", Path(__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _render(panel: Panel, width: int) -> Drawing:
    """Return a panel drawn by Altair and Vega, in this process."""
    import vl_convert
    from altair.utils.schemapi import debug_mode

    register_fonts()
    chart = importlib.import_module(f"ecoanalysis.report.charts.{panel.chart}")
    with debug_mode(False):  # else Altair checks each row of the data against its schema, which takes longest
        spec: dict[str, Any] = chart.draw(panel.frame, panel.options, width).to_dict(validate=False)
    spec["config"] = vega_config()
    vega = vl_convert.vegalite_to_vega(spec, vl_version="6.4")
    svg: str = vl_convert.vega_to_svg(vega)
    return Drawing(_tidy(svg), json.dumps(vega, allow_nan=False, separators=(",", ":"), ensure_ascii=False))


@cache
def register_fonts() -> None:
    """Tell the renderer of our font: without it text has no width."""
    import vl_convert

    vl_convert.register_font_directory(str(ASSETS))


def _tidy(svg: str) -> str:
    """Return an SVG of fewer bytes whose ids start at 0: the renderer counts them over the whole process."""
    ids: dict[str, str] = {}
    for found in re.findall(r'\bid="([^"]+)"', svg):
        ids.setdefault(found, f"i{len(ids)}")
    for old, name in ids.items():
        svg = re.sub(rf'(id="|url\(#|href="#){re.escape(old)}(?=["\)])', rf"\g<1>{name}", svg)
    svg = re.sub(r"<[^>]+>", _short_numbers, svg)  # in tags only: a label says 0.85, not 0.8
    return re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", svg)


def _short_numbers(tag: re.Match[str]) -> str:
    """Return a tag with one decimal in its coordinates."""
    return re.sub(
        r"-?\d+\.\d{2,}", lambda number: f"{float(number.group()):.1f}".removesuffix(".0"), tag.group()
    )
