"""The adaptive policy against power signals of known energy."""

from random import Random

import pytest

from collectors.sampling import Pace, Policy, Tally
from tests.collectors.waves import Wave, random_wave


def sample(wave: Wave, pace: Pace, tally: Tally, counter: bool = False) -> int:
    """Read a wave as the recorder would, by fake clock; return the number of readings."""
    t_s, count = 0.0, 0
    while True:
        energy_j = wave.energy_j(t_s // tally.update_s * tally.update_s) if counter else None
        tally.add(t_s, wave.power_w(t_s), energy_j)
        count += 1
        if t_s >= wave.length_s:
            return count
        t_s = min(wave.length_s, t_s + pace.after(t_s, [tally]))


@pytest.mark.parametrize("counter", [False, True])
def test_the_error_is_within_the_stated_bound_with_a_fifth_of_the_readings(counter: bool) -> None:
    rng = Random(7)
    inside = 0
    for _ in range(600):
        wave = random_wave(rng, longest_s=200)
        tally = Tally(update_s=0.1)
        count = sample(wave, Pace(Policy(), rng), tally, counter)
        truth_j = wave.energy_j(wave.length_s)
        assert tally.bound_j is not None
        inside += abs(tally.energy_j - truth_j) <= tally.bound_j + 1e-9 * truth_j
        if wave.length_s >= 60:
            assert count <= wave.length_s * 10 / 5, wave.kind
    assert inside >= 594  # 99 %; of 3,000 cases 99.6 %


def test_a_load_in_step_with_10_hz_misleads_a_fixed_recorder_and_not_the_adaptive_one() -> None:
    rng = Random(3)
    errors: dict[str, list[float]] = {"fixed": [], "adaptive": []}
    for _ in range(20):
        wave = next(one for one in iter(lambda: random_wave(rng, 60, 120), None) if one.kind == "locked")
        for name, policy in (("fixed", Policy(fixed_s=0.1)), ("adaptive", Policy())):
            tally = Tally()
            sample(wave, Pace(policy, rng), tally)
            truth_j = wave.energy_j(wave.length_s)
            errors[name].append(abs(tally.energy_j - truth_j) / truth_j)
    assert sorted(errors["fixed"])[10] > 0.2
    assert sorted(errors["adaptive"])[10] < 0.05


def test_constant_power_is_read_once_a_second_when_it_has_been_calm_for_long() -> None:
    pace, tally = Pace(Policy(), Random(0)), Tally()
    t_s, steps = 0.0, []
    for _ in range(1000):
        tally.add(t_s, 80.0, None)
        steps.append(pace.after(t_s, [tally]))
        t_s += steps[-1]
    assert sum(steps[:4]) < 0.8
    assert 0.45 < sum(steps[60:100]) / 40 < 0.7  # the first minutes: an even half second
    assert 0.85 < sum(steps[-20:]) / 20 <= 1.0


def test_a_counter_is_read_once_a_second_within_the_first_minute() -> None:
    pace, tally = Pace(Policy(), Random(0)), Tally(update_s=0.1)
    t_s, steps = 0.0, []
    for _ in range(100):
        tally.add(t_s, 80.0, 80.0 * t_s)
        steps.append(pace.after(t_s, [tally]))
        t_s += steps[-1]
    assert 0.85 < sum(steps[-20:]) / 20 <= 1.0


def test_one_step_costs_what_the_number_of_readings_must_cost_and_no_more_than_half_again() -> None:
    """Mean error of a step at an instant that nobody knows: ΔP·T/(4n) at least (Cauchy–Schwarz)."""
    rng, costs = Random(11), []
    for _ in range(300):
        length_s, at_s = 120.0, rng.uniform(0.0, 120.0)
        wave = Wave("step", length_s, lambda t, at=at_s: 50.0 if t < at else 150.0, lambda t: 0.0)  # type: ignore[misc]
        tally = Tally()
        count = sample(wave, Pace(Policy(), rng), tally)
        error_j = abs(tally.energy_j - (50.0 * at_s + 150.0 * (length_s - at_s)))
        costs.append(error_j / (100.0 * length_s / (4 * count)))
    assert 0.9 < sum(costs) / len(costs) < 1.5


def test_a_change_is_followed_closely() -> None:
    pace, tally = Pace(Policy(), Random(0)), Tally()
    t_s = 0.0
    for _ in range(1000):
        tally.add(t_s, 80.0, None)
        t_s += pace.after(t_s, [tally])
    steps = []
    for _ in range(5):
        tally.add(t_s, 400.0, None)
        steps.append(pace.after(t_s, [tally]))
        t_s += steps[-1]
    assert sum(steps) < 1.5  # five readings, at one a second before


def test_no_interval_is_longer_than_the_wrap_guard_nor_shorter_than_half_an_update_period() -> None:
    rng, policy = Random(1), Policy(fastest_s=0.05, slowest_s=0.7)
    for _ in range(20):
        wave, tally, pace = random_wave(rng, 1, 60), Tally(), Pace(policy, rng)
        t_s = 0.0
        while t_s < wave.length_s:
            tally.add(t_s, wave.power_w(t_s), None)
            step_s = pace.after(t_s, [tally])
            assert 0.05 <= step_s <= 0.7
            t_s += step_s


def test_a_counter_wrap_is_undone_and_a_reset_counts_from_zero() -> None:
    wrapping, reset = Tally(update_s=0.001, wrap_j=1000.0), Tally(update_s=0.001)
    ranged = Tally(update_s=0.001, wrap_j=200_000.0)  # 199 kJ in a second: reset, not wrapped
    for t_s, counter_j in ((0.0, 950.0), (1.0, 990.0), (2.0, 30.0)):  # 40 J, then 40 J over the wrap
        wrapping.add(t_s, None, counter_j)
    for t_s, counter_j in ((0.0, 950.0), (1.0, 990.0), (2.0, 30.0)):  # 40 J, then 30 J since the reset
        reset.add(t_s, None, counter_j)
        ranged.add(t_s, None, counter_j)
    assert wrapping.energy_j == pytest.approx(80.0)
    assert reset.energy_j == pytest.approx(70.0)
    assert ranged.energy_j == pytest.approx(70.0)
    assert wrapping.bound_j == pytest.approx(0.04)  # 40 W for one update period of 1 ms


def test_a_trapezoid_over_uneven_times_is_exact_by_hand() -> None:
    tally = Tally()
    for t_s, power_w in ((0.0, 50.0), (10.0, 150.0), (30.0, 100.0)):
        tally.add(t_s, power_w, None)
    assert tally.energy_j == 3500.0
    # 10·100 + 20·50 = 2000 J, below 4·sqrt((10·100)²/2 + (20·50)²/2) = 4000 J; plus 20·100/2 unseen
    assert tally.bound_j == pytest.approx(3000.0)


def test_nothing_metered_has_no_energy_and_no_bound() -> None:
    tally = Tally()
    tally.add(0.0, None, None)
    assert (tally.method, tally.bound_j) == ("none", None)


def test_what_others_use_while_a_tally_is_paused_is_not_counted_and_each_part_has_its_ends() -> None:
    power, counter = Tally(), Tally(update_s=0.001)
    for t_s, power_w, counter_j in ((0.0, 50.0, 0.0), (10.0, 50.0, 100.0)):
        power.add(t_s, power_w, None)
        counter.add(t_s, None, counter_j)
    for tally in (power, counter):
        tally.pause()
    for t_s, power_w, counter_j in ((30.0, 100.0, 9000.0), (40.0, 100.0, 9200.0)):
        power.add(t_s, power_w, None)
        counter.add(t_s, None, counter_j)
    assert (power.energy_j, counter.energy_j) == (1500.0, 300.0)  # 10·50 + 10·100; 100 + 200
    assert power.bound_j == pytest.approx(250.0)  # no change was seen; 10·50/2 unseen
    assert counter.bound_j == pytest.approx(2 * 0.02)  # 20 W for one update of 1 ms, in each part
