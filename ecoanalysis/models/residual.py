"""Physics with a learned residual: trees, a Gaussian process, or their mean, whichever suits the extrapolation."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.models import gaussian, physics, trees
from ecoanalysis.models.columns import Table, matrix
from ecoanalysis.models.configuration import WALL_SAMPLE
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import FEATURE

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
# A second process with a long reach: local wiggles do not extrapolate in batch, trends do.
_TREND = (0.6, 12.0, 0.03)  # signal sd, length, noise sd
BLENDS = {  # share of the trees' residual, of the process's, of the long process's
    "physics": (0.0, 0.0, 0.0),
    "physics+trees": (1.0, 0.0, 0.0),
    "physics+process": (0.0, 1.0, 0.0),
    "physics+trend": (0.0, 0.0, 1.0),
    "physics+mean": (0.5, 0.5, 0.0),
    "physics+half": (0.25, 0.25, 0.0),
}
# What each tier uses unless `eco fit` finds better on its own rows: chosen on ML.ENERGY v2, confirmed on v3.
CHAMPIONS = {
    "inside": "physics+mean",
    "combination": "physics+mean",
    "batch": "physics+trend",
    "arch": "physics+mean",
    "family": "physics+mean",
    "device": "physics+trees",
    "precision": "physics+mean",
    "task": "physics+trees",
    "stack": "physics",
}


def fit(frame: "pl.DataFrame", scales: tuple[float, float, float] | None = None) -> Fit:
    """Return the physics with both residuals, and the share of each per tier.

    `scales`: those of the process, learnt before (refits of held-out validation reuse them).
    """
    backbone = physics.fit(frame)
    seen = _seen(backbone, frame)
    left = frame["log_j"].to_numpy() - physics.predict(backbone, frame)
    values = {
        "physics": backbone.values,
        "trees": (trees.boost if backbone.kind == WALL_SAMPLE else trees.grow)(seen, left),
        "process": gaussian.condition(seen, left, scales=scales),
        "trend": _trend(seen, left),
        "champions": dict(CHAMPIONS),
    }
    return Fit("residual", backbone.kind, values, backbone.measurement_ids)


def predict(fitted: Fit, table: Table, tier: str = "inside") -> Floats:
    """Return the log energy of each row [ln J per item] by the champion of a tier of extrapolation."""
    name = fitted.values["champions"].get(tier, "physics")
    return predict_blends(fitted, table, (name,))[name]


def predict_blends(fitted: Fit, table: Table, names: tuple[str, ...] = tuple(BLENDS)) -> dict[str, Floats]:
    """Return the log energies of all rows [ln J per item], by blend."""
    backbone = backbone_of(fitted)
    base = physics.predict(backbone, table)
    shares = [BLENDS[name] for name in names]
    seen = _seen(backbone, table) if any(map(any, shares)) else np.zeros((table.height, 0))
    zero = np.zeros(table.height)
    by_trees = trees.walk(fitted.values["trees"], seen) if any(a for a, _, _ in shares) else zero
    by_process = gaussian.expect(fitted.values["process"], seen) if any(b for _, b, _ in shares) else zero
    by_trend = zero
    if any(c for _, _, c in shares):  # the same points under another kernel
        by_trend = gaussian.expect(fitted.values["process"] | fitted.values["trend"], seen)
    return {
        name: base + a * by_trees + b * by_process + c * by_trend
        for name, (a, b, c) in zip(names, shares, strict=True)
    }


def _trend(seen: Floats, left: Floats) -> dict[str, object]:
    """Return what the long process has of its own: kernel and weights, for the points of the other."""
    process = gaussian.condition(seen, left, scales=_TREND)
    return {name: process[name] for name in ("signal", "length", "noise", "weights")}


def scales_of(fitted: Fit) -> tuple[float, float, float]:
    """Return signal sd, length and noise sd of a fit's process."""
    process = fitted.values["process"]
    return process["signal"], process["length"], process["noise"]


def backbone_of(fitted: Fit) -> Fit:
    """Return the physics inside a fit."""
    return Fit("physics", fitted.kind, fitted.values["physics"], fitted.measurement_ids)


def seen_by(fitted: Fit, table: Table) -> Floats:
    """Return what the residuals see of each row: features, and the root of each term's share."""
    return _seen(backbone_of(fitted), table)


def _seen(backbone: Fit, table: Table) -> Floats:
    """Return features beside the roots of the terms' shares (rows × columns)."""
    features, _ = matrix(table, FEATURE)
    joules = physics.joules_by_term(backbone, table)
    found: Floats = np.hstack([features, np.sqrt(joules / joules.sum(axis=1)[:, None])])
    return found
