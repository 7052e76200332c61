"""Boosted trees and forests of XGBoost on tables: trained from a seed, saved, loaded for every run."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from collectors.workloads.case import Case, Facts
from collectors.workloads.loaded import Evidence, Loaded, Quality, Stage
from collectors.workloads.tabular_data import SEED, Table, batches, slices, table
from collectors.workloads.variants import compute_threads

RULE = "counted from the saved trees: nodes x 5 (feature, condition, left, right, weight); operations: mean path length"


def load(case: Case, cache: Path) -> Loaded:
    """Return a booster from its saved form; XGBoost stores conditions and leaves as float32."""
    data = table(case.dataset)
    text = f"{case.model}-{case.dataset}-{xgboost.__version__}-{SEED}"
    path = cache / f"xgboost-{hashlib.sha256(text.encode()).hexdigest()[:24]}.ubj"
    if not path.exists():
        _fit(case, data).save_model(path)
    booster = _booster(case, path)
    answer = _answerer(case, booster, path)
    ring = batches(data.test_x.astype(np.float32), case.batch_size)
    place = 0

    def step() -> int:
        nonlocal place
        rows = ring[place]
        place = (place + 1) % len(ring)
        answer(rows)
        return len(rows)

    return Loaded(
        (Stage("infer", step),),
        lambda: _inspect(booster, data),
        lambda: _score(booster, data, case.batch_size),
    )


def _booster(case: Case, path: Path) -> Any:
    booster = xgboost.Booster()
    booster.load_model(path)
    booster.set_param({"nthread": compute_threads(case.variant, case.threads)})
    return booster


def _answerer(case: Case, booster: Any, path: Path) -> Callable[[Any], Any]:
    """Return how the case's variant answers a batch of rows [n, d]."""
    if case.variant == "row_loop":
        return lambda rows: [booster.inplace_predict(rows[i : i + 1]) for i in range(len(rows))]
    if case.variant == "reload":
        return lambda rows: _booster(case, path).inplace_predict(rows)
    answer: Callable[[Any], Any] = booster.inplace_predict
    return answer


def _fit(case: Case, data: Table) -> Any:
    options: dict[str, Any] = {"random_state": SEED, "tree_method": "hist", "n_jobs": 1}
    forest = case.model == "xgboost_forest"
    names = {
        ("classification", False): "XGBClassifier",
        ("classification", True): "XGBRFClassifier",
        ("regression", False): "XGBRegressor",
        ("regression", True): "XGBRFRegressor",
    }
    kind = getattr(xgboost, names[data.kind, forest])
    if forest:
        options["max_depth"] = 10
    model = kind(n_estimators=50, **options)
    return model.fit(data.train_x.astype(np.float32), data.train_y).get_booster()


def _score(booster: Any, data: Table, batch_size: int) -> Quality:
    rows = data.test_x.astype(np.float32)
    answers = np.concatenate([booster.inplace_predict(rows[part]) for part in slices(len(rows), batch_size)])
    if data.kind == "classification":
        chosen = answers.argmax(axis=1) if answers.ndim == 2 else answers > 0.5
        return Quality(float(np.mean(chosen == data.test_y)), "accuracy")
    residual = float(np.sum((answers - data.test_y) ** 2))
    return Quality(1.0 - residual / float(np.sum((data.test_y - data.test_y.mean()) ** 2)), "r2")


def _inspect(booster: Any, data: Table) -> tuple[Facts, Evidence]:
    trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    nodes = sum(len(tree["left_children"]) for tree in trees)
    rows = data.test_x.astype(np.float32)
    leaves = booster.predict(xgboost.DMatrix(rows), pred_leaf=True).reshape(len(rows), -1).astype(int)
    depths = [_depths(tree) for tree in trees]
    path = sum(float(depths[i][leaves[:, i]].mean()) + 1.0 for i in range(leaves.shape[1]))
    answer = booster.inplace_predict(rows[:2])
    facts = Facts(
        params_count=5 * nodes,
        active_params_count=round(5 * path),
        weight_bytes=20 * nodes,
        active_weight_bytes=round(20 * path),
        flops_per_item=path + len(trees),
        item_bytes=float(rows[0].nbytes),
        input_shape=str(rows.shape[1]),
        source=RULE,
        framework_version=xgboost.__version__,
    )
    return facts, Evidence({"float32": 8 * nodes}, (str(answer.dtype),), ("inplace_predict",))


def _depths(tree: dict[str, Any]) -> Any:
    """The depth of every node of a saved tree, by its number."""
    left, right = tree["left_children"], tree["right_children"]
    depth = np.zeros(len(left))
    for node in range(len(left)):  # children are numbered after their parents
        if left[node] >= 0:
            depth[left[node]] = depth[right[node]] = depth[node] + 1
    return depth
