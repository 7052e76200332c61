"""Energy as a sum of physical terms with fitted non-negative coefficients: log E = log Σ c_i · TDP · τ_i."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.models.columns import Table, matrix, numbers
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import RESOURCE, TERM, ids_of

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
_PRIOR_SD = 5.0  # of log c in units of the residual's scale: weak, it decides only what data do not
_SCALE = 0.2  # residuals beyond this [ln J] count linearly: software quirks must not bend the physics
# The prior of c is 1 where the terms are ideals; fp8 kernels quantise activations: about five more launches a layer.
_PRIOR = {"launch_fp8": 5.0}
_WALL = ("board", "server", "slot", "box")
# Columns whose levels have a factor of their own on some terms, shrunk to the common one, and how weakly [sd of ln]:
# each term of software differs per stack; what a benchmark takes beyond its operations, and how busy a scenario
# keeps a machine, scale all that the wall sees. A benchmark in a precision never seen has the factor of its family.
_FACTORS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    *(("stack", (term,), 5.0) for term in ("launch", "host", "transition", "step", "request", "item")),
    ("family", _WALL, 5.0),
    ("benchmark", _WALL, 1.0),
    ("scenario", _WALL, 2.0),
    ("workload", _WALL, 2.0),
)
# What limits a term decides what a new device saves on it.
_RESOURCE_OF = {
    **dict.fromkeys(("flops", "prefill", "denoise", "attend", "decode", "encode", "unpack"), "flops"),
    **dict.fromkeys(("weights", "experts", "cache", "state", "stream", "communicate"), "bytes"),
    **dict.fromkeys(
        ("launch", "launch_moe", "launch_fp8", "host", "collective", "transition", "transition_moe", "sequential",
         "item", "step", "request"), "watts",
    ),
}  # fmt: skip
# Data sheets promise more than software reaches: of the joules per operation or byte that a newer device promises to
# save (log ratio), only these shares are seen. Weak priors from a grid of 36 points, by the bias on devices left out of
# ML.ENERGY's language models (v1 to v3) and images (v2, v3): both were looked at, so no data confirm the choice, but
# each alone points to the same region (0.1-0.3, 0.3, 0.5-0.8). Rows of several devices move them.
_EXPONENTS = {"flops": 0.3, "bytes": 0.3, "watts": 0.8}
_EXPONENT_SD = 0.15


@dataclass(frozen=True, slots=True)
class _Block:
    """Factors of the levels of a column: which terms they scale (1 × terms), which rows have them (rows × levels)."""

    column: str
    terms: list[str]
    levels: list[str]
    sd: float
    scales: Floats
    member: Floats


def fit(frame: "pl.DataFrame") -> Fit:
    """Return coefficients per term, factors per level, exponents of devices, by robust least squares on log energy.

    Works from about twenty rows; without any the prior c = 1 stands (PREDICTION trials; Boyd & Vandenberghe 2004
    for the log-normal form).
    """
    terms, names = matrix(frame, TERM)
    blocks = _blocks(frame, names)
    solution = _solve(terms, frame["log_j"].to_numpy(), blocks, names, _device_logs(frame))
    shifts = np.split(
        np.exp(solution[len(names) : -3]), np.cumsum([len(block.levels) for block in blocks])[:-1]
    )
    values = {
        "terms": dict(zip(names, np.exp(solution[: len(names)]).round(6).tolist(), strict=True)),
        "factors": [
            {"column": block.column, "terms": block.terms,
             "levels": dict(zip(block.levels, shift.round(6).tolist(), strict=True))}
            for block, shift in zip(blocks, shifts, strict=False)
        ],
        "exponents": dict(zip(_EXPONENTS, solution[-3:].round(4).tolist(), strict=True)),
    }  # fmt: skip
    return Fit("physics", frame["kind"][0], values, ids_of(frame))


def predict(fitted: Fit, table: Table) -> Floats:
    """Return the log energy of each row [ln J per item]."""
    found: Floats = np.log(joules_by_term(fitted, table).sum(axis=1))
    return found


def joules_by_term(fitted: Fit, table: Table) -> Floats:
    """Return the energy of every term (rows × terms) [J per item]; a level never seen takes the common factors."""
    terms, names = matrix(table, TERM)
    common: dict[str, Any] = fitted.values["terms"]
    exponents = np.array([fitted.values["exponents"][name] for name in _EXPONENTS])
    logs = np.log([common.get(name, 1.0) for name in names]) + (
        _device_logs(table) * (exponents - 1)
    ) @ _uses(names)
    for factor in fitted.values["factors"]:
        own = np.log([factor["levels"].get(level, 1.0) for level in table[factor["column"]]])
        logs += own[:, None] * _scales(factor["terms"], names)
    found: Floats = terms * np.exp(logs)
    return found


def _blocks(frame: "pl.DataFrame", names: list[str]) -> list[_Block]:
    """Return the factors that the rows can teach: of terms that they have, of columns with two levels or more."""
    found = []
    for column, scaled, sd in _FACTORS:
        terms = [name for name in scaled if name in names]
        levels = sorted(frame[column].unique().to_list())
        if terms and len(levels) > 1:
            member = np.array([[level == row for level in levels] for row in frame[column]], float)
            found.append(_Block(column, terms, levels, sd, _scales(terms, names), member))
    return found


def _scales(terms: list[str], names: list[str]) -> Floats:
    """Return 1 where a term is scaled."""
    return np.array([float(name in terms) for name in names])


def _device_logs(table: Table) -> Floats:
    """Return logs of joules per operation, per byte and watts over the reference device's (rows × 3)."""
    return np.nan_to_num(numbers(table, [RESOURCE + name for name in _EXPONENTS]))


