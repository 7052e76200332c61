"""The mixed model over crossed models and places, and what stands in for it."""

import numpy as np
import polars as pl
import pytest

from ecoanalysis.settings import Settings
from ecoanalysis.studies.contrast import contrast_findings, contrasts
from ecoanalysis.studies.crossed import Crossed, crossed
from ecoanalysis.studies.pairs import STRATUM
from ecoanalysis.studies.quantization import narrowing_pairs, run
from ecoanalysis.studies.strata import stratify
from tests.ecoanalysis.studies.planted import crossed_ratios, measurements, quantized


def test_variances_of_models_and_places_are_found_apart() -> None:
    rng = np.random.default_rng(5)
    fit = crossed(crossed_ratios(rng, 0.3, models=40, places=40, model_sd=0.1, place_sd=0.4, noise=0.05), rng)
    assert isinstance(fit, Crossed)
    assert fit.model_sd == pytest.approx(0.1, rel=0.3)
    assert fit.place_sd == pytest.approx(0.4, rel=0.3)
    assert fit.residual_sd == pytest.approx(0.05, rel=0.1)


def test_a_balanced_mean_and_its_error_are_those_of_the_textbook() -> None:
    # Balanced two-way layout: the mean is the grand mean, its variance the sum of s²/levels of each part.
    rng = np.random.default_rng(6)
    pairs = crossed_ratios(rng, -0.2, models=8, places=6, model_sd=0.2, place_sd=0.3, noise=0.1, missing=0.0)
    fit = crossed(pairs, rng)
    assert isinstance(fit, Crossed)
    assert fit.effect.mean == pytest.approx(pairs["log_ratio"].mean(), abs=1e-9)
    variance = fit.model_sd**2 / 8 + fit.place_sd**2 / 6 + fit.residual_sd**2 / 48
    assert fit.effect.standard_error == pytest.approx(variance**0.5, rel=1e-6)


def test_the_mixed_models_interval_covers_in_95_percent() -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(200):
        fit = crossed(crossed_ratios(rng, 0.25, models=8, places=5), rng)
        assert isinstance(fit, Crossed)
        hits += fit.effect.low <= 0.25 <= fit.effect.high  # type: ignore[operator]
    assert 0.92 <= hits / 200 <= 0.98  # 95 % ± 1.96 · √(0.95 · 0.05 / 200); make bench has 500


def test_two_places_carry_no_mixed_model_and_the_reason_is_stated() -> None:
    rng = np.random.default_rng(8)
    assert "needs 3 of each" in str(crossed(crossed_ratios(rng, 0.1, models=5, places=2), rng))
    sparse = pl.DataFrame(
        {"base_model": ["a", "b", "c"], "place": ["x", "y", "z"], "log_ratio": [0.1, 0.2, 0.3]}
    )
    assert "cannot be told apart" in str(crossed(sparse, rng))


def test_a_contrast_says_by_which_model_it_was_obtained() -> None:
    rng = np.random.default_rng(9)
    full = contrasts(stratify(narrowing_pairs(quantized(rng, effects=[0.2] * 4)), STRATUM), rng)
    assert next(contrast_findings(full)).method.startswith("mixed effects over crossed models and places")
    apart = quantized(rng, effects=[0.2] * 3).with_columns(base_model=pl.col("device") + pl.col("base_model"))
    pooled = contrasts(stratify(narrowing_pairs(apart), STRATUM), rng)
    method = next(contrast_findings(pooled)).method
    assert method.startswith("random effects over places")
    assert "cannot be told apart" in method


def test_the_batch_slope_of_a_ratio_is_recovered() -> None:
    # int8 over fp16 is 2 at batch 1, 1 at batch 2, 0.5 at batch 4: halved by each doubling.
    rows = [
        {"base_model": m, "precision": p, "nominal_batch_size": b, "batch_size": b, "energy_per_item_j": e}
        for m in "abc"
        for b, ratio in ((1.0, 2.0), (2.0, 1.0), (4.0, 0.5))
        for p, e in (("fp16", 1.0), ("int8", ratio))
    ]
    found = {finding.name: finding for finding in run(measurements(rows), Settings()).findings}
    slope = found["batch and int8 over fp16"]
    assert slope.estimate == pytest.approx(0.5)
    assert "gains as the batch grows" in slope.sentence
