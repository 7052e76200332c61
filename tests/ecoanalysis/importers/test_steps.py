"""Readings that are missing from a series that keeps an interval."""

import polars as pl
import pytest

from ecoanalysis.importers.steps import missing


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12], (2, 1.0)),  # 5 and 6 are missing
        ([0, 1.003, 2.01, 3.01, 4.02, 5.02, 9.0, 10.0, 11.0, 12.0, 13.0], (3, 1.0)),  # a sampler drifts
        ([0, 1, 2, 3, 4, 5], None),
        ([0, 1, 2, 4, 8, 16, 32], None),  # no interval: an adaptive recording
        ([0, 1, 3], None),  # too few to tell
        ([1e-6, 5, 5 + 1e-6, 10, 10 + 1e-6, 15, 15 + 1e-6, 25, 25 + 1e-6, 30, 30 + 1e-6, 35], (1, 5.0)),
    ],
)
def test_readings_missing_from_an_interval(times: list[float], found: tuple[int, float] | None) -> None:
    said = missing(pl.Series(times, dtype=pl.Float64))
    assert said == (found if found is None else (found[0], pytest.approx(found[1], rel=0.01)))


def test_missing_times_are_no_steps() -> None:
    assert missing(pl.Series([0.0, 1.0, None, 2.0, 3.0, 4.0, 5.0])) is None
