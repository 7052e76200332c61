"""Energy as a sum of physical terms with fitted non-negative coefficients: log E = log Σ c_i · TDP · τ_i."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import TERM, matrix

Floats = NDArray[np.float64]
# Terms of software: each stack has its own factor, shrunk to the common one.
_PER_STACK = ("launch", "host", "transition", "step", "request", "item")
_PRIOR_SD = 5.0  # of log c in units of the residual's scale: weak, it decides only what data do not
_STACK_SD = 5.0
_SCALE = 0.2  # residuals beyond this [ln J] count linearly: software quirks must not bend the physics
# The prior of c is 1 where the terms are ideals; fp8 kernels quantise activations: about five more launches a layer.
_PRIOR = {"launch_fp8": 5.0, "prefill": 1.0}


def fit(frame: pl.DataFrame) -> Fit:
    """Return coefficients per term, with a factor per stack, by robust least squares on log energy.

    Works from about twenty rows; without any the prior c = 1 stands (PREDICTION trials; Boyd & Vandenberghe 2004
    for the log-normal form).
    """
    terms, names = matrix(frame, TERM)
    stacks = sorted(frame["stack"].unique().to_list())
    per_stack = [i for i, name in enumerate(names) if name in _PER_STACK] if len(stacks) > 1 else []
    member = np.array([[stack == row for stack in stacks] for row in frame["stack"]], float)
    solution = _solve(terms, frame["log_j"].to_numpy(), member, per_stack, names)
    count = len(names)
    deviations = solution[count:].reshape(len(stacks), -1) if per_stack else np.zeros((len(stacks), 0))
    values = {
        "terms": dict(zip(names, np.exp(solution[:count]).round(6).tolist(), strict=True)),
        "stacks": {
            stack: {names[i]: round(float(np.exp(d)), 6) for i, d in zip(per_stack, row, strict=True)}
            for stack, row in zip(stacks, deviations, strict=True)
        },
    }
    return Fit("physics", frame["kind"][0], values, tuple(frame["id"].to_list()))


def predict(fitted: Fit, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `log_j` per row."""
    return pl.DataFrame({"log_j": np.log(joules_by_term(fitted, frame).sum(axis=1))})


def joules_by_term(fitted: Fit, frame: pl.DataFrame) -> Floats:
    """Return the energy of every term (rows × terms) [J per item]; a stack never seen takes the common factors."""
    terms, names = matrix(frame, TERM)
    common: dict[str, Any] = fitted.values["terms"]
    factors = np.tile([common.get(name, 1.0) for name in names], (frame.height, 1))
    for stack, own in fitted.values["stacks"].items():
        rows = (frame["stack"] == stack).to_numpy()
        if rows.any():
            factors[rows] *= [own.get(name, 1.0) for name in names]
    found: Floats = terms * factors
    return found


def _solve(terms: Floats, log_j: Floats, member: Floats, per_stack: list[int], names: list[str]) -> Floats:
    """Return log coefficients, then log factors per stack and term, by soft-L1 least squares with exact derivatives."""
    from scipy.optimize import least_squares

    count, stacks = len(names), member.shape[1]
    centre = np.log([_PRIOR.get(name, 1.0) for name in names])
    extra = stacks * len(per_stack)
    start = np.r_[np.log(np.median(np.exp(log_j) / terms.sum(axis=1))) * np.ones(count), np.zeros(extra)]
    precision = np.r_[np.full(count, 1 / _PRIOR_SD), np.full(extra, 1 / _STACK_SD)]

    def energies(p: Floats) -> Floats:
        logs = np.tile(p[:count], (len(log_j), 1))
        if extra:
            logs[:, per_stack] += member @ p[count:].reshape(stacks, -1)
        result: Floats = terms * np.exp(np.clip(logs, -30, 30))
        return result

    def residuals(p: Floats) -> Floats:
        prior = np.r_[p[:count] - centre, p[count:]] * precision
        found: Floats = np.r_[np.log(energies(p).sum(axis=1)) - log_j, prior]
        return found

    def jacobian(p: Floats) -> Floats:
        parts = energies(p)
        shares = parts / parts.sum(axis=1)[:, None]
        own = [shares[:, per_stack] * member[:, [s]] for s in range(stacks)] if extra else []
        slopes: Floats = np.vstack([np.hstack([shares, *own]), np.diag(precision)])
        return slopes

    best: Floats = least_squares(residuals, start, jacobian, loss="soft_l1", f_scale=_SCALE, max_nfev=80).x
    return best
