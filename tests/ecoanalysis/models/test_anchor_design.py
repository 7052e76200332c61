"""Runs are chosen by the interval that each is expected to leave; intervals behave as intervals must."""

import math
import shlex
import tomllib
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.workloads.grid import read_suite
from ecoanalysis.models import verbs
from ecoanalysis.models.anchor_design import (
    TO_90,
    USUAL,
    ErrorCurve,
    best_runs,
    fit_curve,
    half_widths_after,
)
from ecoanalysis.models.anchors import adapt
from ecoanalysis.models.predict import _width, default_book
from ecoanalysis.models.splits import TIERS
from ecoanalysis.models.tiers import tiers_of
from ecoanalysis.models.verbs import suggest

POWERS = [2.0**power for power in range(11)]


def simulated(curve: ErrorCurve, batches: list[float], count: int, seed: int = 1) -> np.ndarray:
    """Return errors of `count` deployments at batches, without the noise of runs."""
    log = np.log(batches)
    cover = curve.covariance(log, log, float(np.log(POWERS).mean())) + 1e-9 * np.eye(len(log))
    return np.random.default_rng(seed).multivariate_normal(np.zeros(len(log)), cover, size=count)


def test_expected_widths_are_those_of_simulated_deployments() -> None:
    curve, anchors = USUAL.scaled_to(math.log(2.0)), [4.0, 256.0]
    batches = sorted({*POWERS})
    errors = simulated(curve, batches, 4000)
    noise = np.random.default_rng(2).normal(0, curve.noise, errors.shape)
    seen = [batches.index(batch) for batch in anchors]
    left = np.array([
        one - adapt(np.log(anchors), (one + dither)[seen]).at(np.log(batches))
        for one, dither in zip(errors, noise, strict=True)
    ])  # fmt: skip
    expected = half_widths_after(curve, anchors, batches)
    measured = TO_90 * np.sqrt(left.var(axis=0) + curve.noise**2)
    assert expected == pytest.approx(measured, rel=0.06)


def test_a_flat_error_asks_for_one_run_and_a_tilted_one_for_the_ends() -> None:
    flat = ErrorCurve(offset=0.5, slope=0.0, wiggle=1e-6, reach=1.0, noise=0.01)
    _, first = zip(*best_runs(flat, POWERS, POWERS, 2), strict=True)
    assert first[0] < TO_90 * 0.06  # a tenth of the offset is left by the shrinkage of one anchor
    tilted = replace(flat, slope=0.3)
    batches = {batch for batch, _ in best_runs(tilted, POWERS, POWERS, 3)}
    assert {min(batches), max(batches)} == {1.0, 1024.0}


def test_chosen_runs_beat_a_fixed_rule_where_only_large_batches_are_asked_about() -> None:
    asked = [256.0, 512.0, 1024.0]
    curve = USUAL.scaled_to(math.log(1.8))
    chosen = best_runs(curve, POWERS, asked, 2)
    pairs = [half_widths_after(curve, pair, asked).mean() for pair in combinations(POWERS, 2)]
    assert chosen[-1][1] == pytest.approx(min(pairs))
    assert chosen[-1][1] < half_widths_after(curve, [1.0, 32.0], asked).mean()
    assert chosen[-1][1] < half_widths_after(curve, [1.0, 1024.0], asked).mean()


def test_each_run_narrows_and_none_is_made_twice() -> None:
    runs = best_runs(USUAL.scaled_to(math.log(2.2)), POWERS, POWERS, 6)
    assert [width for _, width in runs] == sorted((width for _, width in runs), reverse=True)
    assert len({batch for batch, _ in runs}) == 6


def test_the_curve_is_recovered_from_planted_errors() -> None:
    planted = ErrorCurve(offset=0.3, slope=0.12, wiggle=0.05, reach=0.7, noise=0.05)
    errors = simulated(planted, POWERS, 400)
    errors = errors + np.random.default_rng(3).normal(0, planted.noise, errors.shape)
    names = np.repeat([f"d{i}" for i in range(400)], len(POWERS))
    found = fit_curve(errors.ravel(), np.tile(np.log(POWERS), 400), names)
    assert found is not None
    assert found.offset == pytest.approx(0.3, rel=0.15)
    assert found.slope == pytest.approx(0.12, rel=0.15)
    assert math.hypot(found.wiggle, found.noise) == pytest.approx(math.hypot(0.05, 0.05), rel=0.25)
    assert fit_curve(errors.ravel()[:30], np.tile(np.log(POWERS), 3)[:30], names[:30]) is None