def _uses(names: list[str]) -> Floats:
    """Return 1 where a term (column) is limited by a resource (row)."""
    return np.array(
        [[float(_RESOURCE_OF.get(name) == resource) for name in names] for resource in _EXPONENTS]
    )


def _solve(terms: Floats, log_j: Floats, blocks: list[_Block], names: list[str], device: Floats) -> Floats:
    """Return logs of coefficients, logs of factors block by block, then exponents, by soft-L1 least squares."""
    from scipy.optimize import least_squares

    count, uses = len(names), _uses(names)
    ends = count + np.cumsum([0, *(len(block.levels) for block in blocks)])
    extra = int(ends[-1]) - count
    centre = np.r_[
        np.log([_PRIOR.get(name, 1.0) for name in names]), np.zeros(extra), list(_EXPONENTS.values())
    ]
    sds = [np.full(len(block.levels), block.sd) for block in blocks]
    precision = 1 / np.concatenate([np.full(count, _PRIOR_SD), *sds, np.full(3, _EXPONENT_SD)])
    start = centre.copy()
    start[:count] = np.log(np.median(np.exp(log_j) / terms.sum(axis=1)))

    def energies(p: Floats) -> Floats:
        logs = p[:count] + (device * (p[-3:] - 1)) @ uses
        for i, block in enumerate(blocks):
            logs += (block.member @ p[ends[i] : ends[i + 1]])[:, None] * block.scales
        result: Floats = terms * np.exp(np.clip(logs, -30, 30))
        return result

    def residuals(p: Floats) -> Floats:
        found: Floats = np.r_[np.log(energies(p).sum(axis=1)) - log_j, (p - centre) * precision]
        return found

    def jacobian(p: Floats) -> Floats:
        parts = energies(p)
        shares = parts / parts.sum(axis=1)[:, None]
        own = [(shares @ block.scales)[:, None] * block.member for block in blocks]
        slopes: Floats = np.vstack(
            [np.hstack([shares, *own, (shares @ uses.T) * device]), np.diag(precision)]
        )
        return slopes

    best: Floats = least_squares(residuals, start, jacobian, loss="soft_l1", f_scale=_SCALE, max_nfev=80).x
    return best
