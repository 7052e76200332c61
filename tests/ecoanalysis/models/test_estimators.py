"""Estimators against published numbers, known laws, and the library that grew them."""

import json
import math

import numpy as np
import polars as pl
import pytest

from ecoanalysis.identity.models import find_model
from ecoanalysis.models import ecologits, gaussian, loglinear, physics, trees
from ecoanalysis.models.frame import ids_of, training_frame
from ecoanalysis.models.one_thread import one_thread
from ecoanalysis.models.tokens import weights_touched
from ecoanalysis.store.queries import MEASUREMENT_SCHEMA
from tests.ecoanalysis.models.rows import made, measurement


def test_ecologits_gives_its_published_check_value_for_8b() -> None:
    # EcoLogits 0.11.3 for 8e9 parameters at its batch of 64 on one device: 0.16230 J per token
    assert ecologits.energy_per_token_j(8.0) == pytest.approx(0.16230, abs=5e-5)
    assert [ecologits.devices_needed(size) for size in (8, 70, 405)] == [1, 4, 16]


def test_physics_predicts_a_device_that_it_never_saw() -> None:
    frame = training_frame(made(noise=0.01))["token"]
    seen, unseen = (
        frame.filter(pl.col("device").str.contains("H100")),
        frame.filter(pl.col("device").str.contains("A100")),
    )
    error = physics.predict(physics.fit(seen), unseen) - unseen["log_j"].to_numpy()
    assert abs(np.median(error)) < 0.06
    free = loglinear.predict(loglinear.fit(seen), unseen) - unseen["log_j"].to_numpy()
    assert np.median(abs(error)) < np.median(abs(free))


def test_a_fit_is_json_and_names_the_rows_that_it_saw() -> None:
    frame = training_frame(made())["token"]
    fitted = physics.fit(frame)
    assert fitted.measurement_ids == tuple(frame["id"])
    assert json.loads(json.dumps(fitted.values, allow_nan=False)) == fitted.values


def test_walking_trees_gives_what_scikit_learn_gives() -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    rng = np.random.default_rng(3)
    features = rng.normal(size=(80, 5)).astype(np.float32).astype(float)
    target = features[:, 0] ** 2 + features[:, 1]
    forest = ExtraTreesRegressor(80, min_samples_leaf=3, max_features=0.5, random_state=0)
    forest.fit(features.astype(np.float32), target)
    assert trees.walk(trees.grow(features, target), features) == pytest.approx(
        forest.predict(features), abs=2e-3
    )


def test_process_interpolates_and_falls_back_to_zero_far_away() -> None:
    x = np.linspace(0, 6, 25)[:, None]
    process = gaussian.condition(x, np.sin(x[:, 0]), scales=(1.0, 2.0, 0.01))
    assert gaussian.expect(process, np.array([[1.6]])) == pytest.approx([math.sin(1.6)], abs=0.05)
    assert gaussian.expect(process, np.array([[1000.0]])) == pytest.approx([0.0], abs=1e-6)


def test_a_batch_touches_the_experts_that_chance_gives_it() -> None:
    model = find_model("Mixtral-8x7B-Instruct-v0.1")
    assert model is not None
    dense, one = weights_touched(model, 1.0)
    _, many = weights_touched(model, 1000.0)
    assert one / many == pytest.approx(2 / 8, rel=1e-6)  # top 2 of 8
    assert dense + many == pytest.approx(model.params_count or 0, rel=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"energy_per_item_j": None},
        {"idle_treatment": "net"},
        {"excluded": "doubtful"},
        {"model": "nobody/knows"},
        {"basis": "estimated"},
        {"task": "training"},
    ],
)
def test_rows_that_nothing_can_be_learnt_from_are_left_out(change: dict[str, object]) -> None:
    good = measurement("Qwen3-8B", "NVIDIA H100 SXM5 80GB", 8.0, id=1)
    bad = measurement("Qwen3-8B", "NVIDIA H100 SXM5 80GB", 16.0, id=2) | change
    frame = training_frame(
        pl.DataFrame([good, bad], schema_overrides={"id": pl.Int64}, infer_schema_length=None)
    )["token"]
    assert frame["id"].to_list() == [1]


def test_boundaries_are_not_mixed() -> None:
    rows = [measurement("Qwen3-8B", "NVIDIA H100 SXM5 80GB", 8.0 + i, id=i) for i in range(3)]
    rows[2]["boundary"] = "wall"
    frame = training_frame(pl.DataFrame(rows, infer_schema_length=None))["token"]
    assert frame["boundary"].unique().to_list() == ["board"]


def test_repeats_are_one_row_with_the_ids_of_all() -> None:
    repeats = [measurement("Qwen3-8B", "NVIDIA H100 SXM5 80GB", 8.0, joules) for joules in (1.0, 2.0, 4.0)]
    other = measurement("Qwen3-8B", "NVIDIA H100 SXM5 80GB", 16.0, 9.0)
    rows = [row | {"id": number} for number, row in enumerate([*repeats, other])]
    frame = training_frame(pl.DataFrame(rows, schema=MEASUREMENT_SCHEMA))["token"]
    assert frame["log_j"].exp().to_list() == pytest.approx([2.0, 9.0])
    assert ids_of(frame) == (0, 1, 2, 3)


def test_fits_hold_linear_algebra_to_one_thread() -> None:
    from threadpoolctl import threadpool_info

    with one_thread():
        blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert blas
    assert set(blas) == {1}
