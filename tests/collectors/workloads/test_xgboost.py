# ruff: noqa: E402
from pathlib import Path

import pytest

xgboost = pytest.importorskip(
    "xgboost", reason="XGBoost is in the extra [workloads]: pip install 'ecoanalysis[workloads]'"
)

from collectors.workloads.case import Case
from collectors.workloads.child import survey
from collectors.workloads.loaded import Quality
from collectors.workloads.tabular_data import table
from collectors.workloads.xgboost_tabular import load


def _case(batch_size: int, variant: str = "sound") -> Case:
    return Case(
        "tabular-classification",
        "tabular",
        "f",
        "xgboost_trees",
        "xgboost",
        "fp32",
        batch_size,
        "blobs",
        variant=variant,
    )


def test_the_score_is_that_of_xgboosts_own_prediction_at_any_batch_size(tmp_path: Path) -> None:
    scores = {survey(_case(size), tmp_path).quality for size in (1, 4, 7)}
    booster = xgboost.Booster()
    booster.load_model(next(tmp_path.glob("*.ubj")))
    data = table("blobs")
    chosen = booster.predict(xgboost.DMatrix(data.test_x.astype("float32"))).argmax(axis=1)
    assert scores == {Quality(float((chosen == data.test_y).mean()), "accuracy")}


@pytest.mark.parametrize("variant", ["sound", "row_loop", "reload", "oversubscribed"])
def test_every_variant_answers_the_whole_batch(variant: str, tmp_path: Path) -> None:
    assert load(_case(7, variant), tmp_path).stages[0].step() == 7
