import math

import numpy as np
import pytest

from ecoanalysis.studies.effect import clustered_mean, crossing, false_discovery, pooled, repeats_needed


def test_interval_of_three_clusters_is_the_t_interval_of_their_means() -> None:
    # cluster means 1, 2, 3: mean 2, sd 1, se 1/sqrt(3), t(0.975, 2) = 4.30265
    effect = clustered_mean([1, 1, 2, 3, 3, 3], ["a", "a", "b", "c", "c", "c"])
    assert effect.mean == pytest.approx(2.0)
    assert effect.high == pytest.approx(2 + 4.302653 / math.sqrt(3), rel=1e-6)
    assert (effect.n, effect.clusters_count, effect.df) == (6, 3, 2.0)


def test_one_cluster_has_no_interval() -> None:
    effect = clustered_mean([1.0, 2.0], ["a", "a"])
    assert (effect.mean, effect.low, effect.high, effect.p_value) == (1.5, None, None, None)


def test_pooled_equal_strata_have_no_spread_between_them() -> None:
    strata = [clustered_mean([0.9, 1.0, 1.1], ["a", "b", "c"]) for _ in range(4)]
    effect, tau, between = pooled(strata)
    assert (effect.mean, tau, between) == (pytest.approx(1.0), 0.0, 0.0)


def test_pooled_interval_covers_in_95_percent_with_six_strata() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(500):
        strata = []
        for _stratum in range(6):
            centre = 0.3 + rng.normal(0, 0.3)
            strata.append(clustered_mean(centre + rng.normal(0, 0.2, 8), [str(i) for i in range(8)]))
        effect, _, _ = pooled(strata)
        hits += effect.low <= 0.3 <= effect.high  # type: ignore[operator]
    assert 0.93 <= hits / 500 <= 0.97


def test_false_discoveries_are_benjamini_and_hochbergs() -> None:
    # Benjamini-Hochberg by hand: p (0.01, 0.02, 0.03, 0.5) times 4/rank, made monotone
    assert false_discovery([0.01, None, 0.5, 0.02, 0.03]) == [
        pytest.approx(0.04),
        None,
        pytest.approx(0.5),
        pytest.approx(0.04),
        pytest.approx(0.04),
    ]


def test_crossing_of_a_line_is_found_and_bounded() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    at, low, high = crossing(x, np.array([2.1, 0.9, 0.1, -1.1, -1.9]))
    assert at == pytest.approx(2.0196, abs=1e-3)
    assert low is not None
    assert high is not None
    assert low < at < high


def test_crossing_of_a_flat_line_is_not_bounded() -> None:
    _, low, high = crossing(np.arange(5.0), np.array([1.0, -1.0, 1.0, -1.0, 1.1]))
    assert (low, high) == (None, None)


def test_repeats_for_a_5_percent_claim_agree_with_the_power_table() -> None:
    # two-sample t test, 80 % power, difference 5 % at CV 5 %: 17 per arm (standard tables)
    assert repeats_needed(0.05, 0.05) == 17
    assert repeats_needed(0.02, 0.05) == 4
    assert repeats_needed(1e-9, 0.05) == 2


def test_no_scatter_or_effect_is_too_large_for_the_power_analysis() -> None:
    for ratio in (1e-3, 0.02, 0.13, 0.5, 3.0, 40.0):
        assert repeats_needed(0.05 * ratio, 0.05) >= 2
    assert repeats_needed(0.00649, 0.05) == 2  # power 95 % by the non-central t: R, power.t.test(n = 2, …)


def test_equal_ratios_cross_nowhere() -> None:
    _, low, high = crossing(np.arange(5.0), np.zeros(5))
    assert (low, high) == (None, None)
