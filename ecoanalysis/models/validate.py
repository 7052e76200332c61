"""Test the energy models on groups that they have not seen, beside the baselines on the same rows."""

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.anchor_design import USUAL, fit_curve, half_widths_after
from ecoanalysis.models.anchors import adapt, choose_places
from ecoanalysis.models.frame import training_frame
from ecoanalysis.models.held_out import BASELINES, HeldOut, hold_out, of_splits
from ecoanalysis.models.intervals import half_width
from ecoanalysis.models.metrics import Metrics, metrics, pairwise_order, regret
from ecoanalysis.models.one_thread import one_thread
from ecoanalysis.models.splits import TIERS, batch_split
from ecoanalysis.models.train import FEW_FOLDS, MANY_ROWS, choose

Floats = NDArray[np.float64]
SCHEMA: dict[str, type[pl.DataType]] = {
    "dataset": pl.String, "kind": pl.String, "split": pl.String, "estimator": pl.String, "n": pl.Int64,
    "groups_count": pl.Int64, "mdape": pl.Float64, "mape": pl.Float64, "r2": pl.Float64, "within_2x": pl.Float64,
    "bias_ratio": pl.Float64, "coverage": pl.Float64, "width": pl.Float64, "order": pl.Float64,
    "regret": pl.Float64,
}  # fmt: skip
CHAMPION = "champion"
_FEWEST_ROWS = 60
_CURVE_POINTS = 5
# What is told after each split: the rows it was made of, what was held out, the champion's predictions, half-widths.
Seen = Callable[[pl.DataFrame, HeldOut, Floats, Floats], None]
_FIXED_GROUPS = 12  # groups beyond which a tier's choice is not repeated without each of them


