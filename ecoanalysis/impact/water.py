"""Water that an energy consumes, on site and where its electricity is made."""

from dataclasses import dataclass

from ecoanalysis.units import J_PER_KWH


@dataclass(frozen=True, slots=True)
class Water:
    """Litres consumed (not withdrawn): by cooling on site, and by power plants off site."""

    onsite_l: float
    offsite_l: float

    @property
    def total_l(self) -> float:
        """Both together [l]."""
        return self.onsite_l + self.offsite_l


def water_l(energy_j: float, wue_l_per_kwh: float, ewif_l_per_kwh: float, pue: float = 1.0) -> Water:
    """Return the water of an IT energy [J]: E · (WUE + PUE · EWIF), its two terms apart.

    WUE is per kWh of IT (ISO/IEC 30134-9), EWIF per kWh delivered to the facility. Hydropower is charged all of its
    reservoirs' evaporation where the factor is WRI's (Reig et al. 2020). Form: Li, Yang, Islam, Ren 2025,
    doi:10.1145/3724499. Water does not depend on carbon.
    """
    energy_kwh = energy_j / J_PER_KWH
    return Water(energy_kwh * wue_l_per_kwh, energy_kwh * pue * ewif_l_per_kwh)
