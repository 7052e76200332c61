"""Carbon, water and the score, against values worked by hand."""

import math

import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.impact.carbon import co2_g
from ecoanalysis.impact.companion import companions
from ecoanalysis.impact.embodied import embodied_factor, embodied_g
from ecoanalysis.impact.place import find_place, site_of
from ecoanalysis.impact.score import ess, quantisation_factor
from ecoanalysis.impact.water import water_l
from ecoanalysis.settings import Settings


def test_a_tenth_of_a_kilowatt_hour_at_pue_1_2_is_44_gram() -> None:
    assert co2_g(0.1 * 3.6e6, 367.8, 1.2) == pytest.approx(44.136, abs=1e-9)


def test_ess_of_the_two_worked_cases() -> None:
    assert ess(124e6, 1.0) == 124
    assert ess(7e9, 50.0) == 140


@pytest.mark.parametrize("gram", [None, 0.0, -1.0])
def test_ess_without_carbon_is_undefined(gram: float | None) -> None:
    assert ess(124e6, gram) is None


@pytest.mark.parametrize("params", [None, 0, -7])
def test_ess_without_parameters_is_undefined(params: float | None) -> None:
    assert ess(params, 1.0) is None


def test_quantisation_factors_of_the_conventions() -> None:
    assert [quantisation_factor("int8", name) for name in ("unit", "bits32", "table")] == [1.0, 0.25, 0.5]
    assert quantisation_factor("bfloat16", "bits32") == 0.5
    assert quantisation_factor("fp13", "bits32") is None
    assert quantisation_factor("fp13", "unit") == 1.0
    with pytest.raises(EcoError, match="unknown QF"):
        quantisation_factor("fp16", "magic")


def test_water_has_two_terms_and_pue_multiplies_the_electricity_only() -> None:
    water = water_l(3.6e6, wue_l_per_kwh=0.36, ewif_l_per_kwh=3.13, pue=1.2)
    assert water.onsite_l == pytest.approx(0.36)
    assert water.offsite_l == pytest.approx(3.756)  # 1.2 · 3.13
    assert water.total_l == pytest.approx(4.116)


def test_embodied_share_of_an_h100_is_an_interval() -> None:
    # DOMAIN of the field: 164–575 kg over 4 years at 60 % use are 7.8–27 g per hour
    hour = embodied_g("H100 SXM", 3600.0)
    assert hour.low == pytest.approx(7.8, abs=0.05)
    assert hour.high == pytest.approx(27.35, abs=0.05)
    assert hour.value == pytest.approx(273e3 / (4 * 8760 * 0.6), rel=1e-9)


def test_an_unknown_device_has_no_embodied_carbon_and_says_so() -> None:
    share = embodied_g("RTX 99999", 3600.0)
    assert share.value is None
    assert share.note
    assert embodied_factor("RTX 99999") is None


def test_companions_of_one_item() -> None:
    place = find_place(Settings(co2_g_per_kwh=400.0, pue=1.5, wue_l_per_kwh=0.0, region="USA"))
    figures = companions(3.6, place, "NVIDIA H100 SXM5 80GB", "datacenter_gpu", duration_per_item_s=0.01)
    assert figures.items_per_j == pytest.approx(1 / 3.6)
    assert figures.wh_per_1000_items == pytest.approx(1.0)
    assert figures.co2_g_per_1000_items == pytest.approx(0.6)  # 1 Wh · 1.5 · 0.4 g/Wh
    assert figures.water_ml_per_1000_items == pytest.approx(1e-3 * 1.5 * 3.132 * 1e3)
    embodied = 273e3 * 0.01 / (4 * 365 * 86400 * 0.6)
    assert figures.sci_g_per_item == pytest.approx(0.6e-3 + embodied)
    assert figures.embodied_known
    assert not companions(3.6, place, "nobody's card", "datacenter_gpu", 0.01).embodied_known


def test_unknown_location_is_the_world_with_a_wide_interval() -> None:
    place = find_place(Settings())
    assert (place.carbon.low, place.carbon.high) == (30, 800)
    assert place.carbon.value == pytest.approx(458, abs=1)
    assert {note.code for note in place.notes} >= {"impact_region_unknown", "impact_pue_unknown"}
    assert math.isclose(find_place(Settings(region="WORLD")).carbon.value, place.carbon.value)


def test_a_named_place_has_no_note_of_a_guess() -> None:
    place = find_place(Settings(region="france", pue=1.1, wue_l_per_kwh=0.1))
    assert place.region == "FRA"
    assert place.notes == ()


def test_an_unknown_region_offers_near_ones() -> None:
    with pytest.raises(EcoError) as error:
        find_place(Settings(region="FRAN"))
    assert "FRA" in error.value.hint


def test_the_hash_follows_the_factors() -> None:
    same = find_place(Settings(region="FRA")).hash
    assert same == find_place(Settings(region="FRA")).hash
    assert same != find_place(Settings(region="FRA", pue=1.3)).hash


@pytest.mark.parametrize(
    ("device", "kind", "site"),
    [
        ("NVIDIA GeForce RTX 4090", "consumer_gpu", "desktop"),
        ("NVIDIA H100 80GB HBM3", "datacenter_gpu", "datacenter"),
        ("AMD EPYC 7742 64-Core Processor", "cpu", "datacenter"),
        ("Intel(R) Core(TM) i7-12700K", "cpu", "desktop"),
        ("Quad-Core AMD Opteron(r) Processor 8376 HE", "wall", "datacenter"),
        ("Raspberry Pi 4", "wall", "desktop"),
        ("NVIDIA Jetson AGX Orin", "wall", "desktop"),
        ("Intel Xeon Processor (Skylake)", "cpu", "datacenter"),
        ("NVIDIA GB10", "datacenter_gpu", "desktop"),  # a box for the desk
        (None, None, "datacenter"),
    ],
)
def test_the_site_of_a_device(device: str | None, kind: str | None, site: str) -> None:
    assert site_of(device, kind) == site
