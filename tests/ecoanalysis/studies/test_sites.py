"""Sites beside regions: what the building does to carbon and water, and what the grid does."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ecoanalysis.impact.place import find_place
from ecoanalysis.settings import Settings
from ecoanalysis.studies import place
from ecoanalysis.studies.sites import site_table, turned
from tests.ecoanalysis.studies.planted import measurements


def test_a_site_turns_a_pair_of_regions_that_are_closer_than_its_own_range() -> None:
    # PUE 1 or 1.5: 10 and 12 g overlap (15 > 12), 10 and 20 do not (15 < 20), 12 and 20 do not (18 < 20)
    assert turned(np.outer([10.0, 12.0, 20.0], [1.0, 1.5])) == (1, 3)
    assert turned(np.outer([20.0, 12.0, 10.0], [1.5, 1.0])) == (1, 3)


def test_a_kwh_of_it_costs_pue_times_the_grid_and_the_water_of_both() -> None:
    grid = replace(find_place(Settings()).ewif, value=2.0)
    sites = site_table(replace(find_place(Settings(co2_g_per_kwh=100.0)), ewif=grid))
    row = sites.row(by_predicate=pl.col("site") == "aws_2024", named=True)
    assert row["co2_g_per_kwh"] == pytest.approx(115.0)  # PUE 1.15
    assert row["water_l_per_kwh"] == pytest.approx(0.15 + 1.15 * 2.0)


def test_the_carbon_of_every_region_has_the_interval_of_the_two_intensities() -> None:
    frame = measurements([{"base_model": "m", "energy_j": 3.6e6}])
    found = {finding.name: finding for finding in place.run(frame, Settings()).findings}
    total = found["the same runs in every region"]
    assert total.low is not None
    assert total.high is not None
    assert total.estimate is not None
    assert total.low < total.estimate < total.high
    assert found["sites by water"].basis == "assumed"
