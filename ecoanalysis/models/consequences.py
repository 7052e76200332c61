"""Carbon, water and ESS of a predicted energy, with the uncertainty of the factors in their intervals."""

import math

from ecoanalysis.impact.carbon import co2_g
from ecoanalysis.impact.factor import Factor
from ecoanalysis.impact.place import Place, site_of
from ecoanalysis.impact.score import ess, quantisation_factor
from ecoanalysis.impact.water import water_l
from ecoanalysis.models.configuration import Configuration
from ecoanalysis.records import Quantity
from ecoanalysis.settings import Settings

LEVEL = 0.90
_TO_90 = 1.645 / 1.960  # factors are bounded at 95 %


def quantities(
    config: Configuration, log_j: float, width: float, place: Place, settings: Settings
) -> tuple[Quantity, Quantity, Quantity, Quantity]:
    """Return energy [J], carbon [g] and water [l] per item and ESS per 1,000 items, log-normal, at 90 %.

    `width` is the half-width of the log energy [ln J]; factors are independent of it.
    """
    site = site_of(config.device.name, config.device.kind)
    pue, wue = place.pue[site], place.wue[site]
    energy_j = math.exp(log_j)
    carbon_g = co2_g(energy_j, place.carbon.value, pue.value)
    water = water_l(energy_j, wue.value, place.ewif.value, pue.value).total_l
    carbon_widths = _combined(width, place.carbon, pue)
    water_widths = _combined(width, place.ewif, wue)
    facts = config.facts
    counted = facts.active_params_count if settings.ess_params == "active" else facts.params_count
    qf = quantisation_factor(config.precision, settings.qf) or 1.0
    score = ess(counted, 1000 * carbon_g, qf)
    return (
        _quantity(energy_j, "J", config.boundary, (width, width)),
        _quantity(carbon_g, "g", config.boundary, carbon_widths),
        _quantity(water, "l", config.boundary, water_widths),
        _quantity(score, "1/g", config.boundary, carbon_widths[::-1]),
    )


def place_sentence(config: Configuration, place: Place) -> str:
    """Return the factors that apply to a device's site, in a sentence."""
    site = site_of(config.device.name, config.device.kind)
    carbon, pue = place.carbon, place.pue[site]
    where = {"SETTING": "as you set", "UNKNOWN": "world average, no region given"}.get(
        carbon.region, carbon.region
    )
    year = f" {carbon.year}" if carbon.year else ""
    assumed = " (assumed)" if pue.status == "assumed" else ""
    return f"{carbon.value:.3g} g CO2e/kWh ({where}{year}), PUE {pue.value:g}{assumed}"


def _combined(width: float, *factors: Factor) -> tuple[float, float]:
    """Return log widths below and above of an energy times independent factors."""
    below = math.sqrt(width**2 + sum((factor.down * _TO_90) ** 2 for factor in factors))
    above = math.sqrt(width**2 + sum((factor.up * _TO_90) ** 2 for factor in factors))
    return below, above


def _quantity(value: float | None, unit: str, boundary: str, widths: tuple[float, float]) -> Quantity:
    """Return an estimate with its interval."""
    if value is None:
        return Quantity(None, unit, "estimated", boundary, level=LEVEL, note="parameters or CO2 unknown")
    return Quantity(
        value, unit, "estimated", boundary, value * math.exp(-widths[0]), value * math.exp(widths[1]), LEVEL
    )
