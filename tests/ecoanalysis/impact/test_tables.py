"""The factor tables are complete: value, unit, source, licence, bounds around the value."""

import pytest

from ecoanalysis.impact.factor import find_factor, table_factors

_FORBIDDEN = ("IEA", "Electricity Maps", "electricitymap", "WattTime", "ODbL", "AGPL")


@pytest.mark.parametrize("table", ["carbon", "water", "pue", "embodied"])
def test_every_factor_has_provenance_and_bounds(table: str) -> None:
    for factor in table_factors(table):
        assert factor.low <= factor.value <= factor.high, factor
        assert factor.value >= 0, factor
        assert factor.unit, factor
        assert factor.source, factor
        assert factor.status, factor
        assert factor.licence, factor
        assert not any(word in f"{factor.source} {factor.licence}" for word in _FORBIDDEN), factor


@pytest.mark.parametrize(
    ("region", "gram"),  # Ember 2026 through Our World in Data, rounded
    [("FRA", 41), ("USA", 384), ("DEU", 330), ("CHN", 525), ("SWE", 35), ("WORLD", 458), ("ZAF", 699)],
)
def test_carbon_of_countries(region: str, gram: float) -> None:
    factor = find_factor("carbon", region)
    assert factor is not None
    assert factor.value == pytest.approx(gram, abs=0.6)


@pytest.mark.parametrize(("region", "litre"), [("USA", 3.13), ("FRA", 3.67), ("NOR", 6.66), ("BRA", 18.6)])
def test_water_of_countries_is_wri_2020(region: str, litre: float) -> None:
    factor = find_factor("water", region, "electricity")
    assert factor is not None
    assert factor.value == pytest.approx(litre, abs=0.01)
    assert "hydropower" in factor.note


def test_regions_are_unique() -> None:
    for table, kind in (("carbon", None), ("water", "electricity"), ("water", "site"), ("pue", None)):
        codes = [factor.region for factor in table_factors(table, kind)]
        assert len(codes) == len(set(codes)), table
