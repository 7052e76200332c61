"""Marks of one look, drawn once in an SVG and used many times: a scatter becomes half its size."""

import re
from collections import Counter

_MARK = re.compile(r'<path transform="translate\(([-\d.]+),([-\d.]+)\)" (d="[^"]+"[^>]*?)/>')
_SHARED = 8  # marks of one look from which sharing saves bytes


def shared_marks(svg: str) -> str:
    """Return an SVG in which marks of one look are defined once."""
    looks = Counter(look for _, _, look in _MARK.findall(svg))
    shared = {look: f"im{place}" for place, (look, n) in enumerate(looks.items()) if n >= _SHARED}
    if not shared:
        return svg

    def used(mark: re.Match[str]) -> str:
        x, y, look = mark.groups()
        return f'<use href="#{shared[look]}" x="{x}" y="{y}"/>' if look in shared else mark.group()

    defined = "".join(f'<path id="{name}" {look}/>' for look, name in shared.items())
    start = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:start]}<defs>{defined}</defs>{_MARK.sub(used, svg[start:])}"
