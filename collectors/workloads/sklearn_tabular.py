"""Classical models of scikit-learn on tables: trained from a seed, kept pickled, loaded for every run."""

import hashlib
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from collectors.workloads.case import Case, Facts
from collectors.workloads.loaded import Evidence, Loaded, Quality, Stage
from collectors.workloads.sklearn_count import RULE, count
from collectors.workloads.tabular_data import SEED, Table, batches, slices, table
from collectors.workloads.variants import compute_threads, sklearn_answer

DTYPES = {"fp64": np.float64, "fp32": np.float32}


def load(case: Case, cache: Path) -> Loaded:
    """Return a fitted model in the case's precision, from the cache directory when it was fitted before."""
    import sklearn

    data = table(case.dataset)
    path = cache / f"sklearn-{_name(case, sklearn.__version__)}.pickle"
    if not path.exists():
        path.write_bytes(pickle.dumps(_fit(case, data)))
    model = pickle.loads(path.read_bytes())
    if hasattr(model, "n_jobs"):
        model.n_jobs = compute_threads(case.variant, case.threads)
    dtype = DTYPES[case.precision]
    test_x = data.test_x.astype(dtype)
    ring = batches(test_x, case.batch_size)
    stage = Stage("infer", _stepper(sklearn_answer(case.variant, model, path), ring))
    return Loaded((stage,), lambda: _inspect(model, test_x), lambda: _score(case, model, data))


def _inspect(model: Any, rows: Any) -> tuple[Facts, Evidence]:
    import sklearn

    counted = count(model, rows)
    facts = Facts(
        params_count=counted.params,
        active_params_count=counted.active,
        weight_bytes=counted.weight_bytes,
        active_weight_bytes=round(counted.weight_bytes * counted.active / max(counted.params, 1)),
        flops_per_item=counted.flops,
        item_bytes=float(rows[0].nbytes),
        input_shape=str(rows.shape[1]),
        source=RULE,
        framework_version=sklearn.__version__,
    )
    return facts, Evidence(counted.bytes_by_dtype, _computes(model, rows[:2]), (type(model).__name__,))


def _name(case: Case, version: str) -> str:
    """The fitted model's file name: everything that decides what is fitted."""
    calibrated = case.variant == "calibrated"
    text = f"{case.model}-{case.dataset}-{case.precision}-{calibrated}-{version}-{SEED}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _stepper(answer: Callable[[Any], Any], ring: list[Any]) -> Callable[[], int]:
    place = 0

    def step() -> int:
        nonlocal place
        rows = ring[place]
        place = (place + 1) % len(ring)
        answer(rows)
        return len(rows)

    return step


def _score(case: Case, model: Any, data: Table) -> Quality:
    """Answer every held-out row once, in batches of the case's size."""
    rows = data.test_x.astype(DTYPES[case.precision])
    parts = [model.predict(rows[part]) for part in slices(len(rows), case.batch_size)]
    answers = np.concatenate(parts)
    if data.kind == "classification":
        return Quality(float(np.mean(answers == data.test_y)), "accuracy")
    residual = float(np.sum((answers - data.test_y) ** 2))
    return Quality(1.0 - residual / float(np.sum((data.test_y - data.test_y.mean()) ** 2)), "r2")


def _computes(model: Any, rows: Any) -> tuple[str, ...]:
    """The type that the model's scores come out in, before they become labels."""
    for method in ("kneighbors", "decision_function", "predict_proba", "predict"):
        if hasattr(model, method):
            out = getattr(model, method)(rows)
            return (str((out[0] if isinstance(out, tuple) else out).dtype),)
    return ()


def _fit(case: Case, data: Table) -> Any:
    model = _estimator(case.model, data.kind)
    if case.variant == "calibrated":
        from sklearn.calibration import CalibratedClassifierCV

        model = CalibratedClassifierCV(model, cv=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a bounded number of epochs is what we want
        return model.fit(data.train_x.astype(DTYPES[case.precision]), data.train_y)


def _estimator(name: str, kind: str) -> Any:
    """Return an unfitted estimator; the same name answers classification and regression where both exist."""
    from sklearn import ensemble, linear_model, naive_bayes, neighbors, neural_network, svm, tree

    layers = {"mlp": (100,), "mlp_wide": (1024, 1024)}
    pairs: dict[str, tuple[Any, Any]] = {
        "logistic_regression": (lambda: linear_model.LogisticRegression(max_iter=500), None),
        "ridge": (None, linear_model.Ridge),
        "linear_svm": (lambda: svm.LinearSVC(random_state=SEED), lambda: svm.LinearSVR(random_state=SEED)),
        "svm_rbf": (svm.SVC, svm.SVR),
        "knn": (_brute(neighbors.KNeighborsClassifier), _brute(neighbors.KNeighborsRegressor)),
        "naive_bayes": (naive_bayes.GaussianNB, None),
        "decision_tree": (_seeded(tree.DecisionTreeClassifier), _seeded(tree.DecisionTreeRegressor)),
        "random_forest": (_seeded(ensemble.RandomForestClassifier), _seeded(ensemble.RandomForestRegressor)),
        "extra_trees": (_seeded(ensemble.ExtraTreesClassifier), _seeded(ensemble.ExtraTreesRegressor)),
        "gradient_boosting": (
            _seeded(ensemble.GradientBoostingClassifier, n_estimators=40),
            _seeded(ensemble.GradientBoostingRegressor),
        ),
        "hist_gradient_boosting": (
            _seeded(ensemble.HistGradientBoostingClassifier, max_iter=20),
            _seeded(ensemble.HistGradientBoostingRegressor, max_iter=100),
        ),
    }
    for mlp, hidden in layers.items():
        pairs[mlp] = (
            _seeded(neural_network.MLPClassifier, hidden_layer_sizes=hidden, max_iter=40),
            _seeded(neural_network.MLPRegressor, hidden_layer_sizes=hidden, max_iter=40),
        )
    factory = pairs[name][0 if kind == "classification" else 1]
    if factory is None:
        raise ValueError(f"{name} does not do {kind}")
    return factory()


def _seeded(kind: Any, **options: Any) -> Any:
    return lambda: kind(random_state=SEED, **options)


def _brute(kind: Any) -> Any:
    return lambda: kind(n_neighbors=5, algorithm="brute")
