"""Fit everything: estimators, champions per tier, calibrated intervals, domains."""

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.models import residual, timed
from ecoanalysis.models.anchor_design import fit_curve
from ecoanalysis.models.fit import Book, Fit
from ecoanalysis.models.frame import FEATURE, SIZES, training_frame
from ecoanalysis.models.held_out import HeldOut, hold_out
from ecoanalysis.models.intervals import Interval, calibrate
from ecoanalysis.models.one_thread import one_thread
from ecoanalysis.models.splits import TIERS

_FOLDS = 10
MANY_ROWS, FEW_FOLDS = 2000, 4  # of many rows fewer folds say the same
_FEW_ROWS = 40  # below, nothing is held out and only the physics' prior and a wide interval remain
_NEAREST_ROWS = 1500
_NARROWEST = 0.05  # half-width [ln J]: meters are no better
# Half-widths where a tier cannot be calibrated from the rows at hand: factors of PREDICTION-like trials, ln of ×/÷.
# stack: nine in ten images of ML.ENERGY v3 lie within ×/÷ 3.5 of what a fit to v2 says.
_ASSUMED_WIDTH = {"inside": 0.26, "combination": 0.3, "batch": 0.35, "task": 0.6, "arch": 0.69, "family": 0.75,
                  "precision": 0.75, "device": 0.92, "stack": 1.25}  # fmt: skip


def train(measurements: pl.DataFrame) -> Book:
    """Return the fits of every kind of item in the measurements.

    Raises `EcoError` where no measurement can be learnt from.
    """
    frames = training_frame(measurements)
    if not frames:
        raise EcoError(
            "no measurement that models can learn from", "eco import …, or eco-collect suite quick"
        )
    fits: dict[str, Fit] = {}
    intervals: dict[str, dict[str, Any]] = {}
    attribution: set[str] = set()
    for kind, frame in sorted(frames.items()):
        rows = frame.select("citation", "licence").unique().drop_nulls("citation").iter_rows()
        attribution |= {f"{citation} ({licence})" for citation, licence in rows}
        with one_thread():
            fits[kind], intervals[kind] = fit_kind(frame)
            if frame["device_s"].drop_nulls().len() >= _FEW_ROWS:
                fits[f"{kind} timed"] = timed.fit(frame)
                intervals[f"{kind} timed"] = _timed_intervals(frame)
    return Book(
        fits,
        intervals,
        {kind: domain_of(frame) for kind, frame in frames.items()},
        {kind: _measured(frame) for kind, frame in frames.items()},
        tuple(sorted(attribution)),
    )


def fit_kind(frame: pl.DataFrame) -> tuple[Fit, dict[str, Any]]:
    """Return the fit of one kind of item with its champions, and the interval of each tier."""
    fitted = residual.fit(frame)
    sources = tuple(sorted(frame["source"].drop_nulls().unique().to_list()))
    champions, intervals = dict(residual.CHAMPIONS), {}
    folds = _FOLDS if frame.height <= MANY_ROWS else FEW_FOLDS
    for tier in TIERS:
        held = (
            hold_out(frame, tier, folds=folds, scales=residual.scales_of(fitted))
            if frame.height >= _FEW_ROWS
            else None
        )
        if held is None:
            intervals[tier] = _assumed(tier)
            continue
        champions[tier] = choose(held)
        found = calibrate(tier, held.predicted[champions[tier]] - held.measured, held.groups)
        intervals[tier] = _calibrated(found)
        if tier == "arch":
            intervals[tier]["curve"] = _error_curve(frame, held, champions[tier])
    return replace(fitted, values=fitted.values | {"champions": champions}, sources=sources), intervals


def _error_curve(frame: pl.DataFrame, held: HeldOut, champion: str) -> dict[str, float] | None:
    """Return how errors on unseen architectures vary over the batches of a deployment; None where they are too few."""
    log_batch = np.log(frame["batch_size"].to_numpy()[held.rows])
    deployments = frame["deployment"].to_numpy()[held.rows].astype(str)
    found = fit_curve(held.measured - held.predicted[champion], log_batch, deployments)
    return None if found is None else asdict(found)


