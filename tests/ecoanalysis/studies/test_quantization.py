import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ecoanalysis.settings import Settings
from ecoanalysis.studies.effect import clustered_mean, false_discovery
from ecoanalysis.studies.frame import base_model
from ecoanalysis.studies.pairs import STRATUM, match
from ecoanalysis.studies.pareto import configurations, fronts
from ecoanalysis.studies.quantization import REFERENCES, narrowing_pairs, run
from tests.ecoanalysis.studies.planted import measurements, quantized


@pytest.mark.parametrize("kind", [{}, {"unbalanced": True}, {"drift": 0.5}, {"spread": 0.05, "noise": 0.3}])
def test_intervals_cover_the_planted_effect(kind: dict[str, float]) -> None:
    rng = np.random.default_rng(2)
    hits = total = 0
    for _ in range(63):
        pairs = match(quantized(rng, effects=[0.25] * 8, **kind), "precision", REFERENCES)  # type: ignore[arg-type]
        for _, part in pairs.group_by(STRATUM, maintain_order=True):
            effect = clustered_mean(part["log_ratio"].to_list(), part["base_model"].to_list())
            hits += effect.low <= 0.25 <= effect.high  # type: ignore[operator]
            total += 1
    assert total >= 500
    assert 0.93 <= hits / total <= 0.97


def test_false_discoveries_stay_below_5_percent_without_any_effect() -> None:
    rng = np.random.default_rng(3)
    families_with_a_discovery = 0
    for _ in range(60):
        pairs = match(quantized(rng, effects=[0.0] * 8), "precision", REFERENCES)
        p_values = [
            clustered_mean(part["log_ratio"].to_list(), part["base_model"].to_list()).p_value
            for _, part in pairs.group_by(STRATUM, maintain_order=True)
        ]
        families_with_a_discovery += any(q is not None and q < 0.05 for q in false_discovery(p_values))
    assert families_with_a_discovery <= 6  # 60 families at 5 %: at most 6 in 97 % of trials


def test_boundaries_are_never_paired_with_each_other() -> None:
    rows = [
        {"base_model": "m", "precision": "fp16", "boundary": "board", "energy_per_item_j": 1.0},
        {"base_model": "m", "precision": "int8", "boundary": "wall", "energy_per_item_j": 2.0},
    ]
    assert match(measurements(rows), "precision", REFERENCES).is_empty()


def test_idle_subtracted_and_gross_energies_are_never_paired() -> None:
    rows = [
        {"base_model": "m", "precision": "fp16", "idle_treatment": "gross", "energy_per_item_j": 1.0},
        {"base_model": "m", "precision": "int8", "idle_treatment": "net", "energy_per_item_j": 2.0},
    ]
    assert match(measurements(rows), "precision", REFERENCES).is_empty()


def test_one_model_has_the_interval_of_its_repeats_and_says_so() -> None:
    # logs of fp16 (0, 0.2) and int8 (1, 1.4): difference 1.1, variance 0.02/2 + 0.08/2 = 0.05, Welch's df 1.4706
    rows = [
        {"base_model": "m", "precision": p, "repeat": r, "energy_per_item_j": math.exp(log)}
        for p, logs in (("fp16", (0.0, 0.2)), ("int8", (1.0, 1.4)))
        for r, log in enumerate(logs)
    ]
    found = [
        f for f in run(measurements(rows), Settings()).findings if f.name.startswith("int8 over fp16: board")
    ]
    half = stats.t.ppf(0.975, 0.05**2 / (0.01**2 + 0.04**2)) * math.sqrt(0.05)
    assert math.log(found[0].estimate or 0) == pytest.approx(1.1)
    assert math.log(found[0].high or 0) == pytest.approx(1.1 + half)
    assert "by the repeats of this one model" in found[0].sentence
    assert found[0].q_value is None  # no claim about models


def test_models_that_nobody_named_are_no_pair() -> None:
    rows = [
        {"base_model": "unknown", "precision": p, "energy_per_item_j": e}
        for p, e in [("fp16", 1.0), ("int8", 0.2)]
    ]
    assert match(measurements(rows), "precision", REFERENCES).is_empty()


