"""What the site does to carbon and water beside what the region does: PUE and on-site water."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.impact.factor import UNKNOWN, table_factors
from ecoanalysis.impact.place import Place
from ecoanalysis.records import Finding
from ecoanalysis.studies.words import counted, figure, listed

Vector = NDArray[np.float64]


def site_table(place: Place) -> pl.DataFrame:
    """Return the sites with both a PUE and a WUE, under the electricity of `place`, least carbon first.

    Columns: site, name, pue, wue_l_per_kwh, co2_g_per_kwh and water_l_per_kwh, both per kWh of IT: PUE·I and
    WUE + PUE·EWIF.
    """
    water = {factor.region: factor.value for factor in table_factors("water", "site")}
    rows = [
        {
            "site": pue.region,
            "name": pue.name,
            "pue": pue.value,
            "wue_l_per_kwh": water[pue.region],
            "co2_g_per_kwh": pue.value * place.carbon.value,
            "water_l_per_kwh": water[pue.region] + pue.value * place.ewif.value,
        }
        for pue in table_factors("pue")
        if pue.region in water and pue.region != UNKNOWN
    ]
    return pl.DataFrame(rows).sort("co2_g_per_kwh", "water_l_per_kwh", "site")


def site_findings(place: Place, regions: pl.DataFrame) -> Iterator[Finding]:
    """Yield the sites ranked by carbon and by water, and how many pairs of regions the site can turn, for each.

    `regions` has the columns region, co2_g_per_kwh and ewif_l_per_kwh.
    """
    sites = site_table(place)
    pue, wue = sites["pue"].to_numpy(), sites["wue_l_per_kwh"].to_numpy()
    carbon, ewif = regions["co2_g_per_kwh"].to_numpy(), regions["ewif_l_per_kwh"].to_numpy()
    yield _ranked(sites, "carbon", "co2_g_per_kwh", "g", np.outer(carbon, pue))
    yield _ranked(sites, "water", "water_l_per_kwh", "l", wue + np.outer(ewif, pue))


def turned(costs: Vector) -> tuple[int, int]:
    """Return how many pairs of regions some two sites put in the other order, and how many pairs there are.

    `costs`, shape (regions, sites), of one kWh of IT. A pair is turned when the better region at its worst site costs
    more than the worse region at its best site. The better region is the one whose best site costs less.
    """
    first, second = np.triu_indices(len(costs), k=1)
    best, worst = costs.min(axis=1), costs.max(axis=1)
    better = np.where(best[first] <= best[second], first, second)
    other = np.where(best[first] <= best[second], second, first)
    return int((worst[better] > best[other]).sum()), len(first)


def _ranked(sites: pl.DataFrame, what: str, column: str, unit: str, costs: Vector) -> Finding:
    """Return the ranking of sites by an impact, with what it means beside the choice of a region."""
    ordered = sites.sort(column, "site")
    best, worst = ordered.row(0, named=True), ordered.row(-1, named=True)
    turns, pairs = turned(costs)
    ratio = worst[column] / best[column]
    names = [f"{row['site']} {row[column]:.3g}" for row in ordered.iter_rows(named=True)]
    return Finding(
        name=f"sites by {what}",
        estimand=f"{what} of a kWh of IT at the worst site over the best, on the same electricity",
        sentence=(
            f"On the electricity of this report a kWh of IT costs {figure(ratio)} times the {what} at "
            f"{worst['name']} than at {best['name']} (in {unit}: {listed(names, limit=len(names))}). Of "
            f"{counted(pairs, 'pair')} of regions such a choice of site can turn {turns / pairs:.0%}; for the others "
            "the region decides."
        ),
        estimate=ratio,
        low=None,
        high=None,
        unit="ratio",
        n=sites.height,
        method="PUE·I, and WUE + PUE·EWIF, over sites of which both tables have a value",
        groups={
            "pairs turned by the site": f"{turns / pairs:.4f}",
            **{row["site"]: f"{row[column]:.4g}" for row in ordered.iter_rows(named=True)},
        },
        basis="assumed",
    )
