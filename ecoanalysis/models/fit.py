"""A fitted estimator as plain data."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError


@dataclass(frozen=True, slots=True)
class Fit:
    """What an estimator learnt: numbers only, JSON throughout.

    `estimator` is a name in `MODELS`; `kind` the sort of item (token, image, request, sample); `values` belong to
    the estimator; `measurement_ids` are the rows that it saw, `sources` their data sets, with licence and citation.
    """

    estimator: str
    kind: str
    values: dict[str, Any]
    measurement_ids: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """The fits of all kinds of item, with their calibration: what `eco fit` writes and `eco predict` reads.

    `intervals` holds per kind and tier the half-width, the number of groups and the realised coverage;
    `domains` the ranges and levels seen; `nearest` the measured configurations to show beside a prediction;
    `curves` the error on new architectures by number of measurements learnt from (`learning_curve`).
    """

    fits: dict[str, Fit]
    intervals: dict[str, dict[str, Any]] = field(default_factory=dict)
    domains: dict[str, dict[str, Any]] = field(default_factory=dict)
    nearest: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    attribution: tuple[str, ...] = ()
    curves: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def write_book(book: Book, path: Path) -> None:
    """Write the fits as JSON; the same fits give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(book), allow_nan=False, separators=(",", ":")) + "\n")


def read_book(path: Path) -> Book:
    """Return the fits of a file. Raises `EcoError` where it is missing or no such file."""
    try:
        content = json.loads(path.read_text())
        fits = {
            kind: Fit(
                fit["estimator"],
                fit["kind"],
                fit["values"],
                tuple(fit["measurement_ids"]),
                tuple(fit["sources"]),
            )
            for kind, fit in content["fits"].items()
        }
        return Book(
            fits,
            content["intervals"],
            content["domains"],
            content["nearest"],
            tuple(content["attribution"]),
            content["curves"],
        )
    except OSError as error:
        raise EcoError(f"no fits at {path}", "eco fit") from error
    except (ValueError, KeyError, TypeError) as error:
        raise EcoError(f"{path} is not a file of fits: {error}", "eco fit") from error
