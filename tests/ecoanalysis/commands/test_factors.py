"""`eco factors` shows value, interval and source, and mistakes get a hint."""

import json

from click.testing import CliRunner

from ecoanalysis.commands.factors import factors
from ecoanalysis.errors import EcoError


def test_a_country_is_shown_with_its_source() -> None:
    result = CliRunner().invoke(factors, ["FRA", "--pue", "1.2"])
    assert result.exit_code == 0
    assert "41.44 g/kWh" in result.output
    assert "Ember" in result.output
    assert "exact; given" in result.output


def test_json_has_every_field() -> None:
    result = CliRunner().invoke(factors, ["FRA", "--json"])
    found = json.loads(result.output)
    assert found[0]["region"] == "FRA"
    assert {"value", "low", "high", "unit", "source", "url", "status", "licence"} <= set(found[0])


def test_a_mistyped_region_is_an_error_with_near_ones() -> None:
    result = CliRunner().invoke(factors, ["Frnce"])
    assert isinstance(result.exception, EcoError)
    assert "FRA" in result.exception.hint


def test_an_impossible_pue_is_refused() -> None:
    result = CliRunner().invoke(factors, ["FRA", "--pue", "0.5"])
    assert isinstance(result.exception, EcoError)