def validate(
    measurements: pl.DataFrame, *, tiers: tuple[str, ...] = TIERS, kinds: tuple[str, ...] = (), pooled: bool = True,
    seen: Seen | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Return one row per data set, split and estimator, as `SCHEMA`.

    Every data set by itself (no pooling of unlike protocols), and with `pooled` all of a kind together, where leaving
    a device or a stack out needs them. Splits: the tiers, `batch up`, `batch down`, and `arch, 1|2|3 anchors`.
    `champion` is the blend that did best on the other groups (nested choice); its interval is calibrated on the
    other groups too, so that coverage is honest. Errors are ratios, widths factors (×/÷). `seen` is told of each split.
    """
    parts: list[pl.DataFrame] = []
    for kind, frame in sorted(training_frame(measurements).items()):
        if kinds and kind not in kinds:
            continue
        sets = [(name, frame.filter(pl.col("dataset") == name)) for name in frame["dataset"].unique().sort()]
        if pooled and len(sets) > 1:
            sets.append(("all", frame))
        for name, rows in sets:
            if rows.height >= _FEWEST_ROWS:
                with one_thread():
                    found = _of_set(rows, tiers, seen or _nobody)
                parts.append(found.with_columns(dataset=pl.lit(name), kind=pl.lit(kind)))
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    return pl.concat(parts).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _nobody(frame: pl.DataFrame, held: HeldOut, champion: Floats, widths: Floats) -> None:
    """Be told of a split, and do nothing."""


def _of_set(frame: pl.DataFrame, tiers: tuple[str, ...], seen: Seen) -> pl.DataFrame:
    """Return the rows of one data set."""
    rows: list[dict[str, object]] = []
    timed = ("timed",) if frame["device_s"].null_count() == 0 else ()
    folds = FEW_FOLDS if frame.height > MANY_ROWS else None
    for tier in tiers:
        if tier == "batch":
            for direction in ("up", "down"):
                if split := batch_split(frame, direction):
                    held = of_splits(frame, f"batch {direction}", [split], (*BASELINES, *timed))
                    rows += _rows(frame, held, seen)
        elif held_out := hold_out(frame, tier, others=(*BASELINES, *timed), folds=folds):
            rows += _rows(frame, held_out, seen)
            if tier == "arch":
                rows += few_shot(frame, held_out)
    return pl.DataFrame(rows, infer_schema_length=None)


def _rows(frame: pl.DataFrame, held: HeldOut, seen: Seen) -> list[dict[str, object]]:
    """Return metrics of every estimator of a held-out tier."""
    deployments = frame["deployment"].to_numpy()[held.rows].astype(str)
    every = {CHAMPION: nested_champion(held)} | held.predicted
    found = []
    for name, predicted in every.items():
        known = np.isfinite(predicted)
        if not known.any():
            continue
        error = (predicted - held.measured)[known]
        widths = leave_one_out_widths(error, held.groups[known])
        measured = held.measured[known]
        if name == CHAMPION:
            seen(frame, held, predicted, widths)
        row = asdict(metrics(predicted[known], measured, widths))
        found.append(
            row
            | {
                "split": held.tier,
                "estimator": name,
                "groups_count": len(np.unique(held.groups)),
                "order": pairwise_order(predicted[known], measured, deployments[known]),
                "regret": regret(predicted[known], measured, deployments[known]),
            }
        )
    return found


def nested_champion(held: HeldOut) -> Floats:
    """Return predictions by the blend that did best on the other groups, group by group."""
    names = np.unique(held.groups)
    if len(names) < 3:
        return held.predicted["physics+mean"]
    parts = np.array_split(names, min(len(names), _FIXED_GROUPS))
    chosen = np.empty_like(held.measured)
    for part in parts:
        out = np.isin(held.groups, part)
        chosen[out] = held.predicted[choose(_without(held, out))][out]
    return chosen


def leave_one_out_widths(error: Floats, groups: NDArray[np.str_]) -> Floats:
    """Return for each row the half-width that the other groups give [ln J]; all groups' where there are two."""
    names = np.unique(groups)
    if len(names) < 3:
        return np.full(len(error), half_width(error, groups))
    widths = np.empty_like(error)
    for part in np.array_split(names, min(len(names), 4 * _FIXED_GROUPS)):
        out = np.isin(groups, part)
        widths[out] = half_width(error[~out], groups[~out])
    return widths


def few_shot(frame: pl.DataFrame, held: HeldOut) -> list[dict[str, object]]:
    """Return metrics after 1, 2 and 3 anchors per deployment of an architecture that was held out.

    Anchors are the middle batch, both ends, ends and middle; the other rows of the deployment are predicted, with the
    intervals that `eco predict` gives them.
    """
    champion = nested_champion(held)
    deployments = frame["deployment"].to_numpy()[held.rows].astype(str)
    log_batch = np.log(frame["batch_size"].to_numpy()[held.rows])
    cold = half_width(champion - held.measured, held.groups)
    curve = (fit_curve(held.measured - champion, log_batch, deployments) or USUAL).scaled_to(cold)
    found: list[dict[str, object]] = []
    for count in (1, 2, 3):
        parts: list[tuple[Floats, Floats, Floats]] = []
        for name in np.unique(deployments):
            rows = np.flatnonzero(deployments == name)
            if len(rows) < _CURVE_POINTS:
                continue
            rows = rows[np.argsort(log_batch[rows])]
            anchors = rows[choose_places(len(rows), count)]
            rest = np.setdiff1d(rows, anchors)
            moved = adapt(log_batch[anchors], held.measured[anchors] - champion[anchors]).at(log_batch[rest])
            left = half_widths_after(curve, np.exp(log_batch[anchors]), np.exp(log_batch[rest]))
            parts.append((champion[rest] + moved, held.measured[rest], np.minimum(left, cold)))
        if parts:
            scores: Metrics = metrics(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            split = f"arch, {count} anchor{'s' if count > 1 else ''}"
            named = {"split": split, "estimator": CHAMPION, "groups_count": len(parts)}
            found.append(asdict(scores) | named | {"order": None, "regret": None})
    return found


def _without(held: HeldOut, out: NDArray[np.bool_]) -> HeldOut:
    """Return what was held out without some rows."""
    return replace(
        held,
        rows=held.rows[~out],
        groups=held.groups[~out],
        measured=held.measured[~out],
        predicted={name: values[~out] for name, values in held.predicted.items()},
    )
