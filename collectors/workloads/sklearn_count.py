"""What a fitted scikit-learn model holds and does per item, counted from its arrays.

The rules, so that classical and neural models can stand in one table:

- linear models, multi-layer perceptrons, naive Bayes: every stored coefficient and intercept;
- support vector machines: support vectors (n_sv x d), dual coefficients, intercepts;
- calibrated models: the sum over their folds, plus two numbers per class and fold;
- nearest neighbours: every stored sample and its label (n x d + n);
- trees: nodes x (4 + values per node): feature, threshold, left, right, and the values of the node;
- histogram boosting: nodes x 5 (one value per node), plus the baseline.

Active parameters of trees are the nodes on the mean path of the held-out rows x (4 + values). Operations per
item count a multiply-add as 2, a kernel evaluation as 3 d + 10, a tree node as 1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

RULE = "counted from the fitted model by the rules of collectors/workloads/sklearn_count.py"
_KERNEL_TAIL = 10.0  # exp and scaling of one kernel value, in operations


@dataclass(frozen=True, slots=True)
class Count:
    """Numbers stored, numbers that one item touches, operations per item, and bytes by stored type."""

    params: int
    active: int
    flops: float
    bytes_by_dtype: dict[str, int]

    @property
    def weight_bytes(self) -> int:
        """Bytes of all arrays that inference reads."""
        return sum(self.bytes_by_dtype.values())


def count(model: Any, rows: Any) -> Count:
    """Return the count of a fitted model; `rows` [n, d] are held-out rows, for the mean path through trees."""
    name = type(model).__name__
    if name == "CalibratedClassifierCV":
        return _calibrated(model, rows)
    if name.startswith("HistGradientBoosting"):
        return _histogram_trees(model, rows)
    if hasattr(model, "tree_"):
        return _trees([model], rows)
    if hasattr(model, "estimators_"):
        return _trees(list(np.ravel(model.estimators_)), rows)
    if hasattr(model, "coefs_"):
        return _dense(model.coefs_, model.intercepts_)
    if hasattr(model, "support_vectors_"):
        return _support_vectors(model)
    if hasattr(model, "_fit_X"):
        return _neighbours(model)
    if hasattr(model, "theta_"):
        return _dense([model.theta_, model.var_], [model.class_prior_])
    if hasattr(model, "coef_"):
        return _dense([model.coef_], [np.asarray(model.intercept_)])
    raise TypeError(f"no counting rule for {name}; add one to sklearn_count.py")


def _calibrated(model: Any, rows: Any) -> Count:
    folds = [count(fold.estimator, rows) for fold in model.calibrated_classifiers_]
    sigmoids = sum(2 * len(fold.calibrators) for fold in model.calibrated_classifiers_)
    sizes: dict[str, int] = {"float64": sigmoids * 8}
    for fold in folds:
        for name, size in fold.bytes_by_dtype.items():
            sizes[name] = sizes.get(name, 0) + size
    return Count(
        sum(fold.params for fold in folds) + sigmoids,
        sum(fold.active for fold in folds) + sigmoids,
        sum(fold.flops for fold in folds) + 4.0 * sigmoids,
        sizes,
    )


def _by_dtype(arrays: list[Any]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for array in arrays:
        sizes[str(array.dtype)] = sizes.get(str(array.dtype), 0) + int(array.nbytes)
    return sizes


def _dense(weights: list[Any], intercepts: list[Any]) -> Count:
    numbers = sum(int(w.size) for w in weights) + sum(int(b.size) for b in intercepts)
    flops = 2.0 * sum(w.size for w in weights)
    return Count(numbers, numbers, flops, _by_dtype([*weights, *intercepts]))


def _support_vectors(model: Any) -> Count:
    arrays = [model.support_vectors_, model.dual_coef_, np.asarray(model.intercept_)]
    numbers = sum(int(array.size) for array in arrays)
    vectors, features = model.support_vectors_.shape
    flops = vectors * (3.0 * features + _KERNEL_TAIL) + 2.0 * model.dual_coef_.size
    return Count(numbers, numbers, flops, _by_dtype(arrays))


def _neighbours(model: Any) -> Count:
    samples, features = model._fit_X.shape
    labels = np.asarray(model._y)
    numbers = samples * features + labels.size
    sizes = _by_dtype([model._fit_X])  # labels are looked up, not computed with
    return Count(numbers, numbers, 3.0 * samples * features, sizes)


def _trees(estimators: list[Any], rows: Any) -> Count:
    numbers, active, flops = 0, 0.0, 0.0
    sizes: dict[str, int] = {}
    rows32 = np.ascontiguousarray(rows[:200], dtype=np.float32)
    for estimator in estimators:
        tree = estimator.tree_
        values = int(tree.value[0].size)
        numbers += tree.node_count * (4 + values)
        path = float(tree.decision_path(rows32).sum()) / len(rows32)
        active += path * (4 + values)
        flops += path + values
        for name, size in _by_dtype([tree.threshold, tree.value]).items():
            sizes[name] = sizes.get(name, 0) + size
    return Count(numbers, round(active), flops, sizes)


def _histogram_trees(model: Any, rows: Any) -> Count:
    numbers, active, flops, held = 0, 0.0, 0.0, 0
    for iteration in model._predictors:
        for predictor in iteration:
            nodes = predictor.nodes
            numbers += 5 * len(nodes)
            held += len(nodes) * 16  # threshold and value, 8 bytes each
            leaves = nodes[nodes["is_leaf"] == 1]
            # the training rows' mean depth: each leaf's depth weighted by the rows that ended in it
            path = 1.0 + float((leaves["depth"] * leaves["count"]).sum()) / float(leaves["count"].sum())
            active += 5.0 * path
            flops += path + 1.0
    baseline = np.asarray(model._baseline_prediction)
    sizes = {"float64": held + int(baseline.size) * 8}
    return Count(numbers + int(baseline.size), round(active) + int(baseline.size), flops, sizes)