@settings(max_examples=60, deadline=None)
@given(
    width=st.floats(0.05, 2.0),
    anchors=st.lists(st.sampled_from(POWERS), min_size=1, max_size=6, unique=True),
    at=st.sampled_from(POWERS),
)
def test_no_run_widens_beyond_the_cold_interval_where_it_was_made(
    width: float, anchors: list[float], at: float
) -> None:
    curve = USUAL.scaled_to(width)
    cold = half_widths_after(curve, [], [at])[0]
    after = half_widths_after(curve, [*anchors, at], [at])[0]
    assert TO_90 * curve.noise <= after + 1e-12
    assert after <= cold * 1.05


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(TIERS[1:]), unique=True), st.sampled_from(TIERS[1:]))
def test_more_novelty_never_narrows_an_interval(tiers: list[str], more: str) -> None:
    for intervals in default_book().intervals.values():
        before, after = _width(intervals, tiers), _width(intervals, sorted({*tiers, more}))
        assert after >= before - 1e-12
        assert before >= intervals["inside"]["half_width"] - 1e-12


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-3, 1e3), st.sampled_from(["FRA", "POL", "WORLD"]))
def test_units_do_not_matter_to_what_an_anchor_says(factor: float, region: str) -> None:
    base = {"model": "Qwen3-8B", "device": "H100", "precision": "bf16", "batch_size": "64", "region": region}
    cold = verbs.predict(**base)
    warm = verbs.predict(**base, anchors=f"64={factor * (cold.energy.value or 0)!r}")
    for name in ("energy", "co2", "water"):
        was, now = getattr(cold, name).value, getattr(warm, name).value
        # one anchor moves all of them alike, by ten elevenths of the log
        assert now / was == pytest.approx(factor ** (1 / 1.1), rel=1e-6)
    assert (cold.ess.value or 0) * cold.co2.value == pytest.approx((warm.ess.value or 0) * warm.co2.value)


def test_a_suggestion_is_ready_to_run() -> None:
    found = verbs.predict(model="llama-3.1-8b", device="L40S", batch_size=8)
    made = suggest([found])
    assert len(made.runs) == 3
    assert made.before > made.runs[0][1] > made.runs[2][1] > 1
    assert max(batch for batch, _ in made.runs) <= 512  # 48 GB − 16 GB of weights hold no more of the cache
    beyond = suggest([verbs.predict(model="llama-3.1-8b", device="L40S", batch_size=9000)])
    assert max(beyond.about) <= 512  # what does not fit is no run to make
    parts = shlex.split(made.lines[0])
    assert parts[:2] == ["eco-collect", "run"]
    assert parts[parts.index("--model") + 1] == "Llama-3.1-8B"
    assert made.suite is not None
    grid = tomllib.loads(made.suite)["grid"][0]
    assert grid["models"] == ["llama-3.1-8b"]
    assert sorted(grid["batch_sizes"]) == sorted(batch for batch, _ in made.runs)
    unknown = verbs.predict(model="Qwen3-32B", device="H100", gpus=2, batch_size=8)
    assert suggest([unknown]).suite is None


def test_a_suggested_suite_is_one_that_the_collectors_take(tmp_path: Path) -> None:
    made = suggest([verbs.predict(model="llama-3.1-8b", device="H100", batch_size=8)])
    path = tmp_path / "narrow.toml"
    path.write_text(made.suite or "")
    suite = read_suite(str(path), cores_count=2)
    assert [case.batch_size for case in suite.cases] == sorted(batch for batch, _ in made.runs)
    assert suite.skipped == ()


def test_tiers_are_named_far_to_near() -> None:
    book = default_book()
    row: dict[str, object] = dict.fromkeys(("stack", "device", "precision", "task", "family"), "nobody's")
    row |= {"is_other_version": True}
    assert tiers_of(row | {"batch_size": 1e9}, book.domains["token"]) == [
        "stack", "device", "precision", "task", "family", "batch", "version",
    ]  # fmt: skip
