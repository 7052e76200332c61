"""The look of the charts: colours as CSS variables, one colour one meaning, marks that survive print."""

import re
from typing import Any

FONT = "Inter"

# Okabe and Ito (2008), told apart by every common colour vision; near-black in place of black.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#3b3f45")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")

# CSS variable -> (light, dark); print uses light.
COLOURS = {
    "--ink": ("#1a1d21", "#eceff2"),
    "--muted": ("#555c64", "#a9b1ba"),
    "--rule": ("#d9dde2", "#343b43"),
    "--faint": ("#eceff2", "#252b32"),
    "--paper": ("#ffffff", "#101418"),
    "--c0": ("#0072B2", "#56A8DC"),
    "--c1": ("#C04E00", "#F08A4B"),
    "--c2": ("#00805D", "#3DBE94"),
    "--c3": ("#B4558B", "#E29AC4"),
    "--c4": ("#A87000", "#E9B949"),
    "--c5": ("#2B86BD", "#8CCBF2"),
    "--c6": ("#3b3f45", "#c4cad1"),
}
SERIES = tuple(f"var(--c{place})" for place in range(7))
INK, MUTED, RULE, FAINT, PAPER = (
    f"var({name})" for name in ("--ink", "--muted", "--rule", "--faint", "--paper")
)

_AXIS = {
    "labelFontSize": 11,
    "titleFontSize": 11,
    "titleFontWeight": 600,
    "titlePadding": 10,
    "labelPadding": 5,
    "labelLimit": 210,
    "gridColor": FAINT,
    "domainColor": RULE,
    "tickColor": RULE,
    "tickSize": 4,
    "domain": False,
    "ticks": False,
}
_LEGEND = {
    "labelFontSize": 11,
    "titleFontSize": 11,
    "titleFontWeight": 600,
    "titlePadding": 4,
    "titleLimit": 420,
    "orient": "top",
    "labelLimit": 260,
    "symbolSize": 60,
    "offset": 8,
    "columns": 4,
    "columnPadding": 18,
}


def vega_config() -> dict[str, Any]:
    """Return the Vega-Lite configuration of every chart."""
    text = {"labelFont": FONT, "titleFont": FONT, "labelColor": MUTED, "titleColor": INK}
    return {
        "aria": False,
        "background": None,
        "font": FONT,
        "numberFormat": "~r",
        "padding": 4,
        "view": {"stroke": None},
        "axis": {**text, **_AXIS},
        "axisX": {"domain": True, "ticks": True},
        "axisQuantitative": {
            "labelLimit": 0
        },  # numbers are short, and a limit has each of them measured thrice
        "legend": {**text, **_LEGEND},
        "header": {
            "labelFont": FONT,
            "labelFontSize": 11,
            "labelFontWeight": 600,
            "labelColor": INK,
            "title": None,
        },
        "title": {"font": FONT, "fontSize": 11, "fontWeight": 600, "color": INK},
        "text": {"font": FONT, "fontSize": 11, "color": INK},
        "rule": {"color": MUTED},
        "point": {"size": 45, "tooltip": {"content": "data"}},
        "rect": {"tooltip": {"content": "data"}},
        "range": {"category": list(SERIES), "symbol": list(SHAPES)},
    }


def css_variables() -> str:
    """Return the colours as CSS: light, dark where the reader's system asks for it, and either when chosen."""
    light = "".join(f"{name}:{pair[0]};" for name, pair in COLOURS.items())
    dark = "".join(f"{name}:{pair[1]};" for name, pair in COLOURS.items())
    return (
        f":root{{color-scheme:light;{light}}}"
        f'@media screen{{:root[data-theme="dark"]{{color-scheme:dark;{dark}}}}}'
        f'@media screen and (prefers-color-scheme:dark){{:root:not([data-theme="light"])'
        f"{{color-scheme:dark;{dark}}}}}"
    )


def for_paper(svg: str) -> str:
    """Return an SVG for paper: the light colours in place of CSS variables, and see-through paint.

    A mark that is see-through as a whole becomes a group of its own in PDF: a scatter then takes four times the
    bytes and the time. A mark that is painted once, as ours are, looks the same with see-through paint.
    """
    painted = re.sub(r' opacity="([\d.]+)"', r' fill-opacity="\1" stroke-opacity="\1"', svg)
    return re.sub(r"var\((--[a-z0-9]+)\)", lambda found: COLOURS[found.group(1)][0], painted)
