import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is in the extra [analysis]")

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from collectors.workloads.case import Case, config
from collectors.workloads.child import survey
from collectors.workloads.precision import PrecisionError
from collectors.workloads.sklearn_count import count
from collectors.workloads.sklearn_tabular import load
from collectors.workloads.tabular_data import batches, slices

X = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 0.0], [4.0, 1.0]])
Y = np.array([0, 0, 1, 1])


def _case(model: str, batch_size: int, precision: str = "fp64", dataset: str = "blobs") -> Case:
    return Case("tabular-classification", "tabular", "f", model, "sklearn", precision, batch_size, dataset)


@pytest.mark.parametrize("batch_size", [1, 4, 7])
@pytest.mark.parametrize("model", ["logistic_regression", "svm_rbf", "knn", "random_forest", "naive_bayes"])
def test_a_perfect_classifier_scores_one_at_any_batch_size(
    model: str, batch_size: int, tmp_path: Path
) -> None:
    found = survey(_case(model, batch_size), tmp_path)
    assert found.quality is not None
    assert (found.quality.value, found.quality.metric) == (1.0, "accuracy")


def test_a_linear_model_has_its_coefficients_and_intercepts() -> None:
    counted = count(LogisticRegression().fit(X, Y), X)
    assert (counted.params, counted.flops, counted.weight_bytes) == (3, 4.0, 24)


def test_a_stump_has_three_nodes_of_four_fields_and_two_values() -> None:
    counted = count(DecisionTreeClassifier().fit(X, Y), X)
    assert counted.params == 3 * (4 + 2)
    assert counted.active == 2 * (4 + 2)  # root and one leaf


def test_a_forest_is_the_sum_of_its_trees() -> None:
    forest = RandomForestClassifier(n_estimators=5, bootstrap=False, max_features=None).fit(X, Y)
    assert count(forest, X).params == 5 * 3 * (4 + 2)


def test_support_vectors_samples_and_layers_are_counted() -> None:
    svm = SVC(kernel="rbf").fit(X, Y)
    vectors = len(svm.support_vectors_)
    assert count(svm, X).params == vectors * 2 + vectors + 1
    assert count(KNeighborsClassifier(1, algorithm="brute").fit(X, Y), X).params == 4 * 2 + 4
    layers = MLPClassifier((3,), max_iter=1).fit(X, Y)
    assert count(layers, X).params == 2 * 3 + 3 + 3 * 1 + 1


def test_a_model_that_stays_in_float64_fails_by_name_when_float32_was_asked(tmp_path: Path) -> None:
    with pytest.raises(PrecisionError, match=r"svm_rbf.*asked for fp32"):
        survey(_case("svm_rbf", 4, "fp32"), tmp_path)
    # nearest neighbours keep float32 samples but compute their distances in float64
    with pytest.raises(PrecisionError, match=r"knn.*asked for fp32.*float64"):
        survey(_case("knn", 4, "fp32"), tmp_path)


def test_float32_is_float32_where_scikit_learn_keeps_it(tmp_path: Path) -> None:
    assert survey(_case("logistic_regression", 4, "fp32"), tmp_path).evidence.bytes_by_dtype.keys() == {
        "float32"
    }


def test_batches_have_exactly_the_size_and_slices_cover_each_row_once() -> None:
    rows = np.arange(10)[:, None]
    assert {len(batch) for batch in batches(rows, 4)} == {4}
    assert batches(rows, 16)[0].shape == (16, 1)
    for size in (1, 4, 7):
        assert np.concatenate([np.arange(200)[part] for part in slices(200, size)]).tolist() == list(
            range(200)
        )


def test_one_pass_over_the_weights_serves_the_whole_batch(tmp_path: Path) -> None:
    case = _case("logistic_regression", 8)
    facts = survey(case, tmp_path).facts
    what = config(case, facts)
    assert facts.weight_bytes == (8 * 4 + 4) * 8
    assert what.bytes_per_item == (8 * 4 + 4) * 8 / 8 + 8 * 8
    assert (what.params_count, what.batch_size, what.precision) == (36, 8.0, "fp64")


def test_a_step_does_one_batch(tmp_path: Path) -> None:
    assert load(_case("knn", 7), tmp_path).stages[0].step() == 7


def test_the_thread_limit_holds_from_the_first_run_on() -> None:
    # in a process of its own: a library can be limited only after it is loaded
    script = """
from collectors.workloads.case import Case
from collectors.workloads.child import _thread_limit
case = Case("tabular-classification", "tabular", "f", "knn", "sklearn", "fp64", 1, "blobs", threads=1)
with _thread_limit(case):
    from threadpoolctl import threadpool_info
    pools = threadpool_info()
    assert any("openmp" in pool["user_api"] for pool in pools), pools
    print(max(pool["num_threads"] for pool in pools))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
