"""Marks of one look, described once in an SVG and used many times: a scatter becomes half its size."""

import re
from collections import Counter

_POINT = re.compile(r'<path transform="translate\(([-\d.]+),([-\d.]+)\)" (d="[^"]+"[^>]*?)/>')
_RULE = re.compile(
    r'<line transform="translate\(([-\d.]+),([-\d.]+)\)" x2="([-\d.]+)" y2="([-\d.]+)" (stroke="[^>]*?)/>'
)
_SHARED = 8  # marks of one look from which sharing saves bytes


def shared_marks(svg: str, prefix: str) -> str:
    """Return an SVG in which marks of one look are described once: points as definitions, rules as classes.

    `prefix` begins the names of definitions and classes: they must be unique in the page.
    """
    points = _often(_POINT, svg, f"{prefix}m")
    rules = _often(_RULE, svg, f"{prefix}r")
    if not points and not rules:
        return svg

    def point(mark: re.Match[str]) -> str:
        x, y, look = mark.groups()
        return f'<use href="#{points[look]}" x="{x}" y="{y}"/>' if look in points else mark.group()

    def rule(mark: re.Match[str]) -> str:
        x, y, dx, dy, look = mark.groups()
        return f'<path class="{rules[look]}" d="M{x},{y}l{dx},{dy}"/>' if look in rules else mark.group()

    defined = "".join(f'<path id="{name}" {look}/>' for look, name in points.items())
    styles = "".join(f".{name}{{{_css(look)}}}" for look, name in rules.items())
    start = svg.index(">", svg.index("<svg")) + 1
    body = _RULE.sub(rule, _POINT.sub(point, svg[start:]))
    return f"{svg[:start]}<defs>{defined}<style>{styles}</style></defs>{body}"


def _often(mark: re.Pattern[str], svg: str, prefix: str) -> dict[str, str]:
    """Return the looks, the last group of a mark, that many marks have, each with a name."""
    looks = Counter(found[-1] for found in mark.findall(svg))
    return {look: f"{prefix}{place}" for place, (look, n) in enumerate(looks.items()) if n >= _SHARED}


def _css(attributes: str) -> str:
    """Return presentation attributes as declarations."""
    return ";".join(f"{name}:{value}" for name, value in re.findall(r'([\w-]+)="([^"]*)"', attributes))
