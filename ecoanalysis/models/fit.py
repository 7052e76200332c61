"""A fitted estimator as plain data."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collectors.trace.records import format_id
from ecoanalysis.errors import EcoError

if TYPE_CHECKING:
    import polars as pl


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
    `domains` the ranges and levels seen; `nearest` the measured configurations to show beside a prediction; `data`
    the fingerprint of the measurements (`models.validation.fingerprint`), empty where it is not known; `run_ids` the
    recorded runs among them, 16 hexadecimal digits each.
    """

    fits: dict[str, Fit]
    intervals: dict[str, dict[str, Any]] = field(default_factory=dict)
    domains: dict[str, dict[str, Any]] = field(default_factory=dict)
    nearest: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    attribution: tuple[str, ...] = ()
    data: str = ""
    run_ids: tuple[str, ...] = ()


def run_ids_of(book: Book, measurements: "pl.DataFrame") -> tuple[str, ...]:
    """Return the ids of the recorded runs that the fits saw, sorted; imported results have none."""
    seen = {number for fit in book.fits.values() for number in fit.measurement_ids}
    rows = measurements.filter(measurements["id"].is_in(seen)).drop_nulls("run_id")
    return tuple(sorted(format_id(int(run_id)) for run_id in rows["run_id"].unique()))


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
            fits, content["intervals"], content["domains"], content["nearest"], tuple(content["attribution"]),
            content.get("data", ""), tuple(content.get("run_ids", ())),
        )  # fmt: skip
    except OSError as error:
        raise EcoError(f"no fits at {path}", "eco fit") from error
    except (ValueError, KeyError, TypeError) as error:
        raise EcoError(f"{path} is not a file of fits: {error}", "eco fit") from error
