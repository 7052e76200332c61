"""Energy where the speed is known: TDP × a learned share of it × device-seconds."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models import gaussian, trees
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import FEATURE, TERM, matrix

Floats = NDArray[np.float64]
_FEATURES = ("log_batch", "log_devices", "log_batch_per_device", "is_fp8", "is_expert_parallel", "log_memory_ratio",
             "touched_ratio", "is_hybrid", "bits", "log_ring")  # fmt: skip
_DEVICE_FEATURES = (
    "log_ridge",
)  # facts that name a device among few: the trees, asked of others, do not see them
_SCALES = (0.25, 8.0, 0.05)  # signal sd, length, noise sd of the process


def fit(frame: pl.DataFrame) -> Fit:
    """Return trees and a process of the share of TDP that is drawn, from the achieved rates over the ideal ones.

    The process answers for known devices, where shares vary smoothly; the trees, which do not extrapolate, for
    devices never seen. Uses rows with a throughput. share = energy / (TDP · device-seconds).
    """
    known = frame.filter(pl.col("device_s").is_not_null())
    share = known["log_j"].to_numpy() - np.log(known["tdp_w"].to_numpy() * known["device_s"].to_numpy())
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
    return Fit("timed", frame["kind"][0], values, tuple(known["id"].to_list()))


def predict(fitted: Fit, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `log_j` per row; never more than 1.1 times TDP × time."""
    time_j = np.log(frame["tdp_w"].to_numpy() * frame["device_s"].cast(pl.Float64).to_numpy())
    level = _levels(frame, fitted.values["stacks"], fitted.values["median"])
    is_known = frame["device"].is_in(fitted.values["devices"]).to_numpy()
    by_trees = trees.walk(fitted.values["trees"], np.nan_to_num(_rates(frame, _FEATURES)))
    known_rates = np.nan_to_num(_rates(frame, _FEATURES + _DEVICE_FEATURES))
    share = level + np.where(is_known, gaussian.expect(fitted.values["process"], known_rates), by_trees)
    return pl.DataFrame({"log_j": time_j + np.minimum(share, np.log(1.1))})


def _levels(frame: pl.DataFrame, stacks: dict[str, float], median: float) -> Floats:
    """Return the usual share of each row's stack [ln]."""
    return np.array([stacks.get(stack, median) for stack in frame["stack"]])


def _rates(frame: pl.DataFrame, names: tuple[str, ...]) -> Floats:
    """Return logs of ideal over actual time of each term, and the named features (rows × columns)."""
    terms, _ = matrix(frame, TERM)
    actual_j = (frame["tdp_w"] * frame["device_s"].cast(pl.Float64)).to_numpy()
    features = [FEATURE + name for name in names if FEATURE + name in frame.columns]
    found: Floats = np.hstack([np.log(terms / actual_j[:, None] + 1e-6), frame.select(features).to_numpy()])
    return found
