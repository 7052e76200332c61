"""The settings of an analysis: place, PUE, water, scoring; from flags, environment and `eco.toml`."""

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user says about the place and the scoring. None is "not said": never guessed.

    region: ISO 3166 alpha-3 country, WORLD, or a US state as US-CA. pue, wue_l_per_kwh: of the site.
    site: a row of the PUE and water tables (desktop, google, …) that stands for both where they are not given.
    co2_g_per_kwh: of the electricity, in place of the region's.
    qf: convention of the quantisation factor in ESS: unit, bits32, or table.
    ess_params: which parameters ESS counts: total, or active (experts models).
    cpu_idle_w, cpu_full_w: two readings of the processor (or the plug) where it has no sensor.
    embodied: whether the study of hardware counts the making of devices.
    latency_bound_s: the latency within which that study also looks for the best device.
    hours: a CSV file of carbon intensity by hour, for the study of place.
    """

    region: str | None = None
    pue: float | None = None
    wue_l_per_kwh: float | None = None
    site: str | None = None
    co2_g_per_kwh: float | None = None
    qf: str = "unit"
    ess_params: str = "total"
    cpu_idle_w: float | None = None
    cpu_full_w: float | None = None
    database: Path = Path("data/eco.duckdb")
    traces: Path = Path("data/traces")
    seed: int = 20251106
    embodied: bool = False
    latency_bound_s: float | None = None
    hours: Path | None = None


def load_settings(**flags: object) -> Settings:
    """Return the settings: flags over `ECO_*` variables over `eco.toml` in this folder over defaults.

    A flag of None counts as not given. Raises `EcoError` for an unknown key or a value of the wrong kind.
    """
    path = Path("eco.toml")
    found: dict[str, object] = tomllib.loads(path.read_text()) if path.is_file() else {}
    names = [field.name for field in fields(Settings)]
    for name in found:
        if name not in names:
            raise EcoError(f"eco.toml: unknown setting {name!r}", f"known: {', '.join(names)}")
    given = {name: os.environ.get(f"ECO_{name.upper()}") for name in names}
    for layer in (given, flags):
        found |= {name: value for name, value in layer.items() if value is not None}
    values: dict[str, Any] = {name: _cast(name, value) for name, value in found.items()}
    return Settings(**values)


_AT_LEAST = {
    "pue": 1.0,
    "wue_l_per_kwh": 0.0,
    "co2_g_per_kwh": 0.0,
    "cpu_idle_w": 0.0,
    "cpu_full_w": 0.0,
    "latency_bound_s": 0.0,
}


def _bounded(name: str, number: float) -> float:
    """Return a factor, or raise `EcoError` where it is below its least possible value, or not finite."""
    if not _AT_LEAST[name] <= number < float("inf"):
        raise EcoError(f"setting {name}: {number:g} is not possible", f"it is at least {_AT_LEAST[name]:g}")
    return number


def _cast(name: str, value: object) -> object:
    """Return a setting's value in the type that the record declares."""
    try:
        if name in _AT_LEAST:
            return _bounded(name, float(str(value)))
        if name == "seed":
            return int(str(value))
    except ValueError as error:
        raise EcoError(f"setting {name}: {value!r} is not a number", f"for example {name} = 1") from error
    if name == "embodied":
        return _truth(name, value)
    return Path(str(value)) if name in ("database", "traces", "hours") else str(value)


def _truth(name: str, value: object) -> bool:
    """Return a setting that is true or false; raises `EcoError` for anything else."""
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(str(value).lower())
    if found is None:
        raise EcoError(f"setting {name}: {value!r} is neither true nor false", f"for example {name} = true")
    return found
