"""The plain figures that stand beside the score: per item, per joule, per thousand items."""

from dataclasses import dataclass

from ecoanalysis.impact.carbon import co2_g
from ecoanalysis.impact.embodied import embodied_g
from ecoanalysis.impact.place import Place, site_of
from ecoanalysis.impact.water import water_l


@dataclass(frozen=True, slots=True)
class Companions:
    """Figures of one item, or of 1,000. `sci_g_per_item` is ((E · I) + M) ÷ R with one item as functional unit.

    `sci_g_per_item` leaves the embodied part out, and `embodied_known` says so, where none is known.
    """

    energy_per_item_j: float
    items_per_j: float
    wh_per_1000_items: float
    co2_g_per_1000_items: float
    water_ml_per_1000_items: float
    sci_g_per_item: float
    embodied_known: bool


def companions(
    energy_per_item_j: float,
    place: Place,
    device: str | None,
    kind: str | None,
    duration_per_item_s: float | None = None,
    devices_count: int = 1,
) -> Companions:
    """Return the plain figures of an IT energy per item [J], above 0, at a place.

    `duration_per_item_s` is how long `devices_count` devices are reserved per item: the embodied share of SCI
    (ISO/IEC 21031:2024) needs it.
    """
    site = site_of(device, kind)
    pue, wue = place.pue[site].value, place.wue[site].value
    gram = co2_g(energy_per_item_j, place.carbon.value, pue)
    litre = water_l(energy_per_item_j, wue, place.ewif.value, pue).total_l
    share = embodied_g(device, duration_per_item_s).value if device and duration_per_item_s else None
    return Companions(
        energy_per_item_j=energy_per_item_j,
        items_per_j=1 / energy_per_item_j,
        wh_per_1000_items=energy_per_item_j / 3.6,
        co2_g_per_1000_items=1e3 * gram,
        water_ml_per_1000_items=1e6 * litre,
        sci_g_per_item=gram + (share or 0.0) * devices_count,
        embodied_known=share is not None,
    )
