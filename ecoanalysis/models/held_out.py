"""Predictions of rows that were held out, by every estimator or blend."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models import MODELS, residual
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.splits import Split, splits

Floats = NDArray[np.float64]
BASELINES = ("ecologits", "roofline", "constant", "loglinear", "mixed")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out predictions of a tier: row numbers, groups, and log energies [ln J] by estimator."""

    tier: str
    rows: NDArray[np.int64]
    groups: NDArray[np.str_]
    measured: Floats
    predicted: dict[str, Floats]


def hold_out(
    frame: pl.DataFrame, tier: str, *, others: tuple[str, ...] = (), folds: int | None = None,
    scales: tuple[float, float, float] | None = None,
) -> HeldOut | None:  # fmt: skip
    """Return held-out predictions of all blends, and of `others` in `MODELS`; None where the tier has no groups."""
    found = list(splits(frame, tier, folds=folds))
    return _collect(frame, tier, found, others, scales) if found else None


def of_splits(frame: pl.DataFrame, name: str, found: list[Split], others: tuple[str, ...] = ()) -> HeldOut:
    """Return held-out predictions of given splits."""
    return _collect(frame, name, found, others, None)


def _collect(
    frame: pl.DataFrame, tier: str, found: list[Split], others: tuple[str, ...],
    scales: tuple[float, float, float] | None,
) -> HeldOut:  # fmt: skip
    """Return the predictions of all folds, one after the other."""
    parts: dict[str, list[Floats]] = {}
    for split in found:
        train, test = frame[split.train], frame[split.test]
        fitted = residual.fit(train, scales)
        for name, column in residual.predict_blends(fitted, test).items():
            parts.setdefault(name, []).append(column)
        for name in others:
            parts.setdefault(name, []).append(_predict(name, train, test))
    rows = np.concatenate([split.test for split in found])
    return HeldOut(
        tier,
        rows,
        np.concatenate([split.groups for split in found]),
        frame["log_j"].to_numpy()[rows],
        {name: np.concatenate(values) for name, values in parts.items()},
    )


def _predict(name: str, train: pl.DataFrame, test: pl.DataFrame) -> Floats:
    """Return one estimator's predictions."""
    module = import_module(MODELS[name])
    fit: Callable[[pl.DataFrame], Fit] = module.fit
    found: Floats = module.predict(fit(train), test)
    return found
