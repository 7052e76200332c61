"""The study of place: the same runs under every region, and which factor moves the conclusion most."""

import math
from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.impact.factor import Factor, table_factors
from ecoanalysis.impact.hours import read_hours
from ecoanalysis.impact.place import find_place
from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.settings import Settings
from ecoanalysis.studies.frame import widest
from ecoanalysis.studies.hours import hour_findings, hour_panel
from ecoanalysis.studies.sensitivity import one_at_a_time, total_shares
from ecoanalysis.studies.sites import site_findings
from ecoanalysis.studies.words import counted, figure
from ecoanalysis.units import J_PER_KWH

QUESTION = "Where should it run, for carbon and for water; and which factor matters most?"
_DESIGN = (
    "Every measured energy is taken to every region that has both a carbon intensity and a water factor: "
    "carbon is E · PUE · I, water E · (WUE + PUE · EWIF). Per kWh the ranking of regions is the same for every run, so "
    "it is computed once. Rank reversals are pairs of regions of which one is better for carbon and the "
    "other for water. "
    "Sensitivity: each factor from the low to the high end of its interval with the others at their value, and total "
    "Sobol indices of the logarithms (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018), log-normal factors. Hours, "
    "where a profile is given: each run at the hour of its middle, against the mean of the day."
)


def run(frame: pl.DataFrame, settings: Settings) -> StudyResult:
    """Return regions ranked by carbon and by water, their reversals, and the factors' weights."""
    regions = region_table()
    place = find_place(settings)
    factors = {"grid intensity": place.carbon, "PUE": place.pue["datacenter"]}
    water = {
        "electricity water": place.ewif,
        "PUE": place.pue["datacenter"],
        "on-site water": place.wue["datacenter"],
    }
    spread = _energy_spread(frame)
    profile = read_hours(settings.hours) if settings.hours else None
    findings = [
        *_region_findings(regions),
        *_total_findings(frame, regions, place.pue["datacenter"]),
        *site_findings(place, regions),
        *(hour_findings(profile, frame) if profile is not None else ()),
        *_sensitivity_findings(factors, spread, "carbon"),
        *_sensitivity_findings(water, spread, "water"),
    ]
    return StudyResult(
        name="place",
        title="Place",
        question=QUESTION,
        answer=_answer(regions),
        design=_DESIGN,
        findings=tuple(findings),
        panels=(
            *_panels(regions, factors, water, spread),
            *([hour_panel(profile)] if profile is not None else []),
        ),
        limits=(
            "Regions are annual national averages: an hour or a state may differ by more than two countries do"
            + ("." if profile is not None else "; --hours FILE brings the hours in."),
            "Water of reservoirs is charged to hydropower in full; without it hydro grids are nearly dry.",
        ),
    )


def _answer(regions: pl.DataFrame) -> str:
    """Return the answer in a sentence, with what it rests on."""
    reversals, pairs = rank_reversals(regions)
    dry, _ = rank_reversals(regions.with_columns(ewif_l_per_kwh=pl.col("ewif_low")))
    clean, dirty = regions.row(0, named=True), regions.row(-1, named=True)
    return (
        f"The same energy emits {dirty['co2_g_per_kwh'] / clean['co2_g_per_kwh']:.0f} times as much in {dirty['name']} "
        f"as in {clean['name']}; for {reversals / pairs:.0%} of pairs of regions the one that is better for carbon is "
        f"worse for water ({dry / pairs:.0%} at the low ends of the water factors, which leave hydropower's reservoirs "
        "out)."
    )


def region_table() -> pl.DataFrame:
    """Return regions with both factors, cleanest first: region, name, co2_g_per_kwh, ewif_l_per_kwh, bounds.

    `co2_down` and `co2_up` are ln(value ÷ low) and ln(high ÷ value) of the carbon intensity.
    """
    water = {factor.region: factor for factor in table_factors("water", "electricity")}
    rows = [
        {
            "region": carbon.region,
            "name": carbon.name,
            "co2_g_per_kwh": carbon.value,
            "co2_down": carbon.down,
            "co2_up": carbon.up,
            "ewif_l_per_kwh": water[carbon.region].value,
            "ewif_low": water[carbon.region].low,
            "ewif_high": water[carbon.region].high,
        }
        for carbon in table_factors("carbon")
        if carbon.region in water and carbon.region not in ("UNKNOWN", "WORLD") and carbon.value > 0
    ]
    return pl.DataFrame(rows).sort("co2_g_per_kwh", "region")


def rank_reversals(regions: pl.DataFrame) -> tuple[int, int]:
    """Return how many pairs of regions carbon and water order differently, and how many pairs there are."""
    carbon, water = regions["co2_g_per_kwh"].to_numpy(), regions["ewif_l_per_kwh"].to_numpy()
    first, second = np.triu_indices(len(carbon), k=1)
    opposed = np.sign(carbon[first] - carbon[second]) * np.sign(water[first] - water[second]) < 0
    return int(opposed.sum()), len(first)


def _energy_spread(frame: pl.DataFrame) -> float:
    """Return the median width of the energies' own intervals, as the sd of the logarithm."""
    known = frame.filter(
        (pl.col("low_per_item_j") > 0) & (pl.col("high_per_item_j") > pl.col("low_per_item_j"))
    )
    if known.is_empty():
        return 0.0
    widths = (known["high_per_item_j"] / known["low_per_item_j"]).log().to_numpy()
    return float(np.median(widths)) / (2 * 1.959964)


