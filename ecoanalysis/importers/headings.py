"""Column headings as people write them: the words of a name apart from its unit, in English where we know the word."""

import re
import unicodedata
from dataclasses import dataclass

# What headings call a unit -> what `units.convert` calls it. Only MJ and MWh mean another thing in capitals.
_UNITS = {
    "w": "W", "watt": "W", "watts": "W", "mw": "mW", "milliwatt": "mW", "milliwatts": "mW", "kw": "kW", "uw": "uW",
    "microwatts": "uW", "vatios": "W",
    "j": "J", "joule": "J", "joules": "J", "julios": "J", "mj": "mJ", "millijoule": "mJ", "millijoules": "mJ",
    "uj": "uJ", "microjoule": "uJ", "microjoules": "uJ", "kj": "kJ", "kilojoules": "kJ", "wh": "Wh", "mwh": "mWh",
    "kwh": "kWh",
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "ms": "ms", "msec": "ms", "milliseconds": "ms",
    "us": "us", "ns": "ns", "min": "min", "minutes": "min", "h": "h", "hours": "h",
    "mib": "MiB", "gib": "GiB", "mb": "MB", "gb": "GB", "bytes": "B", "mhz": "MHz", "ghz": "GHz", "hz": "Hz",
    "percent": "%", "pct": "%", "%": "%", "ratio": "ratio",
}  # fmt: skip
_BRACKETED = re.compile(r"^(.*?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$")
_EXACT = {"MJ": "MJ", "MWh": "MWh"}
_AFTER = frozenset(
    ("total", "mean", "avg", "average", "median", "used", "consumed")
)  # may follow these units:
_BEFORE = frozenset(("joules", "j", "wh", "mwh", "kwh", "watts", "w"))
# Spanish, Portuguese, Italian, German and French words of such headings, without accents.
_ENGLISH = {
    "energia": "energy", "energie": "energy", "energieverbrauch": "energy", "gesamtenergie": "energy",
    "consumo": "consumption", "consommation": "consumption", "verbrauch": "consumption",
    "leistung": "power", "potencia": "power", "potenza": "power", "puissance": "power",
    "modelo": "model", "modell": "model", "modele": "model", "modello": "model",
    "cuantizacion": "quantization", "quantizacao": "quantization", "quantisierung": "quantization",
    "quantification": "quantization", "quantizzazione": "quantization", "quantisation": "quantization",
    "dispositivo": "device", "gerat": "device", "geraet": "device", "appareil": "device",
    "tarea": "task", "tarefa": "task", "aufgabe": "task", "tache": "task",
    "tiempo": "time", "zeit": "time", "temps": "time", "tempo": "time",
    "dauer": "duration", "duracion": "duration", "duree": "duration", "durata": "duration", "laufzeit": "runtime",
    "latencia": "latency", "latenz": "latency", "latence": "latency",
    "media": "mean", "medio": "mean", "promedio": "mean", "mittelwert": "mean", "mittlere": "mean", "moyenne": "mean",
    "pro": "per", "por": "per", "par": "per",
    "anfrage": "request", "requete": "request", "consulta": "query", "abfrage": "query",
    "bild": "image", "imagen": "image", "generado": "generated", "generados": "generated",
    "gesamt": "total", "totale": "total",
}  # fmt: skip


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

    A unit is what stands in brackets, or else the last word where that is the name of a unit; "total", "mean" and
    the like may follow it. "per" and a slash keep their words: "J/token" is (j, per, token) without a unit.
    """
    plain = _plain(name)
    bracketed = _BRACKETED.match(plain)
    text, said = (bracketed[1], bracketed[2]) if bracketed else (plain, None)
    words = _words(text)
    if said is not None:
        unit = _EXACT.get(said) or _UNITS.get(said.lower())
        return Heading(name, words if unit else (*words, *_words(said)), unit)
    after = len(words) > 1 and words[-1] in _AFTER and words[-2] in _BEFORE
    at = len(words) - (2 if after else 1)
    if len(words) > 1 and words[at] in _UNITS and (at == 0 or words[at - 1] != "per"):
        return Heading(name, (*words[:at], *words[at + 1 :]), _unit(text, words[at]))
    return Heading(name, words, None)


def _unit(text: str, word: str) -> str | None:
    """Return the unit that a word of a name means: "energy_MJ" is MJ; in a name all in capitals MJ may be mJ: None."""
    written = next((exact for exact in _EXACT if exact.lower() == word and exact in text), None)
    return _UNITS[word] if written is None else None if text.isupper() else _EXACT[written]


def unit_of(word: str) -> str | None:
    """Return the unit that a word names, None where it names none."""
    return _UNITS.get(word)


def _plain(name: str) -> str:
    """Return a name without accents, the micro sign as u."""
    parted = unicodedata.normalize("NFKD", name.replace("µ", "u").replace("μ", "u"))
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a name in lower case; a slash reads as "per", and camelCase is parted, but no unit is.

    "mWh" stays whole, and so does "powermW": a unit torn from its prefix would be wrong by a factor of 1000.
    """
    found: list[str] = []
    for token in re.findall(r"[A-Za-z0-9%]+", text.replace("/", " per ")):
        humps = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", token).lower().split()
        whole = token.lower() in _UNITS or humps[-1] in _UNITS
        found += [token.lower()] if whole else humps
    return tuple(_ENGLISH.get(word, word) for word in found)
