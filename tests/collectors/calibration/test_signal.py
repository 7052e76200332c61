"""The estimators against scripted sensors whose period, window and gain are known."""

from collections.abc import Callable
from random import Random

import pytest

from collectors.calibration.signal import (
    Series,
    averaging_window,
    counter_gain,
    level,
    power_line,
    update_period,
)


def polled(value: Callable[[float], float], seconds: float, every_s: float, seed: int = 1) -> Series:
    """Poll a signal with a jitter of a tenth of the interval."""
    random, t_s = Random(seed), 0.0
    times, values = [], []
    while t_s < seconds:
        times.append(t_s)
        values.append(value(t_s))
        t_s += every_s * random.uniform(0.9, 1.1)
    return Series(tuple(times), tuple(values))


@pytest.mark.parametrize("period_s", [0.015, 0.020, 0.1, 0.101, 1.0])
def test_the_update_period_is_found_within_a_percent(period_s: float) -> None:
    random = Random(3)
    held = [random.gauss(300, 5) for _ in range(2000)]
    series = polled(lambda t: held[int(t / period_s)], 60 * period_s, period_s / 12)
    found = update_period(series)
    assert found is not None
    assert found.value == pytest.approx(period_s, rel=0.01)


def test_values_that_repeat_by_chance_do_not_double_the_period() -> None:
    random = Random(4)
    held = [
        round(random.gauss(300, 0.7)) for _ in range(2000)
    ]  # whole watts: every third update looks the same
    found = update_period(polled(lambda t: held[int(t / 0.1)], 20.0, 0.005))
    assert found is not None
    assert found.value == pytest.approx(0.1, rel=0.01)


def test_polling_too_slowly_finds_no_period() -> None:
    random = Random(5)
    assert update_period(polled(lambda t: random.random(), 5.0, 0.05)) is None
    assert update_period(polled(lambda t: 100.0, 5.0, 0.01)) is None


def square_edges(period_s: float, start_s: float, end_s: float) -> list[float]:
    return [start_s + 0.5 * period_s * step for step in range(2 * int((end_s - start_s) / period_s))]


def sensed(
    edges: list[float], window_s: float, update_s: float, noise: float = 0.0
) -> Callable[[float], float]:
    """A sensor that shows, at each update, the mean of a 100/400 W load over its window."""
    random = Random(6)
    noises = [random.gauss(0, noise) for _ in range(10_000)]

    def on(t_s: float) -> float:
        return sum(
            max(0.0, min(t_s, off) - start) for start, off in zip(edges[::2], edges[1::2], strict=True)
        )

    def value(t_s: float) -> float:
        index = int((t_s + 1e-9) / update_s)
        at = index * update_s
        return 100 + 300 * (on(at) - on(at - window_s)) / window_s + noises[index]

    return value


@pytest.mark.parametrize(("window_s", "noise_w"), [(0.010, 1), (0.025, 3), (0.1, 3), (1.0, 1)])
def test_the_averaging_window_is_found_within_a_fifth(window_s: float, noise_w: float) -> None:
    edges = [*square_edges(0.13, 0.5, 4.0), *square_edges(0.37, 4.5, 9.0), *square_edges(1.1, 9.5, 16.0)]
    edges = edges[: len(edges) // 2 * 2]
    series = polled(sensed(edges, window_s, 0.1, noise_w), 16.0, 0.002)
    found = averaging_window(series.changes(), edges, (0.0,))
    assert found is not None
    assert found.value == pytest.approx(window_s, rel=0.2)


def test_a_sensor_that_does_not_follow_the_load_has_no_window() -> None:
    random = Random(7)
    held = [random.gauss(200, 20) for _ in range(500)]
    fresh = polled(lambda t: held[int(t / 0.1)], 16.0, 0.01).changes()
    assert averaging_window(fresh, square_edges(0.4, 1.0, 15.0), (0.0, 0.05)) is None


def test_the_counters_gain_over_integrated_power_is_found() -> None:
    power = polled(lambda t: 200.0, 20.0, 0.1)
    counter = polled(lambda t: 0.97 * 200.0 * (t // 0.1 * 0.1), 20.0, 0.01)
    found = counter_gain(counter, power, 0.1)
    assert found is not None
    assert found.value == pytest.approx(0.97, abs=0.005)
    assert found.error == pytest.approx(0.97 * 0.2 / 20, rel=0.05)


def test_a_gain_needs_five_seconds() -> None:
    power, counter = polled(lambda t: 200.0, 3.0, 0.1), polled(lambda t: 200.0 * t, 3.0, 0.1)
    assert counter_gain(counter, power, 0.1) is None


def test_two_points_of_power_give_the_whole_line() -> None:
    line = power_line(0.05, 25.0, 0.95, 115.0)  # 100 W per unit of utilisation
    assert line is not None
    assert (line.idle_w, line.full_w) == (pytest.approx(20.0), pytest.approx(120.0))
    assert power_line(0.4, 50.0, 0.6, 90.0) is None  # too close together to extend
    assert power_line(0.0, 50.0, 1.0, 50.0) is None


def test_a_plateau_has_a_mean_and_an_error() -> None:
    found = level(Series((0, 1, 2, 3), (10.0, 12.0, 14.0, 12.0)))
    assert found is not None
    assert found.value == pytest.approx((12 + 14 + 12) / 3)
    assert found.count == 3
