import math

import numpy as np
import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.impact.factor import Factor
from ecoanalysis.settings import Settings
from ecoanalysis.studies import implementation, place, quality, scaling
from ecoanalysis.studies.comparison import compare
from ecoanalysis.studies.overhead import overheads
from ecoanalysis.studies.sensitivity import one_at_a_time, total_shares
from tests.ecoanalysis.studies.planted import measurements


def test_a_waste_factor_is_the_ratio_to_the_sound_twin() -> None:
    rows = [
        {"base_model": m, "variant": v, "nominal_batch_size": b, "energy_per_item_j": e}
        for m in "abc"
        for v, b, e in [("sound", 64.0, 1.0), ("row_loop", 1.0, 5.0)]
    ]
    result = implementation.run(measurements(rows), Settings())
    assert result.findings[0].estimate == pytest.approx(5.0)
    assert result.findings[0].groups["treatment"] == "row_loop"


def test_the_energy_of_a_call_and_of_an_item_are_recovered() -> None:
    # E = 3 J a call + 1 J an item: per item 4, 3/4 + 1, 3/16 + 1
    rows = [
        {"base_model": "m", "nominal_batch_size": b, "energy_per_item_j": 3 / b + 1} for b in (1.0, 4.0, 16.0)
    ]
    row = overheads(measurements(rows)).row(0, named=True)
    assert (row["call_j"], row["item_j"], row["share_at_one"]) == pytest.approx((3.0, 1.0, 0.75))


def test_size_exponent_is_recovered() -> None:
    rng = np.random.default_rng(4)
    rows = [
        {
            "base_model": f"m{i}",
            "params_count": int(1e8 * 2**i),
            "energy_per_item_j": float((1e8 * 2**i) ** 0.8 * np.exp(rng.normal(0, 0.05))),
        }
        for i in range(8)
    ]
    finding = scaling.run(measurements(rows), Settings()).findings[0]
    assert finding.estimate == pytest.approx(0.8, abs=0.05)
    assert finding.low < 0.8 < finding.high  # type: ignore[operator]


def test_scatter_of_repeats_is_their_coefficient_of_variation() -> None:
    rows = [{"base_model": "m", "repeat": r, "energy_per_item_j": e} for r, e in enumerate([9.0, 10.0, 11.0])]
    scatter = quality.repeat_scatter(measurements(rows))
    assert scatter["cv"].to_list() == pytest.approx([0.1])  # sample sd 1, mean 10


def _side(model: str, energies: list[float]) -> list[dict[str, object]]:
    return [{"base_model": model, "repeat": r, "energy_per_item_j": e} for r, e in enumerate(energies)]


def test_a_clear_difference_is_better_and_a_blurred_one_cannot_be_told() -> None:
    slow, fast = measurements(_side("a", [10, 10.1, 9.9])), measurements(_side("b", [5, 5.1, 4.9]))
    assert compare(slow, fast, ("a", "b")).groups["verdict"] == "better"
    assert compare(fast, slow, ("b", "a")).groups["verdict"] == "worse"
    blurred = compare(slow, measurements(_side("b", [5, 10, 20])), ("a", "b"))
    assert blurred.groups["verdict"] == "cannot tell"
    assert "would tell" in blurred.sentence


def test_comparing_across_boundaries_is_refused() -> None:
    wall = measurements([{**row, "boundary": "wall"} for row in _side("b", [1.0])])
    with pytest.raises(EcoError, match="share no configuration"):
        compare(measurements(_side("a", [1.0])), wall, ("x", "y"))


def test_carbon_and_water_disagree_where_they_were_made_to() -> None:
    regions = pl.DataFrame({"co2_g_per_kwh": [1.0, 2.0, 3.0], "ewif_l_per_kwh": [3.0, 1.0, 2.0]})
    assert place.rank_reversals(regions) == (2, 3)  # (1, 2) and (1, 3) are reversed, (2, 3) is not


def test_shares_of_a_product_are_its_log_variances() -> None:
    # log sd 0.3 and 0.4: shares 0.09/0.25 and 0.16/0.25
    factors = {"PUE": _factor(1.0, 0.3), "grid intensity": _factor(400.0, 0.4)}
    shares = total_shares(factors, energy_sd=0.0)
    assert shares["PUE"] == pytest.approx(0.36, abs=0.02)
    assert shares["grid intensity"] == pytest.approx(0.64, abs=0.02)
    assert shares["energy"] == pytest.approx(0.0, abs=1e-6)


def test_a_place_is_ranked_by_carbon_and_the_answer_names_both_ends() -> None:
    result = place.run(measurements([{"base_model": "m", "energy_per_item_j": 1.0}]), Settings(region="DEU"))
    assert "times as much" in result.answer
    assert {panel.chart for panel in result.panels} == {"region_scatter", "factor_sensitivity"}


def _factor(value: float, sd: float) -> Factor:
    width = math.exp(1.959964 * sd)
    return Factor(value, value / width, value * width, "", "X", "X", None, "", "", "", "", "")


def test_one_factor_at_a_time_moves_water_by_its_own_term() -> None:
    # water = WUE + PUE · EWIF = 1 + 1 · 1; EWIF from 0.5 to 3: (1 + 3) / (1 + 0.5)
    ewif = Factor(1.0, 0.5, 3.0, "", "X", "X", None, "", "", "", "", "")
    exact = Factor(1.0, 1.0, 1.0, "", "X", "X", None, "", "", "", "", "")
    factors = {"electricity water": ewif, "PUE": exact, "on-site water": exact}
    assert one_at_a_time(factors, with_site_water=True) == {"electricity water": pytest.approx(4.0 / 1.5)}
