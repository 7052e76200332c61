"""How the error on architectures never seen falls with the number of measurements learnt from."""

from importlib import import_module

import numpy as np
import polars as pl

from ecoanalysis.models import MODELS, residual
from ecoanalysis.models.frame import training_frame
from ecoanalysis.models.one_thread import one_thread
from ecoanalysis.models.splits import splits
from ecoanalysis.models.validation import CURVE_SCHEMA

_SIZES = (20, 50, 100, 200, 400, 800, 1600)
_FOLDS = 4
_TIER = "arch"
_BASELINE = "loglinear"
_FEWEST_TESTED = 30


def learning_curve(measurements: pl.DataFrame, kinds: tuple[str, ...] = (), seed: int = 1) -> pl.DataFrame:
    """Return median errors per kind, estimator and number of training rows, as `CURVE_SCHEMA`.

    Architectures are held out in four sets; of the others so many rows are drawn. Estimators: the champion of the
    tier, the physics alone, and the log-linear regression; all data sets of a kind together.
    """
    found: list[dict[str, object]] = []
    for kind, frame in sorted(training_frame(measurements).items()):
        if not kinds or kind in kinds:
            with one_thread():
                found += _of_kind(kind, frame, np.random.default_rng(seed))
    return pl.DataFrame(found, CURVE_SCHEMA)


def _of_kind(kind: str, frame: pl.DataFrame, rng: np.random.Generator) -> list[dict[str, object]]:
    """Return the curve of one kind of item."""
    errors: dict[tuple[str, int], list[np.ndarray]] = {}
    champion = residual.CHAMPIONS[_TIER]
    for split in splits(frame, _TIER, folds=_FOLDS):
        order = rng.permutation(split.train)
        test = frame[split.test]
        measured = test["log_j"].to_numpy()
        for size in _sizes(len(order)):
            train = frame[np.sort(order[:size])]
            blends = residual.predict_blends(residual.fit(train), test, (champion, "physics"))
            baseline = import_module(MODELS[_BASELINE])
            made = {"champion": blends[champion], "physics": blends["physics"]}
            made[_BASELINE] = baseline.predict(baseline.fit(train), test)
            for name, predicted in made.items():
                errors.setdefault((name, size), []).append(predicted - measured)
    rows = []
    for (name, size), parts in sorted(errors.items()):
        error = np.concatenate(parts)
        if len(error) >= _FEWEST_TESTED and len(parts) == _FOLDS:
            mdape = float(np.median(np.abs(np.expm1(error))))
            rows.append({"dataset": "all", "kind": kind, "split": _TIER, "estimator": name,
                         "rows_count": size, "mdape": mdape})  # fmt: skip
    return rows


def _sizes(available: int) -> list[int]:
    """Return the numbers of rows to learn from: each that leaves rows out."""
    return [size for size in _SIZES if size <= available]
