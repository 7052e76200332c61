"""Readings that are missing from a series that keeps an interval, and pauses in it."""

import polars as pl
import pytest

from ecoanalysis.importers.steps import Gaps, missing


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12], (2, 1.0)),  # 5 and 6 are missing
        ([0, 1.003, 2.01, 3.01, 4.02, 5.02, 9.0, 10.0, 11.0, 12.0, 13.0], (3, 1.0)),  # a sampler drifts
        ([0.5, 1.5, 2.5, 3.5, 4.5, 6.5, 7.5], (1, 1.0)),
        ([0, 5, 10, 15, 25, 30], (1, 5.0)),
        ([0, 1, 2, 3, 4, 5], None),
        ([0, 1, 2, 4, 8, 16, 32], None),  # no interval: an adaptive recording
        ([0, 1, 3], None),  # too few to tell
        ([1e-6, 5, 5 + 1e-6, 10, 10 + 1e-6, 15, 15 + 1e-6, 25, 25 + 1e-6, 30, 30 + 1e-6, 35], (1, 5.0)),
    ],
)
def test_readings_missing_from_an_interval(times: list[float], found: tuple[int, float] | None) -> None:
    said = missing(pl.Series(times, dtype=pl.Float64))
    assert (said and (said.lost_count, round(said.interval_s, 1))) == found


def test_missing_times_are_no_steps() -> None:
    assert missing(pl.Series([0.0, 1.0, None, 2.0, 3.0, 4.0, 5.0])) is None


def test_whole_seconds_that_a_slow_query_skips_are_no_loss() -> None:
    """A tool that waits 1 s and then asks for 20 ms, its stamps cut to seconds: of 200 readings 3 skip a second."""
    stamps = pl.Series([float(int(1.02 * place)) for place in range(200)])
    assert (stamps.diff().drop_nulls() == 2).sum() == 3
    assert missing(stamps) is None


def test_a_pause_is_told_by_its_seconds_and_not_as_lost_lines() -> None:
    """A laptop that slept eight hours."""
    found = missing(pl.Series([0.5, 1.5, 2.5, 3.5, 28803.5, 28804.5, 28805.5]))
    assert found == Gaps(0, 1.0, (28800.0,))
    assert [(code, text) for code, text, _ in found.doubts()] == [
        ("paused", "nothing was recorded for 28800 s")
    ]


def test_a_pause_of_an_hour_may_be_daylight_saving_time() -> None:
    found = missing(pl.Series([0.5, 1.5, 2.5, 3.5, 3604.5, 3605.5, 3606.5]))
    assert found is not None
    assert [hint for _, _, hint in found.doubts()] == [
        "an hour: if the clock was put forward to daylight saving time, no time is missing"
    ]
