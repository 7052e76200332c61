"""The panel of paired slopes: what each model's energy and quality do from the reference to fewer bits."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from ecoanalysis.records import Panel
from ecoanalysis.studies.effect import clustered_mean, ratio_of

_FACETS = 6  # devices and frameworks with most precisions, then models
_WHERE = ("device", "framework", "reference")


def slope_panel(pairs: pl.DataFrame) -> Panel | None:
    """Return the slopes of matched pairs by device and framework, None where no two models were measured on one.

    Rows of `kind` pair are one model's mean over its settings, those of `kind` mean the mean over models with its
    95 % interval; `ratio` is energy over the reference's, `points` the change of quality in percentage points (null
    where nobody measured it), each with `low` and `high`. `place` orders the precisions, the reference is 0.
    """
    rows: list[dict[str, Any]] = []
    for key in _largest(pairs):
        where = dict(zip(_WHERE, key, strict=True))
        part = pairs.filter(**where)
        names = sorted(part["treatment"].unique().to_list(), key=lambda name: (-_bits(name), name))
        found = _rows(part, str(where["reference"]), names)
        rows += [{"device": where["device"], "framework": where["framework"]} | row for row in found]
    if not rows:
        return None
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    known = frame["points"].is_not_null().any()
    below = "; the lower row is the change of quality in percentage points, below 0 is a loss"
    caption = (
        "Each thin line is one model from the reference precision to fewer bits, all else equal; thick points are "
        "means over models with 95 % intervals (cut at the edge of a panel), none for a single model. Above the "
        f"dashed line costs energy{below if known else ''}."
    )
    return Panel("paired_slopes", "From the reference to fewer bits, model by model", caption, frame)


_SCHEMA = {
    "device": pl.String,
    "framework": pl.String,
    "kind": pl.String,
    "base_model": pl.String,
    "precision": pl.String,
    "place": pl.Int64,
    "ratio": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "points": pl.Float64,
    "points_low": pl.Float64,
    "points_high": pl.Float64,
}


def _bits(precision: str) -> int:
    """Return the bits that a precision's name states, 8 where it states none."""
    stated = re.search(r"\d+", precision)
    return int(stated.group()) if stated else 8


def _largest(pairs: pl.DataFrame) -> list[tuple[object, ...]]:
    """Return devices, frameworks and references that reach most precisions, then models; one reference for each."""
    counted = pairs.group_by(_WHERE).agg(
        models=pl.col("base_model").n_unique(), precisions=pl.col("treatment").n_unique()
    )
    order = ["precisions", "models", *_WHERE]
    several = counted.filter(pl.col("models") > 1).sort(order, descending=[True, True, False, False, False])
    apart = several.unique(subset=_WHERE[:2], keep="first", maintain_order=True)
    return apart.select(_WHERE).head(_FACETS).rows()


def _rows(part: pl.DataFrame, reference: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of one device and framework: the reference, each model, the means."""
    points = _in_points(part)
    for place, name in enumerate(names, start=1):
        chosen = points.filter(pl.col("treatment") == name)
        at = {"precision": name, "place": place}
        by_model = chosen.group_by("base_model", maintain_order=True).agg(
            pl.col("log_ratio").mean(), pl.col("points").mean()
        )
        for model, log_ratio, change in by_model.sort("base_model").rows():
            ratio = ratio_of(clustered_mean([log_ratio], [model]))[0]
            yield at | {"kind": "pair", "base_model": model, "ratio": ratio, "points": change}
        yield at | {"kind": "mean"} | _means(chosen)
    for model in sorted(part["base_model"].unique().to_list()):
        start = {"precision": reference, "place": 0, "ratio": 1.0}
        quality = points.filter(pl.col("base_model") == model)["points"].is_not_null().any()
        yield start | {"kind": "pair", "base_model": model, "points": 0.0 if quality else None}


def _means(chosen: pl.DataFrame) -> dict[str, float | None]:
    """Return the means over models with their intervals."""
    ratio, low, high = ratio_of(clustered_mean(chosen["log_ratio"], chosen["base_model"]))
    found: dict[str, float | None] = {"ratio": ratio, "low": low, "high": high}
    known = chosen.filter(pl.col("points").is_not_null())
    if known.height:
        effect = clustered_mean(known["points"], known["base_model"])
        found |= {"points": effect.mean, "points_low": effect.low, "points_high": effect.high}
    return found


def _in_points(part: pl.DataFrame) -> pl.DataFrame:
    """Return pairs with their change of quality in percentage points: sources state shares or percent."""
    largest = part["quality_change"].abs().max()
    scale = 1.0 if isinstance(largest, float) and largest > 1 else 100.0
    return part.with_columns(points=pl.col("quality_change") * scale)
