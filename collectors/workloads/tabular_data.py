"""The tables that the tabular workloads learn and answer: bundled with scikit-learn, or generated from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

HELD_OUT_RATIO = 0.25
SEED = 20260711
SCORED_BATCHES = 50


@dataclass(frozen=True, slots=True)
class Table:
    """A split and standardised table: features [n, d] as float64, targets [n]; `kind` is how it is answered."""

    kind: str  # classification, regression
    train_x: Any
    train_y: Any
    test_x: Any
    test_y: Any


def table(name: str) -> Table:
    """Return a data set by name; the split and the generated rows depend on `SEED` only."""
    return _table(name)


def batches(rows: Any, size: int, count: int = 64) -> list[Any]:
    """Return at most `count` contiguous batches of exactly `size` rows, going round the table as needed."""
    total = len(rows)
    needed = min(count, max(1, -(-total // size)))
    places = np.arange(needed * size) % total
    return [np.ascontiguousarray(rows[places[i * size : (i + 1) * size]]) for i in range(needed)]


def slices(total: int, size: int) -> Iterator[slice]:
    """Yield slices that cover every row once: `SCORED_BATCHES` of the given size, then all the rest in one.

    Scoring thus goes through batches of the case's size without taking long at batch 1.
    """
    cut = min(total, SCORED_BATCHES * size)
    for start in range(0, cut, size):
        yield slice(start, min(start + size, cut))
    if cut < total:
        yield slice(cut, total)


@cache
def _table(name: str) -> Table:
    from sklearn.model_selection import train_test_split

    if name not in SOURCES:
        raise ValueError(f"unknown table {name!r}; known: {', '.join(SOURCES)}")
    kind, x, y = SOURCES[name]()
    stratify = y if kind == "classification" else None
    parts = train_test_split(x, y, test_size=HELD_OUT_RATIO, random_state=SEED, stratify=stratify)
    mean, spread = parts[0].mean(axis=0), parts[0].std(axis=0)
    spread[spread == 0] = 1.0
    train_x, test_x = (np.ascontiguousarray((part - mean) / spread) for part in parts[:2])
    return Table(kind, train_x, parts[2], test_x, parts[3])


def _digits() -> tuple[str, Any, Any]:
    from sklearn.datasets import load_digits

    return "classification", *load_digits(return_X_y=True)


def _breast_cancer() -> tuple[str, Any, Any]:
    from sklearn.datasets import load_breast_cancer

    return "classification", *load_breast_cancer(return_X_y=True)


def _wine() -> tuple[str, Any, Any]:
    from sklearn.datasets import load_wine

    return "classification", *load_wine(return_X_y=True)


def _diabetes() -> tuple[str, Any, Any]:
    from sklearn.datasets import load_diabetes

    return "regression", *load_diabetes(return_X_y=True)


def _friedman() -> tuple[str, Any, Any]:
    from sklearn.datasets import make_friedman1

    return "regression", *make_friedman1(n_samples=4000, n_features=10, noise=1.0, random_state=SEED)


def _wide() -> tuple[str, Any, Any]:
    from sklearn.datasets import make_classification

    return "classification", *make_classification(
        n_samples=3000, n_features=100, n_informative=20, n_classes=3, class_sep=1.5, random_state=SEED
    )


def _blobs() -> tuple[str, Any, Any]:
    from sklearn.datasets import make_blobs

    centers = 20.0 * np.eye(4, 8)
    return "classification", *make_blobs(n_samples=200, centers=centers, cluster_std=0.5, random_state=SEED)


SOURCES = {
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "wine": _wine,
    "diabetes": _diabetes,
    "friedman": _friedman,
    "wide": _wide,
    "blobs": _blobs,  # four classes 28 standard deviations apart: every sound classifier is perfect
}
