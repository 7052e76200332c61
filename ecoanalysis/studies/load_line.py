"""Fixed power and marginal energy of a device, from its power at several rates of work."""

import numpy as np
import polars as pl

KEYS = (
    "dataset",
    "base_model",
    "task",
    "device",
    "devices_count",
    "boundary",
    "idle_treatment",
    "precision",
    "item_unit",
)

LOAD_LINE = {
    **dict.fromkeys(KEYS, pl.String),
    "devices_count": pl.Int32,
    "fixed_power_w": pl.Float64,
    "marginal_j": pl.Float64,
    "fixed_share": pl.Float64,
    "fixed_share_light": pl.Float64,
    "n": pl.Int64,
}


def system() -> pl.Expr:
    """Return what draws the power: the whole system at the wall, where it is named, else the device."""
    return (
        pl.when(pl.col("boundary") == "wall").then(pl.coalesce("host", "device")).otherwise(pl.col("device"))
    )


def load_lines(frame: pl.DataFrame, spread: float = 2.0) -> pl.DataFrame:
    """Return P = fixed_power_w + marginal_j · rate per device and model (columns of `LOAD_LINE`).

    Only gross energies at two or more rates that differ by `spread` are used; both coefficients are >= 0
    (non-negative least squares on relative residuals). `fixed_share` is the fixed part of the power at the
    highest rate, `fixed_share_light` at the lowest.
    """
    from scipy.optimize import nnls

    known = frame.with_columns(device=system()).filter(
        (pl.col("energy_per_item_j") > 0)
        & (pl.col("throughput_items_per_s") > 0)
        & (pl.col("idle_treatment") != "net")
    )
    keys = [key for key in KEYS if key in frame.columns]
    rows = []
    for key, part in known.sort("id").group_by(keys, maintain_order=True):
        rate = part["throughput_items_per_s"].to_numpy()
        power = part["energy_per_item_j"].to_numpy() * rate
        if rate.max() < spread * rate.min():
            continue
        design = np.column_stack([np.ones_like(rate), rate]) / power[:, None]
        (fixed, marginal), _ = nnls(design, np.ones_like(power))
        share, light = (
            fixed / (fixed + marginal * r) if fixed + marginal * r else 0.0 for r in (rate.max(), rate.min())
        )
        rows.append((*key, float(fixed), float(marginal), float(share), float(light), part.height))
    schema = {name: LOAD_LINE[name] for name in [*keys, *list(LOAD_LINE)[len(KEYS) :]]}
    return pl.DataFrame(rows, schema=schema, orient="row")
