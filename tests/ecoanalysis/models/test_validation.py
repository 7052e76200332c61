"""Validation sees no group that it should not, and intervals cover new groups."""

import math

import numpy as np
import polars as pl
import pytest

from ecoanalysis.models.anchors import adapt, choose_places
from ecoanalysis.models.frame import training_frame
from ecoanalysis.models.held_out import HeldOut, hold_out
from ecoanalysis.models.intervals import calibrate, half_width
from ecoanalysis.models.metrics import metrics, pairwise_order, regret
from ecoanalysis.models.residual import BLENDS, CHAMPIONS
from ecoanalysis.models.splits import batch_split, splits
from ecoanalysis.models.train import choose, fit_kind
from ecoanalysis.models.validate import few_shot, leave_one_out_widths, nested_champion
from tests.ecoanalysis.models.rows import made


def test_twins_never_straddle_a_split() -> None:
    frame = training_frame(made())["token"]
    twins = frame.filter(pl.col("model").is_in(["Llama-3.1-70B", "Llama-3.3-70B"]))
    assert twins["arch"].n_unique() == 1
    for split in splits(frame, "arch"):
        assert not set(frame["arch"][split.train]) & set(frame["arch"][split.test])


def test_a_tier_that_two_groups_cannot_test_is_as_wide_as_is_assumed() -> None:
    frame = training_frame(made(noise=0.01))["token"]  # two devices that one law fits within 1 %
    _, intervals = fit_kind(frame)
    assert intervals["device"]["coverage"] is None
    assert intervals["device"]["half_width"] == pytest.approx(0.92)
    assert intervals["arch"]["half_width"] < 0.2


def test_larger_batches_are_predicted_from_smaller_ones_only() -> None:
    frame = training_frame(made())["token"]
    split = batch_split(frame, "up")
    assert split is not None
    assert frame["batch_size"][split.train].max() <= 64 < frame["batch_size"][split.test].min()


def held_out(**errors: list[float]) -> HeldOut:
    """Six groups of one row each: the blends' errors, 0.10 in all for those that are not named."""
    predicted = {name: np.full(6, 0.10) for name in BLENDS}
    predicted |= {name.replace("_", "+"): np.array(values) for name, values in errors.items()}
    return HeldOut("arch", np.arange(6), np.array(list("abcdef")), np.zeros(6), predicted)


def test_the_usual_blend_stays_unless_another_is_clearly_better() -> None:
    usual = CHAMPIONS["arch"]
    by_luck = [0.02, 0.12, 0.11, 0.11, 0.10, 0.09]  # better on the mean, by one group
    assert choose(held_out(physics_process=by_luck)) == usual
    assert choose(held_out(physics_process=[0.05, 0.06, 0.05, 0.04, 0.05, 0.05])) == "physics+process"


def test_batches_of_a_stack_that_ran_no_others_are_no_test_of_batches() -> None:
    frame = training_frame(made())["token"]
    alone = (pl.col("model") == "Qwen3-8B") & (pl.col("batch_size") > 64)
    frame = frame.with_columns(stack=pl.when(alone).then(pl.lit("another")).otherwise("stack"))
    split = batch_split(frame, "up")
    assert split is not None
    assert "another" not in frame["stack"][split.test]
    assert "another" not in frame["stack"][split.train]
    assert (frame["batch_size"][split.train] <= 64).all()


def test_a_combination_is_held_out_whole_and_known_in_all_its_parts() -> None:
    frame = training_frame(made())["token"]
    alone = (pl.col("model") == "Qwen3-8B") & pl.col("device").str.contains("H100")
    frame = frame.with_columns(task=pl.when(alone).then(pl.lit("nobody else's")).otherwise("task"))
    tested = set()
    for split in splits(frame, "combination"):
        train, test = frame[split.train], frame[split.test]
        assert not set(train["combination"]) & set(test["combination"])
        assert "nobody else's" not in test["task"]
        tested |= set(test["combination"])
    assert (
        len(tested) > 0.6 * frame["combination"].n_unique()
    )  # a model whose two devices fall together has no twin


