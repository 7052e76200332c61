"""The numbers of a configuration as quantities, each with how it was obtained."""

from typing import Any

from ecoanalysis.impact.factor import Factor
from ecoanalysis.records import Basis, Quantity

METHODS = {
    "specification": "estimated from the processor's specification and its utilisation",
    "utilisation": "estimated from utilisation by a model of the device",
    "counter": "difference of the hardware's energy counter",
    "power": "power samples, integrated by the trapezoidal rule",
    "reported": "as its source states it",
}
BOUNDARIES = {
    "package": "processor package",
    "board": "one accelerator board",
    "module": "one module of processor and accelerator",
    "dram": "main memory",
    "platform": "whole platform",
    "node": "all metered devices of the machine",
    "wall": "machine at the wall socket",
    "facility": "facility meter",
}


def energy(row: dict[str, Any]) -> Quantity:
    """Return the energy per item [J]."""
    return Quantity(
        row["energy_per_item_j"],
        "J",
        row["basis"],
        row["boundary"],
        row["low_per_item_j"],
        row["high_per_item_j"],
        note=how(row),
    )


def carbon(row: dict[str, Any], items: float = 1000.0) -> Quantity:
    """Return the grams of CO2e of so many items."""
    note = f"E · PUE · I with PUE {row['pue']:g} and {row['co2_g_per_kwh']:g} g/kWh; {how(row)}"
    return _scaled(row, "co2_g_per_item", "co2_low_g_per_item", "co2_high_g_per_item", "g", items, note)


def water(row: dict[str, Any], items: float = 1000.0) -> Quantity:
    """Return the litres of water of so many items."""
    note = (
        f"E · (WUE + PUE · EWIF) with WUE {row['wue_l_per_kwh']:g}, PUE {row['pue']:g} and "
        f"EWIF {row['ewif_l_per_kwh']:g} L/kWh; {how(row)}"
    )
    return _scaled(row, "water_l_per_item", "water_low_l_per_item", "water_high_l_per_item", "l", items, note)


def score(row: dict[str, Any]) -> Quantity:
    """Return ESS: effective parameters [M] per gram of CO2e of 1,000 items."""
    reason = row["undefined_because"]
    note = reason or (
        f"{row['effective_params_m']:.6g} M effective parameters ({row['params_kind']}, QF {row['qf']:g}, convention "
        f"{row['qf_convention']}) ÷ g CO₂e of 1,000 items"
    )
    return Quantity(
        row["ess"], "", basis_of(row), row["boundary"], row["ess_low"], row["ess_high"], note=note
    )


def intensity(factor: Factor) -> Quantity:
    """Return a factor per kWh; one that was taken for want of a statement is an assumption."""
    low, high = (factor.low, factor.high) if factor.high > factor.low else (None, None)
    basis: Basis = "assumed" if factor.status == "assumed" else "derived"
    return Quantity(factor.value, factor.unit, basis, None, low, high, note=factor.source)


def basis_of(row: dict[str, Any]) -> Basis:
    """Return the basis of what follows from an energy: the weaker of the energy's and of the place's."""
    weak: Basis = row["basis"] if row["basis"] in ("estimated", "assumed") else "derived"
    return "estimated" if weak == "estimated" else row["impact_basis"] or weak


def how(row: dict[str, Any]) -> str:
    """Return how a cell's energy was obtained, in a sentence."""
    method = METHODS.get(str(row["method"]), str(row["method"] or "method not stated"))
    repeats = int(row["repeats"])
    boundary = BOUNDARIES.get(str(row["boundary"]), str(row["boundary"]))
    idle = {"gross": "idle power included", "net": "idle power subtracted"}.get(
        str(row["idle_treatment"]), ""
    )
    runs = "one run" if repeats == 1 else f"mean of {repeats} runs"
    sensor = row.get("sensor")
    read = f"sensor: {sensor}" if sensor and sensor.lower() not in method.lower() else ""
    parts = (method, read, f"boundary: {boundary}", idle, runs, f"data: {row['dataset']}")
    return "; ".join(part for part in parts if part)


def _scaled(
    row: dict[str, Any], value: str, low: str, high: str, unit: str, items: float, note: str
) -> Quantity:
    """Return an impact of so many items."""
    numbers = [None if row[name] is None else row[name] * items for name in (value, low, high)]
    return Quantity(numbers[0], unit, basis_of(row), row["boundary"], numbers[1], numbers[2], note=note)
