"""A mixed-effects log-linear model: partial pooling of families, random levels of deployments."""

import warnings
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.columns import Table, numbers
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import ids_of

# Few and weakly collinear: random effects for new groups are 0, so the fixed part must extrapolate.
_FIXED = (
    "x_log_batch",
    "x_log_devices",
    "x_log_active",
    "x_log_sparsity",
    "x_log_params",
    "x_log_steps",
    "x_log_tdp",
)


def fit(frame: pl.DataFrame) -> Fit:
    """Return fixed effects and each model's predicted level, by restricted maximum likelihood (statsmodels MixedLM)."""
    import statsmodels.api as sm

    names = [name for name in _FIXED if name in frame.columns and frame[name].std()]
    design, target = _design(frame, names), frame["log_j"].to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance at its bound is an answer here: no pooling, or full
        try:
            found = sm.MixedLM(target, design, groups=frame["arch"].to_numpy()).fit(reml=True)
            fixed = np.asarray(found.fe_params)
            levels = _levels(found)
        except (
            np.linalg.LinAlgError,
            ValueError,
        ):  # singular (statsmodels says either): the pooled fit is left
            fixed, levels = np.linalg.lstsq(design, target, rcond=None)[0], {}
    values = {"names": names, "fixed": fixed.tolist(), "levels": levels}
    return Fit("mixed", frame["kind"][0], values, ids_of(frame))


def predict(fitted: Fit, table: Table) -> NDArray[np.float64]:
    """Return the log energy of each row [ln J per item]; an architecture never seen has level 0."""
    levels = np.array([fitted.values["levels"].get(arch, 0.0) for arch in table["arch"]])
    fixed = np.asarray(fitted.values["fixed"])
    found: NDArray[np.float64] = _design(table, fitted.values["names"]) @ fixed + levels
    return found


def _levels(found: Any) -> dict[str, float]:
    """Return the predicted level of each architecture; none where their variance is 0 (full pooling)."""
    if not found.cov_re.any():
        return {}
    return {str(arch): float(level.iloc[0]) for arch, level in found.random_effects.items()}


def _design(table: Table, names: list[str]) -> NDArray[np.float64]:
    """Return one and the named columns."""
    return np.column_stack([np.ones(table.height), numbers(table, names)])
