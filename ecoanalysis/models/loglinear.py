"""Log-linear least squares with a level per device and stack: a baseline."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import FEATURE, matrix

_RIDGE = 1e-6  # only against exact collinearity


def fit(frame: pl.DataFrame) -> Fit:
    """Return coefficients of the log features, and levels of devices and stacks (last of each is the reference)."""
    levels = {name: sorted(frame[name].unique().to_list())[:-1] for name in ("device", "stack")}
    design = _design(frame, levels)
    gram = design.T @ design + _RIDGE * len(design) * np.eye(design.shape[1])
    beta = np.linalg.solve(gram, design.T @ frame["log_j"].to_numpy())
    values = {"levels": levels, "beta": beta.tolist()}
    return Fit("loglinear", frame["kind"][0], values, tuple(frame["id"].to_list()))


def predict(fitted: Fit, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `log_j` per row; a level never seen counts as the reference."""
    return pl.DataFrame(
        {"log_j": _design(frame, fitted.values["levels"]) @ np.asarray(fitted.values["beta"])}
    )


def _design(frame: pl.DataFrame, levels: dict[str, list[str]]) -> NDArray[np.float64]:
    """Return the design matrix: one, features, indicators."""
    features, _ = matrix(frame, FEATURE)
    indicators = [
        (frame[name] == level).to_numpy().astype(float) for name, found in levels.items() for level in found
    ]
    return np.column_stack([np.ones(frame.height), features, *indicators])