def test_a_signal_of_the_group_alone_is_not_seen_by_leaving_groups_out() -> None:
    frame = training_frame(made(arch_sd=0.5))["token"]
    errors = {}
    for tier, folds in (("inside", None), ("arch", 6)):
        held = hold_out(frame, tier, folds=folds, scales=(0.5, 3.0, 0.05))
        assert held is not None
        errors[tier] = metrics(held.predicted["physics+mean"], held.measured).mdape
    assert errors["arch"] > 0.2 > 3 * errors["inside"] * 0.5
    assert errors["inside"] < 0.5 * errors["arch"]


def test_permuted_targets_give_no_skill() -> None:
    frame = training_frame(made())["token"]
    shuffled = frame.with_columns(pl.col("log_j").shuffle(seed=1))
    held = hold_out(shuffled, "arch", folds=4, scales=(0.3, 4.0, 0.2))
    assert held is not None
    assert metrics(nested_champion(held), held.measured).r2 < 0.1


def test_one_run_moves_the_curve_of_a_deployment() -> None:
    frame = training_frame(made(arch_sd=0.5))["token"]
    held = hold_out(frame, "arch", folds=6, scales=(0.5, 3.0, 0.05))
    assert held is not None
    cold = metrics(nested_champion(held), held.measured).mdape
    error = adapt(np.log([8.0]), np.array([0.4]))
    assert error.at(np.log(np.array([512.0]))) == pytest.approx([0.4 / 1.1])
    assert cold > 0.15
    assert few_shot(frame, held) == []  # four batches a deployment: too few to hold any out


def test_three_anchors_are_met_at_their_batches() -> None:
    batches = np.log([8.0, 64.0, 512.0])
    error = np.array([0.3, 0.1, -0.2])
    assert adapt(batches, error).at(batches) == pytest.approx(error, abs=1e-9)
    assert choose_places(7, 1) == [3]
    assert choose_places(7, 3) == [0, 3, 6]


def test_intervals_cover_new_groups() -> None:
    rng = np.random.default_rng(5)
    groups = np.repeat([f"g{i}" for i in range(40)], 10)
    error = np.repeat(rng.normal(0, 0.3, 40), 10) + rng.normal(0, 0.1, 400)
    found = calibrate("arch", error, groups)
    assert 0.85 <= found.coverage <= 0.97
    assert found.half_width == pytest.approx(1.645 * math.hypot(0.3, 0.1), rel=0.35)
    assert found.method == "group conformal"
    inside = np.abs(error) <= leave_one_out_widths(error, groups)
    assert 0.85 <= inside.mean() <= 0.97


def test_few_groups_give_wider_intervals_than_many_rows_suggest() -> None:
    rng = np.random.default_rng(6)
    groups = np.repeat(["a", "b", "c"], 200)
    error = np.repeat([0.3, -0.3, 0.1], 200) + rng.normal(0, 0.05, 600)
    assert calibrate("device", error, groups).method == "random effects t"
    assert half_width(error, groups) > 2 * np.quantile(np.abs(error), 0.9)


def test_half_width_of_many_groups_is_a_quantile_above_ninety_percent() -> None:
    error = np.linspace(0.01, 1.0, 100)
    groups = np.repeat([f"g{i}" for i in range(10)], 10)
    assert half_width(error, groups) == pytest.approx(0.95)  # 0.9 · (1 + 1 / 20) = 0.945 of 100 rows


def test_metrics_of_a_worked_example() -> None:
    measured = np.log([1.0, 2.0, 4.0])
    found = metrics(np.log([1.1, 2.0, 10.0]), measured, np.full(3, 0.2))
    assert (found.mdape, found.within_2x, found.coverage) == pytest.approx((0.1, 2 / 3, 2 / 3))
    assert found.bias_ratio == pytest.approx(1.1)
    groups = np.array(["a", "a", "a"])
    assert pairwise_order(np.log([1.1, 2.0, 10.0]), measured, groups) == 1.0
    assert regret(np.log([3.0, 2.0, 10.0]), measured, groups) == pytest.approx(
        1.0
    )  # picks 2 J where 1 J was best
