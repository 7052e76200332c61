"""The factors of a place, as far as the settings say where it is; nothing is guessed."""

import re
from dataclasses import dataclass

from collectors.trace.records import Note
from ecoanalysis.errors import EcoError
from ecoanalysis.identity.devices import find_device
from ecoanalysis.impact.factor import UNKNOWN, Factor, factors_hash, find_factor, given, unknown_region
from ecoanalysis.settings import Settings

# Machines and processors that stand on desks, in laptops and in the field; others are in servers, or unknown.
_PERSONAL = re.compile(
    r"\bcore (?:i\d|ultra|2)|\bi\d-\d|ryzen|pentium|celeron|athlon|\bapple\b|macbook|laptop|desktop|raspberry|\brpi\d"
    r"|cortex-a|carmel|gb10|snapdragon|jetson|xavier|\borin\b",
    re.IGNORECASE,
)
_PERSONAL_KINDS = ("consumer_gpu", "board", "battery")


@dataclass(frozen=True, slots=True)
class Place:
    """The factors of a place. Water on site and PUE depend on where a machine stands: see `site_of`.

    carbon: g/kWh; ewif: l/kWh of electricity; pue: ratio; wue: l/kWh of IT, by kind of site.
    """

    carbon: Factor
    ewif: Factor
    pue: dict[str, Factor]
    wue: dict[str, Factor]
    notes: tuple[Note, ...]

    @property
    def hash(self) -> str:
        """16 digits that change whenever one of the factors does."""
        return factors_hash([self.carbon, self.ewif, *self.pue.values(), *self.wue.values()])

    @property
    def region(self) -> str:
        """The region that the carbon factor is of, SETTING for one that the user states."""
        return self.carbon.region


def find_place(settings: Settings) -> Place:
    """Return the factors that the settings name, the world's with a wide interval where they name none.

    Raises `EcoError` for a region or site that the tables do not have, with near ones.
    """
    carbon, ewif = _carbon(settings), _electricity_water(settings)
    pue = {
        kind: _of_site("pue", None, "pue", settings.pue, settings.site, kind)
        for kind in ("desktop", "datacenter")
    }
    wue = {
        kind: _of_site("water", "site", "wue_l_per_kwh", settings.wue_l_per_kwh, settings.site, kind)
        for kind in ("desktop", "datacenter")
    }
    return Place(carbon, ewif, pue, wue, _notes(settings, carbon, pue["datacenter"], wue["datacenter"]))


def site_of(device: str | None, kind: str | None) -> str:
    """Return "desktop" for a device that stands in homes, offices or the field, "datacenter" for any other.

    `kind` is a kind of `collectors.trace.Device`; of a CPU or a whole machine the name decides, and one of a name
    that says nothing counts as a server.
    """
    if kind in _PERSONAL_KINDS:
        return "desktop"
    spec = find_device(device)
    if spec is not None and spec.kind in _PERSONAL_KINDS:
        return "desktop"
    name = re.sub(r"\((?:r|tm)\)", "", device or "", flags=re.IGNORECASE)
    return "desktop" if _PERSONAL.search(name) else "datacenter"


def _carbon(settings: Settings) -> Factor:
    """Return the carbon intensity of the electricity [g/kWh]."""
    if settings.co2_g_per_kwh is not None:
        return given(settings.co2_g_per_kwh, "g/kWh", "co2_g_per_kwh")
    region = settings.region or UNKNOWN
    found = find_factor("carbon", "USA" if region.upper().startswith("US-") else region)
    if found is None:
        raise unknown_region("carbon", region)
    return found


def _electricity_water(settings: Settings) -> Factor:
    """Return the water that the electricity consumes where it is made [l/kWh]."""
    region = settings.region or UNKNOWN
    found = find_factor("water", region, "electricity")
    if found is None and region.upper().startswith("US-"):
        found = find_factor("water", "USA", "electricity")
    if found is None and find_factor("carbon", region):
        found = find_factor("water", UNKNOWN, "electricity")
    if found is None:
        raise unknown_region("water", region, "electricity")
    return found


def _of_site(
    table: str, kind: str | None, setting: str, value: float | None, site: str | None, of: str
) -> Factor:
    """Return a factor of the site: the setting, the named site's row, or the assumption for its kind."""
    if value is not None:
        return given(value, "ratio" if table == "pue" else "l/kWh", setting)
    if site is not None:
        found = find_factor(table, site, kind)
        if found is None and not (find_factor("pue", site) or find_factor("water", site, "site")):
            raise unknown_region("pue", site)
        if found is not None:
            return found
    assumed = find_factor(table, "desktop" if of == "desktop" else UNKNOWN, kind)
    if assumed is None:
        raise EcoError(
            f"the {table} table lacks its {of} row", "reinstall: pip install --force-reinstall ecoanalysis"
        )
    return assumed


def _notes(settings: Settings, carbon: Factor, pue: Factor, wue: Factor) -> tuple[Note, ...]:
    """Return what was assumed for want of a setting, with the setting that would replace it."""
    notes = []
    if settings.region is None and settings.co2_g_per_kwh is None:
        text = f"location not given: world average {carbon.value:.3g} g/kWh, interval {carbon.low:g} to {carbon.high:g}"
        notes.append(
            Note("impact_region_unknown", text, "warning", "say where: --region FRA, or region in eco.toml")
        )
    if pue.status == "assumed":
        text = f"PUE not given: {pue.value:g} ({pue.low:g} to {pue.high:g}) for servers, 1 for desktops and boards"
        notes.append(Note("impact_pue_unknown", text, "info", "say it: --pue 1.2, or site in eco.toml"))
    if wue.status == "assumed":
        text = f"on-site water not given: {wue.value:g} l/kWh ({wue.low:g} to {wue.high:g}) for servers, 0 for desktops"
        notes.append(Note("impact_wue_unknown", text, "info", "say it: wue_l_per_kwh in eco.toml"))
    return tuple(notes)
