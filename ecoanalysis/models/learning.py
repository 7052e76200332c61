"""How the error on architectures never seen falls with the number of measurements learnt from."""

from typing import Any

import numpy as np
import polars as pl

from ecoanalysis.models import residual
from ecoanalysis.models.splits import splits

SIZES = (20, 50, 100, 200, 400, 800)
_FOLDS = 4
_SHOWN = ("physics", "physics+trees", "physics+mean")


def learning_curve(frame: pl.DataFrame, *, folds: int = _FOLDS, seed: int = 0) -> list[dict[str, Any]]:
    """Return rows of `rows_count`, `estimator`, `mdape` (median of |predicted / measured − 1|), smallest first.

    Architectures are held out in `folds` sets; of the others `rows_count` random measurements are learnt from. A
    size that some fold does not have is left out; all are where architectures are fewer than the folds.
    """
    rng = np.random.default_rng(seed)
    found = list(splits(frame, "arch", folds=folds)) if frame["arch"].n_unique() >= folds else []
    largest = min((len(split.train) for split in found), default=0)
    rows: list[dict[str, Any]] = []
    for size in (size for size in SIZES if size <= largest):
        errors: dict[str, list[float]] = {}
        for split in found:
            train = frame[np.sort(rng.choice(split.train, size, replace=False))]
            test = frame[split.test]
            predicted = residual.predict_blends(residual.fit(train), test, _SHOWN)
            for name in _SHOWN:
                errors.setdefault(name, []).extend((predicted[name] - test["log_j"]).to_list())
        rows += [
            {"rows_count": size, "estimator": name, "mdape": float(np.median(np.abs(np.expm1(error))))}
            for name, error in errors.items()
        ]
    return rows