def test_two_setups_of_one_board_are_never_paired() -> None:
    rows = [
        {"base_model": "m", "precision": "fp16", "setup": "30 W mode", "energy_per_item_j": 1.0},
        {"base_model": "m", "precision": "int8", "setup": "15 W mode", "energy_per_item_j": 2.0},
    ]
    assert match(measurements(rows), "precision", REFERENCES).is_empty()


def test_a_ratio_is_taken_within_its_batch_size() -> None:
    rows = [
        {"base_model": "m", "precision": p, "nominal_batch_size": b, "energy_per_item_j": e}
        for p, b, e in [("fp16", 1.0, 4.0), ("fp16", 8.0, 1.0), ("int8", 1.0, 2.0), ("int8", 8.0, 3.0)]
    ]
    ratios = match(measurements(rows), "precision", REFERENCES).sort("nominal_batch_size")["log_ratio"].exp()
    assert ratios.to_list() == pytest.approx([0.5, 3.0])


def test_repeats_are_averaged_in_log_before_pairing() -> None:
    rows = [
        {"base_model": "m", "precision": p, "repeat": r, "energy_per_item_j": e}
        for p, r, e in [("fp16", 0, 1.0), ("fp16", 1, 4.0), ("int8", 0, 1.0), ("int8", 1, 1.0)]
    ]
    assert match(measurements(rows), "precision", REFERENCES)["log_ratio"].exp().to_list() == pytest.approx(
        [0.5]
    )


def test_the_study_says_which_runs_are_missing() -> None:
    result = run(measurements([{"base_model": "m", "energy_per_item_j": 1.0}]), Settings())
    assert result.answer.startswith("Cannot be answered")
    assert result.missing[0].startswith("eco-collect suite")


def test_an_ess_change_whose_sign_depends_on_the_convention_is_flagged() -> None:
    # int8 at 0.6 of the energy: QF = 1 gives 1/0.6 = 1.67, bits/32 gives 0.5/0.6 = 0.83
    rows = [
        {"base_model": m, "precision": p, "energy_per_item_j": e}
        for m in "abc"
        for p, e in [("fp16", 1.0), ("int8", 0.6)]
    ]
    findings = {finding.name: finding for finding in run(measurements(rows), Settings()).findings}
    finding = findings["ESS of int8 over fp16"]
    assert finding.estimate == pytest.approx(1 / 0.6)
    assert float(finding.groups["bits32"]) == pytest.approx(0.5 / 0.6, abs=1e-4)
    assert "the sign depends on the convention" in finding.sentence


def test_a_crossover_is_found_where_it_was_planted() -> None:
    sizes = [1e9, 2e9, 4e9, 8e9, 16e9]
    rows = []
    for place, size in enumerate(sizes):
        ratio = math.exp(-0.4 * math.log(size / 4e9) + (0.02 if place % 2 else -0.02))
        for precision, energy in (("fp16", 1.0), ("nf4", ratio)):
            model = f"m{place}"
            rows.append(
                {
                    "base_model": model,
                    "precision": precision,
                    "params_count": int(size),
                    "energy_per_item_j": energy,
                }
            )
    findings = [f for f in run(measurements(rows), Settings()).findings if f.name.startswith("crossover")]
    assert findings[0].estimate == pytest.approx(4e9, rel=0.1)
    assert findings[0].low is not None
    assert findings[0].low < 4e9 < findings[0].high  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("efficientnet-lite0-quantized", "efficientnet-lite0"),
        ("mobilenet-v3-small_224_1.0_uint8", "mobilenet-v3-small_224_1.0"),
        ("bert-99", "bert-99"),
    ],
)
def test_a_precision_in_a_models_name_is_not_part_of_the_model(name: str, base: str) -> None:
    assert base_model(name) == base


def test_an_energy_of_zero_never_enters() -> None:
    rows = [
        {"base_model": "m", "precision": "fp16", "energy_per_item_j": 1.0},
        {"base_model": "m", "precision": "int8", "energy_per_item_j": 0.0},
    ]
    assert isinstance(match(measurements(rows), "precision", REFERENCES), pl.DataFrame)
    assert match(measurements(rows), "precision", REFERENCES).is_empty()


