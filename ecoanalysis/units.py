"""Conversion of foreign units to the ones used inside: J, W, s, g, l, bytes, Hz, kelvin-free °C, ratios."""

from ecoanalysis.errors import EcoError

# unit -> (dimension, factor to the unit used inside)
_UNITS: dict[str, tuple[str, float]] = {
    "J": ("energy", 1.0),
    "mJ": ("energy", 1e-3),
    "uJ": ("energy", 1e-6),
    "µJ": ("energy", 1e-6),
    "kJ": ("energy", 1e3),
    "MJ": ("energy", 1e6),
    "Wh": ("energy", 3600.0),
    "mWh": ("energy", 3.6),
    "kWh": ("energy", 3.6e6),
    "MWh": ("energy", 3.6e9),
    "W": ("power", 1.0),
    "mW": ("power", 1e-3),
    "uW": ("power", 1e-6),
    "kW": ("power", 1e3),
    "s": ("time", 1.0),
    "ms": ("time", 1e-3),
    "us": ("time", 1e-6),
    "µs": ("time", 1e-6),
    "ns": ("time", 1e-9),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "g": ("mass", 1.0),
    "mg": ("mass", 1e-3),
    "kg": ("mass", 1e3),
    "t": ("mass", 1e6),
    "l": ("volume", 1.0),
    "L": ("volume", 1.0),
    "ml": ("volume", 1e-3),
    "mL": ("volume", 1e-3),
    "m3": ("volume", 1e3),
    "B": ("data", 1.0),
    "KiB": ("data", 1024.0),
    "MiB": ("data", 1024.0**2),
    "GiB": ("data", 1024.0**3),
    "kB": ("data", 1e3),
    "MB": ("data", 1e6),
    "GB": ("data", 1e9),
    "Hz": ("frequency", 1.0),
    "kHz": ("frequency", 1e3),
    "MHz": ("frequency", 1e6),
    "GHz": ("frequency", 1e9),
    "ratio": ("ratio", 1.0),
    "%": ("ratio", 1e-2),
}

J_PER_KWH = _UNITS["kWh"][1]


def convert(value: float, unit: str, to: str) -> float:
    """Return `value`, given in `unit`, in the unit `to`.

    >>> convert(2.5, "kWh", "J")
    9000000.0

    Raises `EcoError` for an unknown unit, or for units of different dimensions.
    """
    for name in (unit, to):
        if name not in _UNITS:
            raise EcoError(f"unknown unit {name!r}", f"use one of: {', '.join(_UNITS)}")
    (dimension, factor), (wanted, divisor) = _UNITS[unit], _UNITS[to]
    if dimension != wanted:
        raise EcoError(f"{unit} is a {dimension}, {to} a {wanted}", "check the unit of the column")
    return value * factor / divisor


def is_unit(name: str) -> bool:
    """Return whether `convert` knows a unit of that name."""
    return name in _UNITS
