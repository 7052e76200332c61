"""Samples to joules, worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoanalysis.energy.counter import integrate_counter, undo_wraps
from ecoanalysis.energy.integral import Floats, hold_ends, is_gap, merge
from ecoanalysis.energy.trapezoid import integrate_means, integrate_power


def array(*values: float) -> Floats:
    return np.array(values, dtype=float)


def test_constant_power_is_power_times_time() -> None:
    found = integrate_power(array(0, 1, 2, 3), array(100, 100, 100, 100), array(0, 3))
    assert found.energy_j.tolist() == [300.0]
    assert found.sampling_bound_j().tolist() == [0.0]


def test_the_trapezoid_uses_real_timestamps() -> None:
    found = integrate_power(array(0, 10, 30), array(50, 150, 100), array(0, 30))
    assert found.energy_j.tolist() == [3500.0]  # 10·(50+150)/2 + 20·(150+100)/2


def test_power_at_an_edge_is_interpolated() -> None:
    # From 0 to 100 W in 10 s: 0–4 s is a triangle of 4·40/2, the rest the other 500 − 80 J.
    found = integrate_power(array(0, 10), array(0, 100), array(0, 4, 10))
    assert found.energy_j.tolist() == pytest.approx([80, 420])


def test_step_readings_are_means_of_the_interval_that_they_end() -> None:
    found = integrate_power(array(0, 2, 5), array(999, 10, 30), array(0, 2, 4, 5), step=True)
    assert found.energy_j.tolist() == pytest.approx([20, 60, 30])


def test_means_over_their_intervals_leave_open_only_what_an_edge_cuts_off() -> None:
    # 10 W on average until 1 s, 30 W until 2 s. Cut at 1.5 s: l·(1 − l/h)·ΔP = 0.25·20 = 5 J may lie on either side;
    # stated is 2·5 J, and one excursion of half the reach, 0.5·0.5 s, over 20 W.
    t, mean = array(0, 1, 2), array(10, 10, 30)
    assert integrate_power(t, mean, array(0, 2), step=True).sampling_bound_j().tolist() == [0.0]
    cut = integrate_power(t, mean, array(0, 1.5, 2), step=True)
    assert cut.sampling_bound_j().tolist() == pytest.approx([15, 15])


def test_spans_of_one_group_have_one_bound_as_if_they_were_one() -> None:
    t, power = array(0, 1, 2, 3, 4), array(100, 104, 100, 104, 100)
    found = integrate_power(t, power, array(0, 1, 2, 3, 4))
    whole = integrate_power(t, power, array(0, 4))
    assert found.sampling_bound_j(np.zeros(4, dtype=int)).tolist() == whole.sampling_bound_j().tolist()
    assert found.sampling_bound_j().sum() > whole.sampling_bound_j()[0]


def test_the_variation_bound_covers_a_square_wave_that_the_readings_miss_halves_of() -> None:
    # 10 Hz square wave 200/600 W, read every 0.07 s: truth 400 W on average.
    t = np.arange(0, 5, 0.07)
    power = np.where(np.floor(t / 0.05) % 2 == 0, 600.0, 200.0)
    found = integrate_power(t, power, array(0, t[-1]))
    assert abs(found.energy_j[0] - 400 * t[-1]) <= found.sampling_bound_j()[0]


def test_an_averaging_meters_readings_count_once_each_whatever_their_logging_time() -> None:
    t = array(0.1, 1.0, 2.4, 3.1, 4.2)
    power = array(999, 10, 20, 30, 40)
    found = integrate_means(t, power, array(0.5, 3.5))
    assert found.energy_j.tolist() == pytest.approx([20 * 3.0])
    gap = integrate_means(array(0, 1, 2, 3, 13, 14), array(1, 1, 1, 1, 3, 3), array(0, 14))
    assert gap.energy_j.tolist() == pytest.approx([3 + 20 + 3])  # a gap: by the trapezoid


def test_only_an_interval_out_of_line_is_a_gap() -> None:
    h = array(0.1, 0.1, 0.1, 5.0, 0.1, 0.1)
    assert is_gap(h, 0.1).tolist() == [False, False, False, True, False, False]
    stretching = 0.1 * 1.5 ** np.arange(12)  # the recorder stretches by half at a time: no gap
    assert not is_gap(stretching, float(np.median(stretching))).any()


def test_a_gap_is_reported_and_widens_the_bound_to_the_range_of_the_series() -> None:
    t = array(0, 1, 2, 3, 13, 14, 15)
    power = array(100, 100, 100, 100, 100, 100, 300)
    found = integrate_power(t, power, array(0, 15))
    assert found.gap_s.tolist() == [10.0]
    # Half the gap times the range, once for what it hides and once for the widest interval of all.
    assert found.sampling_bound_j()[0] >= 2 * 0.5 * 10 * 200


def test_readings_that_end_early_are_held_for_a_tenth_of_a_phase_and_no_further() -> None:
    near = hold_ends(integrate_power(array(0.5, 9.5), array(100, 100), array(0, 10)))
    assert near.energy_j.tolist() == [1000.0]
    assert near.sampling_bound_j()[0] == 100.0  # what was held is doubted in full
    far = hold_ends(integrate_power(array(0, 0.5, 8, 8.5), array(100, 100, 100, 100), array(0, 10)))
    assert np.isnan(far.energy_j[0])


def test_a_span_shorter_than_a_reading_interval_at_the_end_is_held_so_that_phases_add_up() -> None:
    found = hold_ends(integrate_power(array(0, 1, 2, 3), array(100, 100, 100, 100), array(0, 3, 3.5)))
    assert found.energy_j.tolist() == [300.0, 50.0]
    assert found.sampling_bound_j().tolist() == [0.0, 50.0]


def test_a_counter_is_a_difference_with_edges_interpolated() -> None:
    found = integrate_counter(array(0, 1, 2), array(50, 150, 350), array(0, 0.5, 2), update_s=0.1)
    assert found.energy_j.tolist() == pytest.approx([50, 250])


def test_a_wrap_is_undone() -> None:
    wrap = 262_143.328850
    c = (wrap - 100 + 50 * np.arange(10.0)) % wrap
    steps = undo_wraps(np.arange(10.0), c, wrap)
    assert steps.energy_j.tolist() == pytest.approx([50] * 9)
    assert steps.wraps_count == 1
    assert steps.doubt_j.sum() == 0


def test_the_first_load_after_a_long_idle_may_wrap() -> None:
    t, c = array(0, 10, 20, 30), array(262_100, 262_110, 262_120, 1_976)  # 1 W, then 200 W over the wrap
    steps = undo_wraps(t, c, 262_144.0)
    assert steps.energy_j.tolist() == pytest.approx([10, 10, 2000])


def test_a_reset_is_bridged_by_the_mean_power_and_doubted() -> None:
    t, c = array(0, 1, 2, 3, 4), array(1000, 1100, 1200, 30, 130)
    found = integrate_counter(t, c, array(0, 4), update_s=0.1)
    assert found.resets_count == 1
    assert found.energy_j.tolist() == pytest.approx([400])
    assert found.sampling_bound_j()[0] >= 100


def test_a_reset_of_a_counter_that_wraps_is_not_taken_for_a_wrap() -> None:
    t, c = array(0, 1, 2, 3), array(1000, 1100, 20, 120)
    found = integrate_counter(t, c, array(0, 3), update_s=0.001, wrap_j=262_144.0)
    assert (found.resets_count, found.wraps_count) == (1, 0)
    assert found.energy_j.tolist() == pytest.approx([300])


def test_several_wraps_in_one_gap_are_counted_by_the_usual_power_and_doubted() -> None:
    wrap = 65_536.0
    t = array(0, 100, 200, 900, 1000)  # 360 W: 252 kJ pass in the gap, almost four ranges
    c = (360 * t) % wrap
    found = integrate_counter(t, c, array(0, 1000), update_s=0.001, wrap_j=wrap)
    assert found.energy_j[0] == pytest.approx(360_000)
    assert found.sampling_bound_j()[0] >= wrap


def test_the_bound_of_a_counter_is_one_update_at_the_steepest_power() -> None:
    found = integrate_counter(array(0, 1, 2), array(0, 100, 400), array(0, 2), update_s=0.1)
    assert found.sampling_bound_j()[0] == pytest.approx(300 * 0.1)


def test_an_edge_inside_a_step_of_power_is_doubted_by_what_interpolation_may_move() -> None:
    # 50 W then 250 W, the step and the edge somewhere within the interval 2..3: λ(1−λ)·h·ΔP = 0.25·1·200 J.
    found = integrate_counter(array(0, 1, 2, 3, 4), array(0, 50, 100, 250, 500), array(0, 2.5, 4), update_s=0)
    assert found.sampling_bound_j().tolist() == pytest.approx([50, 50])


readings = st.lists(st.tuples(st.floats(0.01, 20), st.floats(0, 700)), min_size=2, max_size=40)
cuts = st.lists(st.floats(0, 1), min_size=0, max_size=6)


def _signal(points: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    return np.cumsum([h for h, _ in points]), np.array([power for _, power in points])


@settings(max_examples=60, deadline=None)
@given(readings, cuts)
def test_phases_add_up_to_the_whole(points: list[tuple[float, float]], shares: list[float]) -> None:
    t, power = _signal(points)
    edges = np.array([t[0], *(t[0] + np.sort(shares) * (t[-1] - t[0])), t[-1]])
    trapezoid = integrate_power(t, power, edges).energy_j.sum()
    assert trapezoid == pytest.approx(np.trapezoid(power, t), rel=1e-9, abs=1e-6)
    counter = integrate_counter(t, np.cumsum(power), edges, update_s=0.1).energy_j.sum()
    assert counter == pytest.approx(power[1:].sum(), rel=1e-9, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(readings, cuts, st.integers(0, 39))
def test_a_series_cut_in_two_gives_the_same_energies(
    points: list[tuple[float, float]], shares: list[float], cut: int
) -> None:
    t, power = _signal(points)
    edges = np.array([t[0], *(t[0] + np.sort(shares) * (t[-1] - t[0])), t[-1]])
    cut = min(max(cut, 1), t.size - 1)
    whole = integrate_power(t, power, edges)
    pieces = merge(
        integrate_power(t[: cut + 1], power[: cut + 1], edges), integrate_power(t[cut:], power[cut:], edges)
    )
    assert pieces.energy_j == pytest.approx(whole.energy_j, rel=1e-9, abs=1e-6)
    assert pieces.covered_s == pytest.approx(whole.covered_s)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 30), st.floats(1, 350)), min_size=2, max_size=40),
    st.floats(0, 1),
    cuts,
)
def test_a_wrap_at_any_instant_changes_no_energy(
    points: list[tuple[float, float]], start: float, shares: list[float]
) -> None:
    wrap = 65_536.0
    h, power = np.array(points).T
    t = np.cumsum(h)
    counter = np.concatenate(([0.0], np.cumsum(power[1:] * h[1:])))
    edges = np.array([t[0], *(t[0] + np.sort(shares) * (t[-1] - t[0])), t[-1]])
    plain = integrate_counter(t, counter, edges, update_s=0.001)
    wrapped = integrate_counter(t, (counter + start * wrap) % wrap, edges, update_s=0.001, wrap_j=wrap)
    assert wrapped.energy_j == pytest.approx(plain.energy_j, rel=1e-6, abs=1e-4)
    assert wrapped.resets_count == 0
