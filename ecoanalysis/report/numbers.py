"""The one formatter of numbers: digits follow the uncertainty, units are scaled, zero is never made up."""

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ecoanalysis.records import Quantity

THIN = "\u202f"  # narrow no-break space: between groups of digits, and before a unit
_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P"}
_SCALED = ("J", "W", "g", "l", "L", "s", "Hz", "Wh", "FLOP")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LATEX_PREFIX = {"p": r"\pico", "n": r"\nano", "µ": r"\micro", "m": r"\milli", "": "", "k": r"\kilo"}
_LATEX_PREFIX |= {"M": r"\mega", "G": r"\giga", "T": r"\tera", "P": r"\peta"}
_LATEX_BASE = {"J": r"\joule", "W": r"\watt", "g": r"\gram", "L": r"\litre", "s": r"\second", "Hz": r"\hertz"}
_LATEX_BASE |= {"%": r"\percent", "t": r"\tonne", "kWh": r"\kWh"}
_SYMMETRY = 1.3  # sides of an interval that differ by less than this are shown as ±
# An uncertainty from this share of the value on is shown as a range: "± 60 %" misleads. A hair below a half: that is
# the bound of many estimates, and the page, which gets seven digits of each number, must not see another side of it.
_WIDE = 0.49999


@dataclass(frozen=True, slots=True)
class Shown:
    """A number ready for a page: `spread` with ±, or `low` and `high`; plain digits without groups.

    `exponent` multiplies all of them by a power of ten that no prefix of the unit could take.
    """

    value: str
    unit: str
    prefix: str = ""
    base: str = ""
    per: str = ""
    spread: str | None = None
    low: str | None = None
    high: str | None = None
    exponent: int = 0
    estimated: bool = False

    def text(self, unit: bool = True) -> str:
        """Return the number as people read it; an estimate begins with ≈."""
        core = _grouped(self.value)
        power = f"{THIN}×{THIN}10{str(self.exponent).translate(_SUPERSCRIPT)}" if self.exponent else ""
        if self.spread is not None:
            core = f"{core}{THIN}±{THIN}{_grouped(self.spread)}"
            core = f"({core}){power}" if power else core
        elif self.low is not None and self.high is not None:
            core = f"{core}{power} ({_grouped(self.low)}–{_grouped(self.high)}{')' if not power else power + ')'}"
        else:
            core += power
        gap = "" if self.unit == "×" else THIN
        shown = f"{core}{gap}{self.unit}" if unit and self.unit else core
        return f"≈{THIN}{shown}" if self.estimated else shown

    def latex(self) -> str:
        """Return the number as siunitx typesets it."""
        power = f"e{self.exponent}" if self.exponent else ""
        number = f"{self.value} +- {self.spread}{power}" if self.spread is not None else self.value + power
        body = rf"\num{{{number}}}"
        if self.low is not None and self.high is not None:
            body += rf" (\numrange{{{self.low}{power}}}{{{self.high}{power}}})"
        if self.unit:
            body += rf"\,\unit{{{_latex_unit(self)}}}"
        return (r"$\approx$\," if self.estimated else "") + body


def show(quantity: Quantity, unit_exponent: int | None = None) -> Shown | None:
    """Return a quantity ready to be shown, None when it is unknown.

    `unit_exponent` forces the power of ten of the unit's prefix, so that a column shares one unit.
    """
    value = quantity.value
    if value is None or not math.isfinite(value):
        return None
    base, per = _split(quantity.unit)
    if base == "ratio":
        base, scale, exponent = "%", 100.0, 0
    elif unit_exponent is None:
        exponent = prefix_exponent(value, quantity.unit)
        scale = 10.0**-exponent
    else:
        exponent, scale = unit_exponent, 10.0**-unit_exponent
    prefix = _PREFIXES.get(exponent, "")
    low = None if quantity.low is None else quantity.low * scale
    high = None if quantity.high is None else quantity.high * scale
    written = _written(value * scale, low, high)
    symbol = {"l": "L", "1": "", "x": "×"}.get(base, base)
    if symbol == "g" and exponent == 6:
        prefix, symbol = "", "t"
    name = f"{prefix}{symbol}{per}"
    weak = quantity.basis in ("estimated", "assumed")
    return Shown(unit=name, prefix=prefix, base=symbol, per=per, estimated=weak, **written)  # type: ignore[arg-type]


def text(quantity: Quantity, unit: bool = True) -> str:
    """Return a quantity as text, an en dash when it is unknown."""
    shown = show(quantity)
    return "–" if shown is None else shown.text(unit)