def choose(held: HeldOut) -> str:
    """Return the blend with the least error: half median, half mean of |log error|, each group with equal weight.

    The median alone would let a blend win that fails on one group. The tier's usual blend stays unless the best is
    better by more than one standard error of their difference over the groups (Breiman et al. 1984, section 3.4.3):
    few groups say little, and the usual one was chosen on other data.
    """
    _, index, sizes = np.unique(held.groups, return_inverse=True, return_counts=True)
    errors = {name: np.abs(held.predicted[name] - held.measured) for name in residual.BLENDS}
    by_group = {name: np.bincount(index, error) / sizes for name, error in errors.items()}
    costs = {name: float(np.median(errors[name]) + by_group[name].mean()) / 2 for name in residual.BLENDS}
    usual, best = residual.CHAMPIONS[held.tier.split()[0]], min(costs, key=costs.__getitem__)
    if len(sizes) < 2:
        return usual
    gain = by_group[usual] - by_group[best]
    is_clear = costs[usual] - costs[best] > gain.std(ddof=1) / math.sqrt(len(sizes))
    return best if is_clear else usual


def domain_of(frame: pl.DataFrame) -> dict[str, Any]:
    """Return the levels seen, the range of every feature, and of each combination the range of its items' sizes."""
    levels = {
        name: sorted(frame[name].unique().to_list())
        for name in (
            "model",
            "arch",
            "family",
            "device",
            "precision",
            "task",
            "stack",
            "boundary",
        )
    }
    ranges = {
        name: [float(frame[name].min()), float(frame[name].max())]  # type: ignore[arg-type]
        for name in frame.columns
        if name.startswith(FEATURE)
    }
    batch = frame["batch_size"]
    return {
        "levels": levels,
        "ranges": ranges,
        "batch": [float(batch.min()), float(batch.max())],  # type: ignore[arg-type]
        "sizes": _sizes(frame),
    }


def _sizes(frame: pl.DataFrame) -> dict[str, dict[str, list[float]]]:
    """Return by combination the least and the most of each feature that says how large an item is."""
    names = [name for name in SIZES if name in frame.columns]
    parts = frame.group_by("combination", maintain_order=True).agg(
        *(pl.col(name).min().round(3).alias(f"{name} least") for name in names),
        *(pl.col(name).max().round(3).alias(f"{name} most") for name in names),
    )
    return {
        row["combination"]: {name: [row[f"{name} least"], row[f"{name} most"]] for name in names}
        for row in parts.sort("combination").iter_rows(named=True)
    }


def _calibrated(found: Interval) -> dict[str, Any]:
    """Return an interval as plain data; one that too few groups could test is no narrower than what is assumed."""
    if np.isfinite(found.coverage):
        return asdict(found) | {"half_width": max(found.half_width, _NARROWEST), "basis": "held out"}
    width = max(found.half_width, _ASSUMED_WIDTH[found.tier])
    return asdict(found) | {"half_width": width, "coverage": None, "basis": "held out"}


def _assumed(tier: str) -> dict[str, Any]:
    """Return the interval of a tier that the rows cannot calibrate."""
    return {
        "tier": tier,
        "half_width": _ASSUMED_WIDTH[tier],
        "coverage": None,
        "groups_count": 0,
        "method": "assumed",
        "mdape": None,
        "basis": "assumed",
    }


def _timed_intervals(frame: pl.DataFrame) -> dict[str, Any]:
    """Return the intervals of the timed variant: leave-architecture, -device, -combination and random folds out."""
    from ecoanalysis.models.splits import splits

    known = frame.filter(pl.col("device_s").is_not_null())
    intervals = {tier: _assumed(tier) for tier in TIERS}
    for tier in ("inside", "combination", "arch", "device"):
        errors, groups = [], []
        for split in splits(known, tier, folds=5):
            test = known[split.test]
            predicted = timed.predict(timed.fit(known[split.train]), test)
            errors.append(predicted - test["log_j"].to_numpy())
            groups.append(split.groups)
        if errors:
            intervals[tier] = _calibrated(calibrate(tier, np.concatenate(errors), np.concatenate(groups)))
    return intervals


def _measured(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a fit by name, to show the nearest beside a prediction; their order is the process's."""
    columns = ("model", "device", "precision", "task", "stack", "batch_size", "devices_count", "log_j")
    rows = (
        frame.select(columns)
        .head(_NEAREST_ROWS)
        .with_columns(pl.col("log_j").round(4), pl.col("batch_size").round(1))
    )
    return [dict(zip(columns, row, strict=True)) for row in rows.iter_rows()]
