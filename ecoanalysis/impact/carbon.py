"""Operational carbon of an energy: location-based, average."""

from ecoanalysis.units import J_PER_KWH


def co2_g(energy_j: float, co2_g_per_kwh: float, pue: float = 1.0) -> float:
    """Return the operational emissions [g CO2e] of an IT energy [J]: E · PUE · I.

    `co2_g_per_kwh` is the intensity of the electricity [g/kWh], `pue` the facility's energy over its IT energy
    (ISO/IEC 30134-2); pass 1 for an energy that includes the facility's share.

    >>> round(co2_g(0.1 * 3.6e6, 367.8, 1.2), 6)
    44.136
    """
    return energy_j / J_PER_KWH * pue * co2_g_per_kwh
