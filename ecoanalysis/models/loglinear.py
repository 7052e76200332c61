"""Log-linear least squares with a level per device and stack: a baseline."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.columns import Table, matrix
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import FEATURE, ids_of

Floats = NDArray[np.float64]

_RIDGE = 1e-6  # only against exact collinearity


def fit(frame: pl.DataFrame) -> Fit:
    """Return coefficients of the log features, and levels of devices and stacks (last of each is the reference)."""
    levels = {name: sorted(frame[name].unique().to_list())[:-1] for name in ("device", "stack")}
    design = _design(frame, levels)
    gram = design.T @ design + _RIDGE * len(design) * np.eye(design.shape[1])
    beta = np.linalg.solve(gram, design.T @ frame["log_j"].to_numpy())
    values = {"levels": levels, "beta": beta.tolist()}
    return Fit("loglinear", frame["kind"][0], values, ids_of(frame))


def predict(fitted: Fit, table: Table) -> Floats:
    """Return the log energy of each row [ln J per item]; a level never seen counts as the reference."""
    found: Floats = _design(table, fitted.values["levels"]) @ np.asarray(fitted.values["beta"])
    return found


def _design(table: Table, levels: dict[str, list[str]]) -> Floats:
    """Return the design matrix: one, features, indicators."""
    features, _ = matrix(table, FEATURE)
    indicators = [
        np.array([found == level for found in table[name]], float)
        for name, found in levels.items()
        for level in found
    ]
    return np.column_stack([np.ones(table.height), features, *indicators])
