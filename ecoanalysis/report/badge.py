"""A label card: one configuration's numbers as an SVG that can be checked."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from html import escape
from unicodedata import category

from ecoanalysis.errors import EcoError

_WIDTH, _HEIGHT = 440, 218
_MUTED = "#555c64"
_FONT = 'font-family="Inter, Helvetica, Arial, sans-serif"'


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says; all of it goes into the hash."""

    model: str
    device: str
    precision: str
    item: str
    energy: str
    carbon: str
    water: str
    region: str
    basis: str
    boundary: str
    date: str
    factors_hash: str

    @property
    def digest(self) -> str:
        """16 digits of everything on the card."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def draw_card(card: Card) -> str:
    """Return the card as SVG; its content travels along as metadata, so that `check_card` can recompute the hash."""
    title = _escaped(f"{card.model} on {card.device}: {card.energy} per {card.item}")
    what = " · ".join(part for part in (card.precision, card.device) if part)
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    basis = f"{card.basis}, {card.boundary} boundary · {card.region}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}" {_FONT}>',
        f"<metadata>{escape(json.dumps(asdict(card), sort_keys=True, ensure_ascii=True))}</metadata>",
        f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="6" fill="#fff" stroke="#c9ced4"/>',
        _text(20, 34, _cut(card.model, 36), 18, "600"),
        _text(20, 54, _cut(what, 56), 12.5, fill=_MUTED),
        *_numbers(card),
        f'<line x1="20" x2="{_WIDTH - 20}" y1="156" y2="156" stroke="#1a1d21"/>',
        _text(20, 176, _cut(basis, 64), 11.5, fill=_MUTED),
        _text(20, 196, f"{card.date} · ecoanalysis · verify {card.digest}", 11.5, fill=_MUTED),
    ]
    return "\n".join([*lines, "</svg>", ""])


def _numbers(card: Card) -> list[str]:
    """Return the three numbers, a line each."""
    rows = (
        (f"Energy per {card.item}", card.energy),
        (f"CO₂e per 1,000 {card.item}s", card.carbon),
        (f"Water per 1,000 {card.item}s", card.water),
    )
    lines = []
    for y, (name, value) in zip((84, 114, 144), rows, strict=True):
        lines.append(f'<line x1="20" x2="{_WIDTH - 20}" y1="{y - 19}" y2="{y - 19}" stroke="#d9dde2"/>')
        lines.append(_text(20, y, _cut(name, 30), 13, fill=_MUTED))
        lines.append(_text(_WIDTH - 20, y, value, 15, "600", anchor="end"))
    return lines


def check_card(svg: str) -> Card:
    """Return the card of an SVG whose hash is right. Raises `EcoError` for one that was changed, or is none."""
    found, digest = (
        re.search(r"<metadata>(.*?)</metadata>", svg, re.DOTALL),
        re.search(r"verify ([0-9a-f]{16})", svg),
    )
    if found is None or digest is None:
        raise EcoError("this is not a label card", "draw one: eco badge MODEL")
    from html import unescape

    try:
        card = Card(**json.loads(unescape(found.group(1))))
    except (ValueError, TypeError) as error:
        raise EcoError("this card's content cannot be read", "draw it again: eco badge MODEL") from error
    if card.digest != digest.group(1) or draw_card(card).strip() != svg.strip():
        raise EcoError("this card was changed after it was drawn", "draw it again: eco badge MODEL")
    return card


def _text(
    x: float,
    y: float,
    text: str,
    size: float,
    weight: str = "400",
    fill: str = "#1a1d21",
    anchor: str = "start",
) -> str:
    """Return a line of text."""
    style = f'font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}" {style}>{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    """Return text as XML takes it: a control sign, which no line shows and XML forbids, stands as U+FFFD."""
    return escape("".join("\ufffd" if category(sign)[0] == "C" else sign for sign in text))


def _cut(text: str, limit: int) -> str:
    """Return text that fits its line."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
