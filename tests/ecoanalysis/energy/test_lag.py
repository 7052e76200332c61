"""Sensors that show late what they measured."""

from dataclasses import replace

import numpy as np
import pytest

from collectors.trace import Sample
from ecoanalysis.energy.lag import true_times
from ecoanalysis.store.queries import measurements
from tests.ecoanalysis.energy.recorded import NVML, at, database, marks

MARKS = marks((0, "idle", None), (5, "infer", 10), (10, "cooldown", None))


def counted_j(t_s: float) -> float:
    """100 W, but 300 W from 5 to 10 s."""
    return 100 * t_s + 200 * min(max(t_s - 5, 0.0), 5.0)


def measured(samples: list[Sample], **device: object) -> dict[str, float]:
    con = database(devices=[replace(NVML, **device)], samples=samples, marks=MARKS)  # type: ignore[arg-type]
    return measurements(con, "boundary = 'board'").row(0, named=True)


@pytest.mark.parametrize(("stamped", "expected_j"), [(True, 1500.0), (False, 1500.0 - 200 * 0.07)])
def test_a_counter_is_taken_at_its_own_time_stamp_where_it_has_one(stamped: bool, expected_j: float) -> None:
    samples = [
        Sample(1, NVML.id, at(t + 0.07), sensor_t_ns=at(t) if stamped else None, energy_j=counted_j(t))
        for t in np.arange(0, 11, 0.1).tolist()
    ]
    assert measured(samples)["energy_j"] == pytest.approx(expected_j, abs=0.1)


def test_the_mean_of_a_second_is_that_of_its_middle_and_what_it_smears_is_in_the_interval() -> None:
    """Read late, the phase loses 200 W · 0.5 s; centred, W·ΔP/8 at each edge: 2 · 25 J (by hand)."""
    times = np.arange(0, 11.6, 0.1).tolist()
    samples = [Sample(1, NVML.id, at(t), power_avg_w=counted_j(t) - counted_j(t - 1)) for t in times]
    row = measured(samples, energy_source="power", update_period_s=0.1, averaging_window_s=1.0)
    assert row["energy_j"] == pytest.approx(1450.0, abs=1.0)
    assert row["low_per_item_j"] * 10 < 1500.0 < row["high_per_item_j"] * 10


def test_a_stamp_of_another_clock_is_not_believed() -> None:
    t_s = np.array([1.0, 2.0, 3.0])
    assert true_times(t_s, np.array([1e6, np.nan, 2.95])).tolist() == [1.0, 2.0, 2.95]
    assert true_times(t_s, np.array([0.99, 0.98, 0.97])).tolist() == [1.0, 2.0, 3.0]  # does not ascend
