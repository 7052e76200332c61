"""Column headings as people write them: the words of a name apart from its unit."""

import re
from dataclasses import dataclass

# What headings call a unit -> what `units.convert` calls it. Case tells MJ from mJ only between brackets.
_UNITS = {
    "w": "W", "watt": "W", "watts": "W", "mw": "mW", "milliwatt": "mW", "milliwatts": "mW", "kw": "kW", "uw": "uW",
    "µw": "uW", "microwatts": "uW",
    "j": "J", "joule": "J", "joules": "J", "mj": "mJ", "millijoules": "mJ", "uj": "uJ", "µj": "uJ",
    "microjoules": "uJ", "kj": "kJ", "wh": "Wh", "mwh": "mWh", "kwh": "kWh",
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "ms": "ms", "msec": "ms", "milliseconds": "ms",
    "us": "us", "µs": "us", "ns": "ns", "min": "min", "minutes": "min", "h": "h", "hours": "h",
    "mib": "MiB", "gib": "GiB", "mb": "MB", "gb": "GB", "bytes": "B", "mhz": "MHz", "ghz": "GHz", "hz": "Hz",
    "percent": "%", "pct": "%", "%": "%", "ratio": "ratio",
}  # fmt: skip
_BRACKETED = re.compile(r"^(.*?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$")
_EXACT = {"MJ": "MJ", "MWh": "MWh"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its name in the file, the words of it in lower case without the unit, the unit or None."""

    name: str
    words: tuple[str, ...]
    unit: str | None

    def has(self, *words: str) -> bool:
        """Say whether one of the words is in it."""
        return bool(set(words) & set(self.words))


def heading(name: str) -> Heading:
    """Return a heading parted: "GPU Power (mW)", "gpu_power_mw" and "gpuPower_mW" are gpu, power in mW.

    A unit is what stands in brackets, or else the last word where that is the name of a unit. "per" and a slash
    keep their words: "J/token" is (j, per, token) without a unit.
    """
    bracketed = _BRACKETED.match(name)
    text, said = (bracketed[1], bracketed[2]) if bracketed else (name, None)
    words = _words(text)
    if said is not None:
        unit = _EXACT.get(said) or _UNITS.get(said.lower())
        return Heading(name, words if unit else (*words, *_words(said)), unit)
    if len(words) > 1 and words[-1] in _UNITS and words[-2] != "per":
        return Heading(name, words[:-1], _UNITS[words[-1]])
    return Heading(name, words, None)


def unit_of(word: str) -> str | None:
    """Return the unit that a word names, None where it names none."""
    return _UNITS.get(word)


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a name in lower case; a slash reads as "per", and camelCase is parted, but no unit is.

    "mWh" stays whole, and so does "powermW": a unit torn from its prefix would be wrong by a factor of 1000.
    """
    found: list[str] = []
    for token in re.findall(r"[A-Za-z0-9µ%]+", text.replace("/", " per ")):
        humps = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", token).lower().split()
        whole = token.lower() in _UNITS or humps[-1] in _UNITS
        found += [token.lower()] if whole else humps
    return tuple(found)
