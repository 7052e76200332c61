"""A panel drawn: a static SVG and the Vega specification that brings it to life, cached by content."""

import contextlib
import hashlib
import importlib
import json
import os
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ecoanalysis.records import Panel
from ecoanalysis.report.charts import CHARTS
from ecoanalysis.report.theme import vega_config

ASSETS = Path(__file__).parent / "assets"
_HERE = Path(__file__).parent
WIDTH = 680  # px: one drawing serves page and paper, where 11 px are 7.3 pt
_CACHE_BYTES = 60 * 2**20


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as SVG text whose colours are CSS variables, and as a Vega specification in JSON."""

    svg: str
    vega: str


def drawable(panel: Panel) -> bool:
    """Return whether the panel's chart is known, its columns are there and it has rows."""
    columns = CHARTS.get(panel.chart)
    return columns is not None and panel.frame.height > 0 and set(columns) <= set(panel.frame.columns)


def reduced(panel: Panel) -> Panel:
    """Return a panel with the rows that its chart draws, where it draws means of many; its data are those, too."""
    chart = importlib.import_module(f"ecoanalysis.report.charts.{panel.chart}")
    return replace(panel, frame=chart.reduce(panel.frame)) if hasattr(chart, "reduce") else panel


def draw(panel: Panel, width: int = WIDTH) -> Drawing:
    """Return the drawing of a panel at a width in px; drawn once per content, then read from the cache."""
    path = _cache_folder() / f"{_digest(panel, width)}.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        found = json.loads(path.read_text(encoding="utf-8"))
        os.utime(path)
        return Drawing(found["svg"], found["vega"])
    drawing = _render(panel, width)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps({"svg": drawing.svg, "vega": drawing.vega}), encoding="utf-8")
        part.replace(path)
    return drawing


def trim_cache() -> None:
    """Remove the drawings that were not used for longest, until the rest fit."""
    with contextlib.suppress(OSError):
        files = sorted(_cache_folder().glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        size = 0
        for file in files:
            size += file.stat().st_size
            if size > _CACHE_BYTES:
                file.unlink(missing_ok=True)


def _cache_folder() -> Path:
    """Return the folder of drawings: ECO_CACHE, or the user's cache."""
    base = os.environ.get("ECO_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ecoanalysis" / "figures"


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

    register_fonts()
    chart = importlib.import_module(f"ecoanalysis.report.charts.{panel.chart}")
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
