"""Ways to hold rows out: which extrapolation a validation asks for."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

# From near to far; a combination never measured of a model, device, precision, task and stack that all were.
TIERS = ("inside", "combination", "batch", "task", "arch", "family", "precision", "device", "stack")
_FEWEST = 20  # rows to learn from, and of a side of batches
_FOLDS = 5
_COMBINATION_FOLDS = 10
# Farther tiers with the column that says whether rows are new in them: a new version is no new framework.
_FARTHER = (("precision", "precision"), ("device", "device"), ("stack", "framework"))
# What the rest must also know of a tier's rows, or they would be new in more than the tier says.
_KNOWN = {"combination": ("task", "arch", "stack"), "batch": ("stack",), "precision": ("family",)}


@dataclass(frozen=True, slots=True)
class Split:
    """One fold: rows to learn from, rows to predict, and the group of each of the latter."""

    name: str
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    groups: NDArray[np.str_]


def splits(frame: pl.DataFrame, tier: str, *, folds: int | None = None, seed: int = 1) -> Iterator[Split]:
    """Yield the folds of a tier: no group, and so no twin of an architecture, is on both sides.

    inside: five random folds; batch: beyond the range, upward then downward; else one group out at a time, or
    `folds` sets of groups (combinations: ten at most). Nothing where there are fewer than two groups. Rows for which
    that also removes all of their precision, device or framework ask for more: they are left to that farther tier; so
    are combinations whose task, architecture or stack goes with them, batches whose stack and precisions whose family.
    """
    if tier == "inside":
        yield from _random(frame, seed)
    elif tier == "batch":
        yield from (split for name in ("up", "down") if (split := batch_split(frame, name)))
    else:
        yield from _grouped(frame, tier, folds, seed)


def batch_split(
    frame: pl.DataFrame, direction: str, edge: tuple[float, float] = (64.0, 30.0)
) -> Split | None:
    """Return the fold that predicts larger (up) or smaller (down) batches; None where a side has under 20 rows.

    Up learns from batches to 64, down from 32 on (30: mean batches are slightly below the nominal).
    """
    batch = frame["batch_size"].to_numpy()
    out = batch > edge[0] if direction == "up" else batch < edge[1]
    test = out & _is_new_in_nothing_farther(frame, "batch", out)
    if min(test.sum(), (~out).sum()) < _FEWEST:
        return None
    groups = np.array([f"{direction} {name}" for name in frame["deployment"].to_numpy()[test]])
    return Split(direction, np.flatnonzero(~out), np.flatnonzero(test), groups)


def _random(frame: pl.DataFrame, seed: int) -> Iterator[Split]:
    """Yield random folds; groups are rows, for within the measured range rows are what is exchangeable."""
    fold = np.random.default_rng(seed).permutation(frame.height) % _FOLDS
    for k in range(_FOLDS):
        test = np.flatnonzero(fold == k)
        yield Split(
            f"fold {k}", np.flatnonzero(fold != k), test, frame["deployment"].to_numpy()[test].astype(str)
        )


def _grouped(frame: pl.DataFrame, column: str, folds: int | None, seed: int) -> Iterator[Split]:
    """Yield one fold per group, or per set of groups."""
    names = frame[column].to_numpy().astype(str)
    levels = np.unique(names)
    if len(levels) < 2:
        return
    if column == "precision":  # the usual one is never the unknown one: the rest cannot teach it
        levels = levels[levels != frame["precision"].mode().sort()[0]]
    if column == "combination":
        folds = min(folds or _COMBINATION_FOLDS, _COMBINATION_FOLDS)
    order = np.random.default_rng(seed).permutation(levels)
    sets = (
        [order[k::folds] for k in range(folds)]
        if folds and folds < len(levels)
        else [[level] for level in levels]
    )
    for held in sets:
        out = np.isin(names, held)
        test = out & _is_new_in_nothing_farther(frame, column, out)
        # a precision or a task may be all that the rest knows of a model: then there is nothing to learn from
        if (~out).sum() >= _FEWEST and test.any():
            yield Split("+".join(held), np.flatnonzero(~out), np.flatnonzero(test), names[test])


def _is_new_in_nothing_farther(frame: pl.DataFrame, tier: str, out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows the rest knows in what is farther than their tier, and in what the tier asks for."""
    found = np.ones(frame.height, bool)
    farther = [name for column, name in _FARTHER if TIERS.index(column) > TIERS.index(tier)]
    for name in (*farther, *_KNOWN.get(tier, ())):
        levels = frame[name].to_numpy().astype(str)
        found &= np.isin(levels, np.unique(levels[~out]))
    return found
