"""Embodied carbon of a device, amortised over its use."""

from ecoanalysis.identity.devices import find_device
from ecoanalysis.identity.table import read_rows
from ecoanalysis.impact.factor import PACKAGE, Factor, find_factor
from ecoanalysis.records import Quantity

_S_PER_YEAR = 3600 * 24 * 365


def embodied_factor(device: str) -> Factor | None:
    """Return the embodied carbon of a device [kg CO2e] with its bounds, None where the table has none.

    Published figures for one H100 differ by a factor of 3.5: read the bounds.
    """
    spec = find_device(device)
    return find_factor("embodied", spec.name if spec else device)


def embodied_g(
    device: str, duration_s: float, utilisation_ratio: float = 0.6, lifetime_years: float | None = None
) -> Quantity:
    """Return the share of a device's embodied carbon [g CO2e] that a run of `duration_s` carries.

    M · T ÷ (lifetime · utilisation), as the time share of SCI (ISO/IEC 21031:2024); the lifetime is the table's
    (4 years for servers) unless given, the utilisation an assumption. A device without a figure has the value None.
    """
    factor = embodied_factor(device)
    if factor is None:
        return Quantity(None, "g", "assumed", note=f"no embodied carbon is known for {device}")
    years = lifetime_years or _lifetime_years(factor.region)
    share = 1000.0 * duration_s / (years * _S_PER_YEAR * utilisation_ratio)
    note = f"{years:g} years at {utilisation_ratio:.0%} use; {factor.source}"
    return Quantity(
        factor.value * share, "g", "assumed", "board", factor.low * share, factor.high * share, note=note
    )


def _lifetime_years(item: str) -> float:
    """Return the lifetime that the table states for an item."""
    for row in read_rows(PACKAGE, "embodied"):
        if row["region"] == item and row["lifetime_years"]:
            return float(row["lifetime_years"])
    return 4.0