def kept(words: str) -> str:
    """Return a sentence whose numbers look like all others, and in which no line breaks inside one.

    Digits stand in groups as `count` has them, a minus is one, intervals and per cent signs stay with their digits.
    """
    words = re.sub(
        r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])", lambda n: _grouped(n[0].replace(",", "")), words
    )
    words = re.sub(r"(?<=[\s(])-(?= ?\d)", "\u2212", words)
    words = re.sub(r"(?<=\d) ?%", f"{THIN}%", words)
    return re.sub(r"(?<=\d)–(?=[\d\u2212])", "\u2060–\u2060", words)


def halves(shown: str) -> tuple[str, str]:
    """Return a shown number cut before its decimal point, or after its last whole digit: what a column aligns at."""
    found = re.match(rf"(?:≈{THIN})?[(]?[\u2212\d{THIN}]*\d", shown)
    end = found.end() if found else len(shown)
    return shown[:end], shown[end:]


def prefix_exponent(value: float, unit: str) -> int:
    """Return the power of ten of the SI prefix that puts `value` in 1 … 1,000, 0 for a unit that takes none."""
    base, per = _split(unit)
    if base not in _SCALED or value == 0 or not math.isfinite(value) or "Wh" in per:
        return 0
    exponent = 3 * math.floor(math.log10(abs(value)) / 3 + 1e-12)
    if base in ("s", "l", "L"):
        exponent = min(exponent, 0)
    return max(-12, min(exponent, 6 if base == "g" else 15))


def column_exponent(values: list[float | None], unit: str) -> int | None:
    """Return one prefix for a column, None where its numbers span too many decades to share a unit."""
    known = sorted(abs(value) for value in values if value)
    if not known:
        return 0
    if known[-1] / known[0] > 1e4:
        return None
    return prefix_exponent(known[len(known) // 2], unit)


def plain(value: float, digits: int = 3) -> str:
    """Return a number without interval: significant digits, grouped, never a made-up zero."""
    shown = _written(value, None, None, digits)
    return Shown(unit="", **shown).text()  # type: ignore[arg-type]


def count(number: float) -> str:
    """Return a whole number with its digits in groups of three."""
    return _grouped(f"{number:.0f}")


def _written(value: float, low: float | None, high: float | None, digits: int = 3) -> dict[str, object]:
    """Return the digits of a value with its bounds, all rounded alike."""
    biggest = abs(value) or abs(high or 0.0)
    exponent = 0
    if biggest and (biggest < 1e-3 or biggest >= 1e7):
        exponent = math.floor(math.log10(biggest))
        factor = 10.0**-exponent
        value *= factor
        low, high = (None if bound is None else bound * factor for bound in (low, high))
    if low is None or high is None or high <= low:
        return {"value": _significant(value, digits), "exponent": exponent}
    below, above = value - low, high - value
    half = max(below, above)
    even = min(below, above) > 0 and half / min(below, above) < _SYMMETRY
    if even and half < _WIDE * abs(value):
        places = _places(half)
        return {"value": _fixed(value, places), "spread": _fixed(half, places), "exponent": exponent}
    narrow = min(gap for gap in (below, above, half) if gap > 0)
    if half < 0.2 * abs(value):
        places = _places(narrow)
        bounds = {"low": _fixed(low, places), "high": _fixed(high, places)}
        return {"value": _fixed(value, places), "exponent": exponent, **bounds}
    bounds = {"low": _significant(low, 2), "high": _significant(high, 2)}
    return {"value": _significant(value, 2), "exponent": exponent, **bounds}


def _places(half: float) -> int:
    """Return the decimals that give an uncertainty one digit, two when it begins with 1 or 2."""
    exponent = math.floor(math.log10(half))
    leading = round(half / 10.0**exponent, 1)
    return (1 if leading < 2.95 else 0) - exponent


def _fixed(value: float, places: int) -> str:
    """Return a number rounded to decimals, ties upwards as browsers do; negative places round before the point."""
    step = Decimal(1).scaleb(-places)
    rounded = (Decimal(value) / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    return f"{rounded:.{max(places, 0)}f}".replace("-", "\u2212")


def _significant(value: float, digits: int) -> str:
    """Return a number with significant digits and no exponent."""
    if value == 0:
        return "0"
    return _fixed(value, digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}")))))


def _grouped(digits: str) -> str:
    """Return digits in groups of three from ten thousand on."""
    whole, _, rest = digits.partition(".")
    if len(whole.lstrip("\u2212")) > 4:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", THIN, whole)
    return f"{whole}.{rest}" if rest else whole


def _split(unit: str) -> tuple[str, str]:
    """Return a unit's numerator and the rest with its slash."""
    base, slash, rest = unit.partition("/")
    return base, slash + rest


def _latex_unit(shown: Shown) -> str:
    """Return a unit as siunitx macros, with what it is per as text."""
    per = shown.per.removeprefix("/")
    base, below = (_LATEX_BASE.get(name, rf"\text{{{name}}}") for name in (shown.base, per))
    below = rf"\per{below}" if per else ""
    return _LATEX_PREFIX.get(shown.prefix, "") + base + below
