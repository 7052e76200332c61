"""What a validation found, as it is stored beside the fits: metrics, coverage, single predictions, learning curves."""

import hashlib
import json
import math
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.errors import EcoError
from ecoanalysis.models.held_out import HeldOut
from ecoanalysis.models.train import choose

Floats = NDArray[np.float64]
LEVEL = 0.90
_KEPT = 60  # single predictions kept per split and set: a plot needs no more
_DIGITS = 4
_Z95 = 1.96
_FIELDS = ("energy_per_item_j", "model", "device", "precision", "batch_size", "task", "framework", "boundary")


@dataclass(frozen=True, slots=True)
class Validation:
    """A stored validation.

    metrics: as `models.validate.SCHEMA`; coverage: per data set, kind and split of the champion's 90 % intervals:
    n, groups_count, coverage with its 95 % Wilson bounds on the groups, width; points: single held-out predictions
    (measured_j, ratio and its low and high, predicted over measured); curve: error against the number of rows learnt
    from; champions: the blend chosen per kind and tier; attribution: the data's sources with licences; data: their
    fingerprint; made_on: the day.
    """

    metrics: pl.DataFrame
    coverage: pl.DataFrame
    points: pl.DataFrame
    curve: pl.DataFrame
    champions: dict[str, dict[str, str]] = field(default_factory=dict)
    attribution: tuple[str, ...] = ()
    data: str = ""
    made_on: str = ""


COVERAGE_SCHEMA: dict[str, type[pl.DataType]] = {
    "dataset": pl.String, "kind": pl.String, "split": pl.String, "n": pl.Int64, "groups_count": pl.Int64,
    "coverage": pl.Float64, "low": pl.Float64, "high": pl.Float64, "width": pl.Float64,
}  # fmt: skip
POINT_SCHEMA: dict[str, type[pl.DataType]] = {
    "dataset": pl.String, "kind": pl.String, "split": pl.String, "model": pl.String, "device": pl.String,
    "measured_j": pl.Float64, "ratio": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip
CURVE_SCHEMA: dict[str, type[pl.DataType]] = {
    "dataset": pl.String, "kind": pl.String, "split": pl.String, "estimator": pl.String, "rows_count": pl.Int64,
    "mdape": pl.Float64,
}  # fmt: skip


class Watch:
    """Collects what each split of a running validation shows; give its `seen` to `validate`."""

    def __init__(self) -> None:
        self.coverage: list[dict[str, object]] = []
        self.points: list[dict[str, object]] = []
        self.champions: dict[str, dict[str, str]] = {}

    def seen(self, frame: pl.DataFrame, held: HeldOut, champion: Floats, widths: Floats) -> None:
        """Keep one split: its coverage, some of its predictions, and the blend that did best over all groups."""
        sets = frame["dataset"].unique().to_list()
        name = {"dataset": sets[0] if len(sets) == 1 else "all", "kind": frame["kind"][0], "split": held.tier}
        error = champion - held.measured
        groups = len(np.unique(held.groups))
        share = float((np.abs(error) <= widths).mean())
        low, high = wilson(share, groups)
        self.coverage.append(
            name
            | {"n": len(error), "groups_count": groups, "coverage": share, "low": low, "high": high}
            | {"width": float(np.exp(np.median(widths)))}
        )
        step = max(1, -(-len(error) // _KEPT))
        models, devices = (frame[column].to_numpy()[held.rows] for column in ("model", "device"))
        for i in np.argsort(held.measured)[::step]:
            ratio = math.exp(error[i])
            self.points.append(
                name
                | {
                    "model": models[i],
                    "device": devices[i],
                    "measured_j": math.exp(held.measured[i]),
                    "ratio": ratio,
                }
                | {"low": ratio / math.exp(widths[i]), "high": ratio * math.exp(widths[i])}
            )
        self.champions.setdefault(name["kind"], {})[held.tier] = choose(held)  # "all" comes last, and stays

    def record(
        self, metrics: pl.DataFrame, curve: pl.DataFrame, measurements: pl.DataFrame, day: str
    ) -> Validation:
        """Return everything that was kept as a record, with where the measurements come from."""
        return Validation(
            metrics, pl.DataFrame(self.coverage, COVERAGE_SCHEMA), pl.DataFrame(self.points, POINT_SCHEMA), curve,
            self.champions, sources_of(measurements), fingerprint(measurements), day,
        )  # fmt: skip


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % Wilson bounds of a share of `count` trials (Wilson 1927, JASA 22:209)."""
    if count == 0:
        return 0.0, 1.0
    spread = _Z95**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z95 * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def fingerprint(measurements: pl.DataFrame) -> str:
    """Return 16 digits that change whenever an energy or what was run does; the order of rows does not matter."""
    rows = measurements.filter(pl.col("energy_per_item_j") > 0, pl.col("excluded").is_null())
    lines = sorted("|".join(map(str, row)) for row in rows.select(_FIELDS).iter_rows())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def sources_of(measurements: pl.DataFrame) -> tuple[str, ...]:
    """Return the sources of measurements with their licences, sorted; those without a source are own recordings."""
    rows = measurements.select("citation", "licence").unique().drop_nulls("citation").iter_rows()
    return tuple(sorted(f"{citation} ({licence})" for citation, licence in rows))


def write_validation(found: Validation, path: Path) -> None:
    """Write a validation as JSON; the same validation gives the same bytes."""
    content: dict[str, Any] = {
        name: _columns(getattr(found, name)) for name in ("metrics", "coverage", "points", "curve")
    }
    content |= {"champions": found.champions, "attribution": found.attribution}
    content |= {"data": found.data, "made_on": found.made_on}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, allow_nan=False, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def read_validation(path: Path) -> Validation:
    """Return a stored validation. Raises `EcoError` where the file is missing or is another's."""
    from ecoanalysis.models.validate import SCHEMA

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        schemas = {
            "metrics": SCHEMA,
            "coverage": COVERAGE_SCHEMA,
            "points": POINT_SCHEMA,
            "curve": CURVE_SCHEMA,
        }
        frames = {name: pl.DataFrame(content[name], schema) for name, schema in schemas.items()}
        return Validation(
            **frames, champions=content["champions"], attribution=tuple(content["attribution"]),
            data=content["data"], made_on=content["made_on"],
        )  # fmt: skip
    except OSError as error:
        raise EcoError(f"no validation at {path}", "eco validate") from error
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise EcoError(f"{path} is not a stored validation: {error}", "eco validate") from error


def stored_validation(database: Path) -> tuple[Validation, bool]:
    """Return the validation beside a database, else the one that ships; and whether it is the user's own."""
    own = database.parent / "fits" / "validation.json"
    return (read_validation(own), True) if own.is_file() else (_shipped(), False)


@cache
def _shipped() -> Validation:
    """Return the validation of the fits that ship."""
    return read_validation(Path(str(files("ecoanalysis.models").joinpath("fits/default_validation.json"))))


def _columns(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """Return a frame as columns of plain values, numbers to four significant digits, what is no number as null."""
    return {
        name: [
            (float(f"{one:.{_DIGITS}g}") if math.isfinite(one) else None) if isinstance(one, float) else one
            for one in frame[name].to_list()
        ]
        for name in frame.columns
    }