def _region_findings(regions: pl.DataFrame) -> Iterator[Finding]:
    """Yield how often carbon and water disagree, and how far that rests on what hydropower is charged."""
    reversals, pairs = rank_reversals(regions)
    share = reversals / pairs
    low, high = (
        rank_reversals(regions.with_columns(ewif_l_per_kwh=pl.col(bound)))[0] / pairs
        for bound in ("ewif_low", "ewif_high")
    )
    yield Finding(
        name="carbon against water",
        estimand="share of pairs of regions that carbon and water order differently",
        sentence=(
            f"Of {pairs:,} pairs of {regions.height} regions {reversals:,} ({share:.0%}) change order between carbon "
            f"and water. It is {low:.0%} at the low ends of the water factors (hydropower without its reservoirs) and "
            f"{high:.0%} at the high ends. PUE and on-site water are the same everywhere here."
        ),
        estimate=share,
        low=min(share, low, high),
        high=max(share, low, high),
        unit="ratio",
        n=pairs,
        method="count over all pairs of regions with both factors; one at a time: all water factors low, or high",
        groups={"water factors low": f"{low:.4f}", "water factors high": f"{high:.4f}"},
        basis="assumed",
    )


def _total_findings(frame: pl.DataFrame, regions: pl.DataFrame, pue: Factor) -> Iterator[Finding]:
    """Yield what all known energies together would emit in the cleanest and in the dirtiest region."""
    energy = pl.coalesce("energy_j", pl.col("energy_per_item_j") * pl.col("items_count"))
    known = widest(frame).select("id", energy_j=energy).drop_nulls()
    kwh = float(known["energy_j"].to_numpy().sum()) / J_PER_KWH * pue.value
    if not kwh:
        return
    clean, dirty = regions.row(0, named=True), regions.row(-1, named=True)
    low, high = (kwh * row["co2_g_per_kwh"] for row in (clean, dirty))
    yield Finding(
        name="the same runs in every region",
        estimand="carbon of all energies together in the dirtiest region over the cleanest",
        sentence=(
            f"The {counted(known.height, 'measurement')} with a total energy ({kwh:.3g} kWh with a PUE of "
            f"{pue.value:g}) would emit {_grams(low)} in {clean['name']} and {_grams(high)} in {dirty['name']}."
        ),
        estimate=high / low,
        low=high / low * math.exp(-math.hypot(dirty["co2_down"], clean["co2_up"])),
        high=high / low * math.exp(math.hypot(dirty["co2_up"], clean["co2_down"])),
        unit="ratio",
        n=known.height,
        method="E · PUE · I under every region of the carbon table; interval of the two intensities, in quadrature",
        basis="assumed",
        exclusions={"total energy unknown, or inside a wider boundary": frame.height - known.height},
        measurement_ids=tuple(sorted(known["id"].to_list())),
    )


def _grams(value: float) -> str:
    """Return grams, or kilograms from 1,000."""
    return f"{value / 1000:.3g} kg" if value >= 1000 else f"{value:.3g} g"


def _sensitivity_findings(factors: dict[str, Factor], energy_sd: float, what: str) -> Iterator[Finding]:
    """Yield what each factor brings to the uncertainty of an impact: total Sobol index, and one at a time."""
    shares = total_shares(factors, energy_sd, with_site_water=what == "water")
    swings = one_at_a_time(factors, with_site_water=what == "water")
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    name, share = ranked[0]
    if share == 0:
        return
    said = "; ".join(
        f"{factor} {part:.0%}" + (f" (alone ×{figure(swings[factor])})" if factor in swings else "")
        for factor, part in ranked
    )
    yield Finding(
        name=f"sensitivity of {what}",
        estimand=f"share of the uncertainty of {what} (total Sobol index of the logarithm)",
        sentence=(
            f"What is least certain about {what} here is {name}. Share of the uncertainty, and what the factor alone "
            f"does from the low to the high end of its interval: {said}."
        ),
        estimate=share,
        low=None,
        high=None,
        unit="ratio",
        n=len(shares),
        method="variance-based sensitivity, 4,096 quasi-random draws per index; one factor at a time",
        groups={
            **{f"share of {factor}": f"{part:.4f}" for factor, part in ranked},
            **{f"swing of {factor}": f"{swing:.4f}" for factor, swing in swings.items()},
        },
        basis="assumed",
    )


def _panels(
    regions: pl.DataFrame, carbon: dict[str, Factor], water: dict[str, Factor], energy_sd: float
) -> tuple[Panel, ...]:
    """Return carbon against water by region, and the weights of the factors."""
    rows = [
        {"impact": what, "factor": name, "share": share}
        for what, factors in (("carbon", carbon), ("water", water))
        for name, share in total_shares(factors, energy_sd, with_site_water=what == "water").items()
    ]
    return (
        Panel(
            "region_scatter",
            "Carbon against water by region",
            "One point is one region's electricity. Bottom left is good for both; few regions are there.",
            regions,
            {"x": "co2_g_per_kwh", "y": "ewif_l_per_kwh"},
        ),
        Panel(
            "factor_sensitivity",
            "Which factor moves the result most",
            "Share of the uncertainty of carbon and of water that each factor brings (total Sobol index). The shares "
            "follow from the factors' own intervals: they have no sampling error to draw.",
            pl.DataFrame(rows).sort("impact", "share", descending=[False, True]),
            {"x": "share", "y": "factor"},
        ),
    )
