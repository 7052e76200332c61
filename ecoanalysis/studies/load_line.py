"""Fixed power and marginal energy of a device, from its power at several rates of work."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.records import Finding
from ecoanalysis.studies.words import short

Vector = NDArray[np.float64]
_APART = 1.1  # rates closer than that are one load level, measured again
_LEVELS_LEAST = 4  # load levels for bounds: a line through two points has no residual to tell of
KEYS = (
    "dataset",
    "base_model",
    "task",
    "device",
    "devices_count",
    "boundary",
    "idle_treatment",
    "precision",
    "framework",
    "framework_version",
    "setup",
    "item_unit",
)

LOAD_LINE: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(KEYS, pl.String),
    "devices_count": pl.Int32,
    "fixed_power_w": pl.Float64,
    "fixed_low_w": pl.Float64,
    "fixed_high_w": pl.Float64,
    "marginal_j": pl.Float64,
    "marginal_low_j": pl.Float64,
    "marginal_high_j": pl.Float64,
    "fixed_share": pl.Float64,
    "fixed_share_light": pl.Float64,
    "n": pl.Int64,
    "ids": pl.List(pl.Int64),
}


# A system under a name that ends in its software ("rpi4-tflite-v2.7.1-ruy") is one system whatever it runs.
_SOFTWARE = r"(?i)-(?:armnn|tflite|qaic|onnxruntime|openvino|tensorrt)\b.*$"


def system() -> pl.Expr:
    """Return what draws the power: the whole system at the wall, where it is named, else the device."""
    named = pl.coalesce(pl.col("host").str.replace(_SOFTWARE, ""), "device")
    return pl.when(pl.col("boundary") == "wall").then(named).otherwise(pl.col("device"))


def load_lines(frame: pl.DataFrame, spread: float = 2.0) -> pl.DataFrame:
    """Return P = fixed_power_w + marginal_j · rate per device and model (columns of `LOAD_LINE`).

    Only measured gross energies at two or more rates that differ by `spread` are used (an estimate from utilisation
    knows nothing of power, a derived row repeats another); both coefficients are >= 0
    (non-negative least squares on relative residuals). `fixed_share` is the fixed part of the power at the
    highest rate, `fixed_share_light` at the lowest. `low` and `high` are the least and most over the lines that
    leave one load level out; null where there are fewer than four levels.
    """
    known = frame.with_columns(device=system()).filter(
        (pl.col("energy_per_item_j") > 0)
        & (pl.col("throughput_items_per_s") > 0)
        & (pl.col("idle_treatment") != "net")
        & (pl.col("basis") == "measured")
    )
    keys = [key for key in KEYS if key in frame.columns]
    rows = []
    for key, part in known.sort("id").group_by(keys, maintain_order=True):
        rate = part["throughput_items_per_s"].to_numpy()
        power = part["energy_per_item_j"].to_numpy() * rate
        if rate.max() < spread * rate.min():
            continue
        rows.append((*key, *_line(rate, power), part.height, part["id"].to_list()))
    schema = {name: LOAD_LINE[name] for name in [*keys, *list(LOAD_LINE)[len(KEYS) :]]}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _left_out(rate: Vector, power: Vector) -> tuple[tuple[float, float] | tuple[None, None], ...]:
    """Return least and most of fixed power [W] and marginal energy [J] over the lines without one of the rates."""
    ascending = np.sort(rate)
    ends = ascending[
        np.append(ascending[1:] > _APART * ascending[:-1], True)
    ]  # the highest rate of each level
    if len(ends) < _LEVELS_LEAST:
        return (None, None), (None, None)
    level = np.searchsorted(ends, rate)
    lines = [_coefficients(rate[level != one], power[level != one]) for one in range(len(ends))]
    return tuple((min(found), max(found)) for found in zip(*lines, strict=True))


def _coefficients(rate: Vector, power: Vector) -> tuple[float, float]:
    """Return fixed power [W] and marginal energy [J], both >= 0, of the least relative residuals."""
    from scipy.optimize import nnls

    design = np.column_stack([np.ones_like(rate), rate]) / power[:, None]
    (fixed, marginal), _ = nnls(design, np.ones_like(power))
    return float(fixed), float(marginal)


def _line(rate: Vector, power: Vector) -> tuple[float | None, ...]:
    """Return fixed power [W] and marginal energy [J] with their bounds, then the fixed shares: highest, lowest rate."""
    fixed, marginal = _coefficients(rate, power)
    fixed_bounds, marginal_bounds = _left_out(rate, power)
    totals = [fixed + marginal * float(r) for r in (rate.max(), rate.min())]
    share, light = (float(fixed / total) if total else 0.0 for total in totals)
    return fixed, *fixed_bounds, marginal, *marginal_bounds, share, light


def light_shares(lines: pl.DataFrame) -> dict[tuple[str, ...], float]:
    """Return the share of fixed power at the lightest load by data set, device, model and boundary."""
    return {
        tuple(str(row[name]) for name in ("dataset", "device", "base_model", "boundary")): row[
            "fixed_share_light"
        ]
        for row in lines.iter_rows(named=True)
    }


def load_findings(lines: pl.DataFrame) -> Iterator[Finding]:
    """Yield each device's fixed power and marginal energy, where its load levels allow a line."""
    for row in lines.iter_rows(named=True):
        model, setup = short(row["base_model"]), f", {row['setup']}" if row.get("setup") else ""
        if row["fixed_power_w"] > 0:
            says = (
                f"{row['device']} draws {row['fixed_power_w']:.3g} W whatever its rate of {model}, and "
                f"{row['marginal_j']:.3g} J for each further {row['item_unit']}: the fixed part "
                f"is {row['fixed_share']:.0%} of its power at the highest rate, {row['fixed_share_light']:.0%} at the "
                "lowest."
            )
        else:
            says = (
                f"On {row['device']} power grows in proportion to the rate of {model} ({row['marginal_j']:.3g} J per "
                f"{row['item_unit']}): no fixed part can be seen between its load levels."
            )
        yield Finding(
            name=(
                f"fixed against marginal: {row['devices_count'] or 1} × {row['device']}, {model}, {row['task']}, "
                f"{row['precision']}, {row['framework']} [{row['dataset']}{setup}]"
            ),
            estimand="share of power that flows without work, at the lightest load measured",
            sentence=says,
            estimate=row["fixed_share_light"],
            low=None,
            high=None,
            unit="ratio",
            n=row["n"],
            method="non-negative least squares of power on rate over load levels",
            groups={name: str(row[name]) for name in ("dataset", "device", "base_model", "boundary")},
            basis="derived",
            measurement_ids=tuple(row["ids"]),
        )
