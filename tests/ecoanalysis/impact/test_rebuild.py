"""Impact and score of measurements in a database, against values worked by hand."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.impact.rebuild import reassess
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database

KWH_J = 3.6e6


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_database(":memory:")
    yield connection
    connection.close()


def add(con: duckdb.DuckDBPyConnection, measurement_id: int = 1, **given: Any) -> None:
    """One measurement: 0.1 kWh per item, 10 items, 124 million parameters, on a datacenter GPU."""
    config = Config("text-generation", given.pop("model", "m"), "pytorch", given.pop("precision", "fp32"))
    con.execute(
        "INSERT INTO config (id, model, precision, params_count, active_params_count) VALUES (?, ?, ?, ?, ?)",
        [
            measurement_id,
            config.model,
            config.precision,
            given.pop("params", 124_000_000),
            given.pop("active", None),
        ],
    )
    row = {
        "id": measurement_id,
        "config_id": measurement_id,
        "device": "NVIDIA H100 80GB HBM3",
        "device_kind": "datacenter_gpu",
        "boundary": "board",
        "basis": "measured",
        "items_count": 10.0,
        "energy_j": 1.0 * KWH_J,
        "energy_per_item_j": 0.1 * KWH_J,
        "low_per_item_j": 0.095 * KWH_J,
        "high_per_item_j": 0.105 * KWH_J,
    } | given
    con.execute(
        f"INSERT INTO measurement ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
    )


def read(
    con: duckdb.DuckDBPyConnection, table: str, settings: Settings, measurement_id: int = 1
) -> dict[str, Any]:
    reassess(con, settings)
    cursor = con.execute(f"SELECT * FROM {table} WHERE measurement_id = ?", [measurement_id])
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


EXACT = Settings(co2_g_per_kwh=367.8, pue=1.2, wue_l_per_kwh=0.36, region="USA")


def test_the_worked_case_in_the_database(con: duckdb.DuckDBPyConnection) -> None:
    add(con)
    impact = read(con, "impact", EXACT)
    assert impact["co2_g_per_item"] == pytest.approx(44.136)
    assert impact["co2_low_g_per_item"] == pytest.approx(
        44.136 * 0.95
    )  # exact factors: the energy's interval
    assert impact["co2_high_g_per_item"] == pytest.approx(44.136 * 1.05)
    assert impact["water_onsite_l_per_item"] == pytest.approx(0.036)
    assert impact["water_offsite_l_per_item"] == pytest.approx(0.1 * 1.2 * 3.132)
    assert impact["basis"] == "derived"


def test_region_and_pue_change_carbon(con: duckdb.DuckDBPyConnection) -> None:
    add(con)
    grams = [
        read(con, "impact", Settings(region=region, pue=pue))["co2_g_per_item"]
        for region, pue in (("FRA", 1.2), ("USA", 1.2), ("USA", 1.5))
    ]
    assert grams[0] < grams[1] < grams[2]
    assert grams[2] / grams[1] == pytest.approx(1.25)


def test_water_does_not_depend_on_carbon(con: duckdb.DuckDBPyConnection) -> None:
    add(con)
    litres = {
        read(con, "impact", Settings(region="USA", pue=1.2, co2_g_per_kwh=gram))["water_l_per_item"]
        for gram in (1.0, 900.0)
    }
    assert len(litres) == 1


def test_intervals_of_energy_and_factor_combine_in_quadrature(con: duckdb.DuckDBPyConnection) -> None:
    # ±10 % energy (in logarithms 0.0953) and a factor bounded by 400/500: 0.2231; quadrature 0.2426
    add(con, high_per_item_j=0.11 * KWH_J)
    from ecoanalysis.impact import rebuild
    from ecoanalysis.impact.place import find_place

    place = find_place(EXACT)
    carbon = type(place.carbon)(400, 400, 500, "g/kWh", "X", "x", None, "s", "", "given", "", "")
    place = type(place)(carbon, place.ewif, place.pue, place.wue, ())
    rebuild.reassess(con, EXACT, place)
    found = con.execute("SELECT co2_high_g_per_item / co2_g_per_item FROM impact").fetchall()[0][0]
    assert found == pytest.approx(1.27457, abs=1e-4)  # e^0.24260


def test_an_energy_that_includes_pue_is_not_multiplied_again(con: duckdb.DuckDBPyConnection) -> None:
    add(con, pue_included=1.25)
    impact = read(con, "impact", EXACT)
    assert impact["pue"] == 1.25
    assert impact["co2_g_per_item"] == pytest.approx(36.78)  # 0.1 kWh · 367.8, the facility's share inside
    assert impact["water_onsite_l_per_item"] == pytest.approx(0.08 * 0.36)  # WUE is per kWh of IT


def test_a_desktop_card_has_no_datacenter_pue(con: duckdb.DuckDBPyConnection) -> None:
    add(con, 1, device="NVIDIA GeForce RTX 4090", device_kind="consumer_gpu")
    add(con, 2)
    assert read(con, "impact", Settings(region="USA"), 1)["pue"] == 1.0
    assert read(con, "impact", Settings(region="USA"), 2)["pue"] == 1.54


def test_missing_energy_gives_null_and_a_reason_not_zero(con: duckdb.DuckDBPyConnection) -> None:
    add(con, energy_j=None, energy_per_item_j=None, low_per_item_j=None, high_per_item_j=None)
    impact, score = read(con, "impact", EXACT), read(con, "score", EXACT)
    assert impact["co2_g_per_item"] is None
    assert impact["water_l_per_item"] is None
    assert score["ess"] is None
    assert score["undefined_because"] == "no energy per item"


def test_scores_per_thousand_items_and_of_the_run(con: duckdb.DuckDBPyConnection) -> None:
    add(con)
    score = read(con, "score", EXACT)
    assert score["effective_params_m"] == 124
    assert score["ess"] == pytest.approx(124 / 44136)
    assert score["ess_run"] == pytest.approx(124 / 441.36)  # the run is 10 items: 1 kWh
    assert score["ess_low"] == pytest.approx(124 / 44136 / 1.05)  # more carbon, lower score
    assert score["ess_low"] < score["ess"] < score["ess_high"]


def test_zero_energy_has_no_score(con: duckdb.DuckDBPyConnection) -> None:
    add(con, energy_j=0.0, energy_per_item_j=0.0, low_per_item_j=0.0, high_per_item_j=0.0)
    score = read(con, "score", EXACT)
    assert (score["ess"], score["ess_run"]) == (None, None)
    assert "infinite" in score["undefined_because"]


def test_quantisation_convention_is_a_setting(con: duckdb.DuckDBPyConnection) -> None:
    add(con, precision="int8")
    unit = read(con, "score", EXACT)
    bits = read(con, "score", Settings(co2_g_per_kwh=367.8, pue=1.2, qf="bits32"))
    assert bits["ess"] == pytest.approx(unit["ess"] / 4)
    assert (unit["qf_convention"], bits["qf_convention"]) == ("unit", "bits32")


def test_parameters_come_from_the_table_when_the_configuration_has_none(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add(con, 1, model="mistralai/Mixtral-8x7B-Instruct-v0.1", params=None)
    add(con, 2, model="nobody/knows", params=None)
    total = read(con, "score", EXACT)
    active = read(con, "score", Settings(co2_g_per_kwh=367.8, pue=1.2, ess_params="active"))
    assert total["effective_params_m"] == pytest.approx(46702.8, abs=0.1)
    assert active["effective_params_m"] == pytest.approx(12879.9, abs=0.1)
    assert (total["params_source"], active["params_kind"]) == ("table of models", "active")
    unknown = read(con, "score", EXACT, 2)
    assert unknown["ess"] is None
    assert unknown["undefined_because"] == "parameters unknown"


def test_an_unknown_place_leaves_a_note_once(con: duckdb.DuckDBPyConnection) -> None:
    add(con)
    assert read(con, "impact", Settings())["basis"] == "assumed"
    reassess(con, Settings())
    count = "SELECT count(*) FROM note WHERE code = 'impact_region_unknown'"
    assert con.execute(count).fetchall() == [(1,)]
    reassess(con, Settings(region="FRA"))
    assert con.execute(count).fetchall() == [(0,)]


def test_an_unknown_region_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    add(con)
    reassess(con, EXACT)
    with pytest.raises(EcoError):
        reassess(con, Settings(region="ATLANTIS"))
    assert con.execute("SELECT count(*) FROM impact").fetchall() == [(1,)]


def test_an_empty_database_stays_empty(con: duckdb.DuckDBPyConnection) -> None:
    reassess(con, EXACT)
    assert con.execute("SELECT count(*) FROM impact").fetchall() == [(0,)]
