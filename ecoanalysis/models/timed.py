"""Energy where the speed is known: TDP × a learned share of it × device-seconds."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecoanalysis.models import gaussian, trees
from ecoanalysis.models.columns import Table, matrix, numbers
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import FEATURE, TERM, ids_of

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
_FEATURES = ("log_batch", "log_devices", "log_batch_per_device", "is_fp8", "is_expert_parallel", "log_memory_ratio",
             "touched_ratio", "is_hybrid", "bits", "log_ring")  # fmt: skip
_DEVICE_FEATURES = (
    "log_ridge",
)  # facts that name a device among few: the trees, asked of others, do not see them
_SCALES = (0.25, 8.0, 0.05)  # signal sd, length, noise sd of the process


def fit(frame: "pl.DataFrame") -> Fit:
    """Return trees and a process of the share of TDP that is drawn, from the achieved rates over the ideal ones.

    The process answers for known devices, where shares vary smoothly; the trees, which do not extrapolate, for
    devices never seen. Uses rows with a throughput. share = energy / (TDP · device-seconds).
    """
    known = frame.drop_nulls("device_s")
    share = known["log_j"].to_numpy() - np.log(_ceiling_j(known))
    stacks = {
        stack: float(np.median(share[(known["stack"] == stack).to_numpy()]))
        for stack in sorted(known["stack"].unique())
    }
    level = _levels(known, stacks, float(np.median(share)))
    values = {
        "devices": sorted(known["device"].unique().to_list()),
        "stacks": stacks,
        "median": float(np.median(share)),
        "trees": trees.grow(_rates(known, _FEATURES), share - level),
        "process": gaussian.condition(
            _rates(known, _FEATURES + _DEVICE_FEATURES), share - level, scales=_SCALES
        ),
    }
    return Fit("timed", frame["kind"][0], values, ids_of(known))


def predict(fitted: Fit, table: Table) -> Floats:
    """Return the log energy of each row [ln J per item]; never more than 1.1 times TDP × time."""
    level = _levels(table, fitted.values["stacks"], fitted.values["median"])
    is_known = np.isin(list(table["device"]), fitted.values["devices"])
    by_trees = trees.walk(fitted.values["trees"], np.nan_to_num(_rates(table, _FEATURES)))
    known_rates = np.nan_to_num(_rates(table, _FEATURES + _DEVICE_FEATURES))
    share = level + np.where(is_known, gaussian.expect(fitted.values["process"], known_rates), by_trees)
    found: Floats = np.log(_ceiling_j(table)) + np.minimum(share, np.log(1.1))
    return found


def _ceiling_j(table: Table) -> Floats:
    """Return TDP × device-seconds of each row [J per item]."""
    found: Floats = numbers(table, ("tdp_w", "device_s")).prod(axis=1)
    return found


def _levels(table: Table, stacks: dict[str, float], median: float) -> Floats:
    """Return the usual share of each row's stack [ln]."""
    return np.array([stacks.get(stack, median) for stack in table["stack"]])


def _rates(table: Table, names: tuple[str, ...]) -> Floats:
    """Return logs of ideal over actual time of each term, and the named features (rows × columns)."""
    terms, _ = matrix(table, TERM)
    features = [FEATURE + name for name in names if FEATURE + name in table.columns]
    achieved = np.log(terms / _ceiling_j(table)[:, None] + 1e-6)
    found: Floats = np.hstack([achieved, numbers(table, features)])
    return found
