"""Fixed power and marginal energy of a device, from its power at several rates of work."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.line import Line, fit_line
from ecoanalysis.studies.words import short

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
    "lowest_rate": pl.Float64,
    "highest_rate": pl.Float64,
    "covariance": pl.List(pl.Float64),
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
    highest rate, `fixed_share_light` at the lowest. `covariance` [W², W·J, J²] is that of the two coefficients by
    the scatter around the line, `low` and `high` are the 95 % bounds of each; null with two levels.
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
        line = fit_line(rate, power)
        shares = line.fixed_share(float(rate.max())), line.fixed_share(float(rate.min()))
        covariance = None if line.covariance is None else line.covariance[np.triu_indices(2)].tolist()
        fixed, marginal = line.intervals()
        coefficients = (line.fixed_power_w, *fixed, line.marginal_j, *marginal, *shares)
        rates = float(rate.min()), float(rate.max())
        rows.append((*key, *coefficients, *rates, covariance, part.height, part["id"].to_list()))
    schema = {name: LOAD_LINE[name] for name in [*keys, *list(LOAD_LINE)[len(KEYS) :]]}
    return pl.DataFrame(rows, schema=schema, orient="row")


def line_of(row: dict[str, Any]) -> Line:
    """Return the line of a row of `load_lines`."""
    covariance = None
    if row["covariance"] is not None:
        first, mixed, second = row["covariance"]
        covariance = np.array([[first, mixed], [mixed, second]])
    return Line(row["fixed_power_w"], row["marginal_j"], covariance, row["n"])


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
        low, high = line_of(row).share_bounds(row["lowest_rate"])
        yield Finding(
            name=(
                f"fixed against marginal: {row['devices_count'] or 1} × {row['device']}, {model}, {row['task']}, "
                f"{row['precision']}, {row['framework']} [{row['dataset']}{setup}]"
            ),
            estimand="share of power that flows without work, at the lightest load measured",
            sentence=says,
            estimate=row["fixed_share_light"],
            low=low,
            high=high,
            unit="ratio",
            n=row["n"],
            method="non-negative least squares of power on rate over load levels; interval from the scatter around it",
            groups={name: str(row[name]) for name in ("dataset", "device", "base_model", "boundary")},
            basis="derived",
            measurement_ids=tuple(row["ids"]),
        )