def test_fp32_is_held_against_fp64_and_int8_against_fp32() -> None:
    rows = [
        {"base_model": "m", "precision": p, "energy_per_item_j": e}
        for p, e in [("fp64", 8.0), ("fp32", 4.0), ("int8", 1.0)]
    ]
    pairs = narrowing_pairs(measurements(rows))
    found = {
        (row["treatment"], row["reference"]): math.exp(row["log_ratio"])
        for row in pairs.iter_rows(named=True)
    }
    assert found == {("int8", "fp32"): pytest.approx(0.25), ("fp32", "fp64"): pytest.approx(0.5)}


def test_the_cheapest_at_equal_quality_is_named_with_its_precision() -> None:
    rows = [
        {
            "model": m,
            "base_model": m,
            "precision": p,
            "energy_per_item_j": e,
            "quality_value": q,
            "quality_metric": "accuracy",
        }
        for m, p, e, q in [
            ("big", "fp32", 4.0, 0.90),
            ("big", "int8", 2.0, 0.895),
            ("small", "int8", 1.0, 0.80),
        ]
    ]
    found = [f for f in run(measurements(rows), Settings()).findings if f.name.startswith("equal quality")]
    assert found[0].estimate == pytest.approx(0.5)  # the small model is below 0.90 - 0.01
    assert "big at int8" in found[0].sentence


def test_the_front_holds_what_nothing_beats_in_energy_and_quality() -> None:
    rows = [
        {"model": m, "base_model": m, "precision": p, "energy_per_item_j": e, "quality_value": q}
        for m, p, e, q in [
            ("a", "fp32", 4.0, 0.90),
            ("a", "int8", 2.0, 0.90),  # as good for less: the one before is off the front
            ("b", "fp32", 3.0, 0.85),  # dearer and worse than a at int8
            ("b", "int8", 1.0, 0.80),
        ]
    ]
    front = fronts(configurations(measurements(rows))).filter("on_front")
    assert set(zip(front["model"], front["precision"], strict=True)) == {("a", "int8"), ("b", "int8")}


def test_a_perplexity_that_falls_is_better_on_the_front() -> None:
    rows = [
        {
            "model": "m",
            "precision": p,
            "energy_per_item_j": e,
            "quality_value": q,
            "quality_metric": "perplexity",
        }
        for p, e, q in [("fp32", 2.0, 10.0), ("int8", 1.0, 12.0), ("int4", 3.0, 15.0)]
    ]
    front = fronts(configurations(measurements(rows))).filter("on_front")
    assert set(front["precision"]) == {"fp32", "int8"}


def test_equivalence_asks_for_the_90_percent_interval_inside_the_margin() -> None:
    def change(points: list[float]) -> str:
        rows = [
            {"base_model": f"m{place}", "precision": p, "energy_per_item_j": 1.0, "quality_value": q}
            for place, lost in enumerate(points)
            for p, q in [("fp16", 0.90), ("int8", 0.90 - lost / 100)]
        ]
        found = [f for f in run(measurements(rows), Settings()).findings if f.name.startswith("quality of")]
        return found[0].sentence

    assert "equivalent at a margin of 1 point" in change([0.1, 0.2, 0.3])
    assert "not shown to be equivalent" in change([0.1, 0.2, 3.0])
    assert "a loss of more than the margin" in change([3.0, 3.1, 3.2])


def test_a_perplexity_is_not_taken_for_a_share() -> None:
    rows = [
        {
            "model": "m",
            "base_model": "m",
            "precision": p,
            "energy_per_item_j": e,
            "quality_value": q,
            "quality_metric": n,
        }
        for p, e, q, n in [("fp32", 2.0, 20.0, "perplexity"), ("int8", 1.0, 30.0, "perplexity")]
    ]
    names = [finding.name for finding in run(measurements(rows), Settings()).findings]
    assert not [name for name in names if name.startswith(("quality of", "equal quality"))]


def test_a_crossing_that_the_data_hardly_bound_is_no_finding() -> None:
    # Ratios whose slope is barely told from none: Fieller's interval reaches over hundreds of orders of magnitude.
    rng = np.random.default_rng(0)
    for _ in range(60):
        frame = quantized(rng, effects=[0.0], models=5, spread=0.3)
        for finding in run(frame, Settings()).findings:
            if finding.name.startswith("crossover"):
                assert 1e9 / 1000 <= finding.low < finding.high <= 5e9 * 1000  # type: ignore[operator]
