"""powermetrics' text cut into blocks: each the powers of an interval, with what contradicts itself in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from ecoanalysis.importers.times import NS, parse_time

BLOCK = re.compile(r"\*\*\* Sampled system activity \(([^)]*)\) \(([\d.]+)ms elapsed\) \*\*\*")
_BEGUN = re.compile(
    r"^.*(?:\*\*\* Sampled|ms elapsed\)).*$", re.MULTILINE
)  # a block's first line, damaged or not
POWER = re.compile(r"^(CPU|GPU|ANE|DRAM|Package) Power:\s*([\d.]+)\s*(mW|W)\s*$", re.MULTILINE)
_COMBINED = re.compile(r"^Combined Power \(CPU \+ GPU \+ ANE\):\s*([\d.]+)\s*(mW|W)\s*$", re.MULTILINE)
_INTEL = re.compile(r"Intel energy model derived package power[^:]*:\s*([\d.]+)W")
_ROUNDING_W, _ROUNDING = 0.002, 0.01  # each power is a whole number of milliwatts
_STAMP_S = 1.5  # two stamps of whole seconds
_STATED = ("CPU", "GPU", "ANE")


@dataclass(frozen=True, slots=True)
class Block:
    """One interval: when it began and ended [s, since the first], its powers by part [W]; `ended_utc_ns` as stamped.

    `denied` says that its powers contradict each other, `lost_s` how long before it nothing was written.
    """

    begin_s: float
    end_s: float
    ended_utc_ns: int | None
    powers_w: dict[str, float]
    denied: bool
    lost_s: float


def blocks(text: str, zone: tzinfo) -> Iterator[Block]:
    """Yield the blocks of a text; where the stamps say that time is missing between two, the later begins later."""
    found = list(BLOCK.finditer(text))
    clock, before, stamp = 0.0, "", None
    for place, first in enumerate(found):
        whole = text[first.start() : found[place + 1].start() if place + 1 < len(found) else len(text)]
        span = float(first[2]) / 1e3 if re.fullmatch(r"\d+(\.\d+)?", first[2]) else 0.0
        ended = parse_time(first[1], zone)[0]
        beyond = 0.0 if ended is None or stamp is None else (ended - stamp) / NS - span
        lost = beyond if beyond > _STAMP_S else 0.0
        powers, denied = _powers(whole[first.end() - first.start() :])
        denied = denied or beyond < -_STAMP_S or whole.strip() == before.strip()
        yield Block(clock + lost, clock + lost + span, ended, powers, denied, lost)
        clock, before, stamp = clock + lost + span, whole, ended or stamp


def broken(text: str) -> int:
    """Return how many first lines of blocks cannot be read, and powers that stand before the first."""
    found = BLOCK.search(text)
    headless = POWER.findall(text[: found.start()] if found else text)
    return sum(not BLOCK.search(line) for line in _BEGUN.findall(text)) + bool(headless)


def _powers(body: str) -> tuple[dict[str, float], bool]:
    """Return the powers of a block by part [W], and whether they contradict each other."""
    said = [(part, _watts(value, unit)) for part, value, unit in POWER.findall(body)]
    said += [("CPU", float(value)) for value in _INTEL.findall(body) if _is_number(value)]
    powers = {part: watts for part, watts in said if watts is not None}
    twice = any(_is_denied([watts for other, watts in said if other == part], part) for part in powers)
    parts = sum(powers.get(part, 0.0) for part in (*_STATED, "DRAM"))
    above = "Package" in powers and _exceeds(parts, powers["Package"])
    sums = [_watts(value, unit) for value, unit in _COMBINED.findall(body)]
    three = sum(powers.get(part, 0.0) for part in _STATED)
    off = len(sums) > 1 or any(
        total is None or _exceeds(total, three) or _exceeds(three, total) for total in sums
    )
    return powers, twice or above or (off and set(_STATED) <= powers.keys())


def _is_denied(said_w: list[float | None], part: str) -> bool:
    """Say whether a part has more powers than its block prints: the GPU has the same one again under "GPU usage"."""
    if len(said_w) == 1:
        return False
    one, other = said_w[0], said_w[-1]
    alike = one is not None and other is not None and not (_exceeds(one, other) or _exceeds(other, one))
    return part != "GPU" or len(said_w) > 2 or not alike


def _exceeds(one_w: float, other_w: float) -> bool:
    """Say whether a power is above another by more than rounding makes it."""
    return one_w > other_w * (1 + _ROUNDING) + _ROUNDING_W


def _watts(value: str, unit: str) -> float | None:
    """Return a power in W, None for what is no number."""
    return float(value) * (1e-3 if unit == "mW" else 1.0) if _is_number(value) else None


def _is_number(text: str) -> bool:
    """Say whether digits and points are a number."""
    return re.fullmatch(r"\d+(\.\d*)?|\.\d+", text) is not None
