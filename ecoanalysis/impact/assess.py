"""Carbon and water of each measurement, with intervals."""

import polars as pl

from ecoanalysis.impact.factor import Factor
from ecoanalysis.impact.place import Place, site_of
from ecoanalysis.units import J_PER_KWH

IMPACT_SCHEMA: dict[str, type[pl.DataType]] = {
    "measurement_id": pl.Int64,
    "region": pl.String,
    "co2_g_per_kwh": pl.Float64,
    "pue": pl.Float64,
    "wue_l_per_kwh": pl.Float64,
    "ewif_l_per_kwh": pl.Float64,
    "co2_g_per_item": pl.Float64,
    "co2_low_g_per_item": pl.Float64,
    "co2_high_g_per_item": pl.Float64,
    "water_onsite_l_per_item": pl.Float64,
    "water_offsite_l_per_item": pl.Float64,
    "water_l_per_item": pl.Float64,
    "water_low_l_per_item": pl.Float64,
    "water_high_l_per_item": pl.Float64,
    "basis": pl.String,
    "factors_hash": pl.String,
}

# An energy of these boundaries holds the facility's share already.
_FACILITY = ("facility",)


def assess(rows: pl.DataFrame, place: Place) -> pl.DataFrame:
    """Return the impact of each row as `IMPACT_SCHEMA`: grams and litres per item with a 95 % interval.

    Rows need measurement_id, device, device_kind, boundary, basis, energy_per_item_j, low_per_item_j,
    high_per_item_j [J] and pue_included. An energy that includes PUE (`pue_included` above 1, or a facility's meter)
    is not multiplied by it again; a wall meter at the machine measures IT energy, so PUE applies.
    Bounds: relative errors of energy, PUE and intensity combined in quadrature of their logarithms, above and
    below apart (they are independent). A row without bounds of its energy has the factors' only.
    """
    known = rows.with_columns(*_pue_of(rows, place), *_energy_widths()).with_columns(
        (pl.col("energy_per_item_j") / J_PER_KWH / pl.col("included")).alias("kwh")
    )
    return known.select(
        pl.col("measurement_id"),
        pl.lit(place.region).alias("region"),
        pl.lit(place.carbon.value).alias("co2_g_per_kwh"),
        pl.col("pue"),
        pl.col("wue").alias("wue_l_per_kwh"),
        pl.lit(place.ewif.value).alias("ewif_l_per_kwh"),
        *_carbon(place),
        *_water(place),
        _basis(place).alias("basis"),
        pl.lit(place.hash).alias("factors_hash"),
    ).select(pl.col(name).cast(dtype) for name, dtype in IMPACT_SCHEMA.items())


def _pue_of(rows: pl.DataFrame, place: Place) -> list[pl.Series | pl.Expr]:
    """Return the columns included, pue and wue with their widths: by kind of site, 1 where it is included."""
    kinds = rows.select("device", "device_kind").rows()
    sites = {pair: site_of(*pair) for pair in set(kinds)}
    site = pl.Series("site", [sites[pair] for pair in kinds], dtype=pl.String)
    included = pl.col("pue_included").fill_null(1.0).clip(lower_bound=1.0)
    holds = (included > 1.0) | pl.col("boundary").is_in(_FACILITY).fill_null(False)

    def of(factors: dict[str, Factor], field: str) -> pl.Series:
        values = {kind: float(getattr(factor, field)) for kind, factor in factors.items()}
        return pl.Series([values[kind] for kind in site], dtype=pl.Float64)

    return [
        site,
        included.alias("included"),
        pl.when(holds).then(included).otherwise(of(place.pue, "value")).alias("pue"),
        pl.when(holds).then(0.0).otherwise(of(place.pue, "up")).alias("pue_up"),
        pl.when(holds).then(0.0).otherwise(of(place.pue, "down")).alias("pue_down"),
        of(place.wue, "value").alias("wue"),
        of(place.wue, "low").alias("wue_low"),
        of(place.wue, "high").alias("wue_high"),
    ]


def _energy_widths() -> list[pl.Expr]:
    """Return the logarithmic widths of the energy, 0 where it has no bounds or a bound of no use (≤ 0)."""
    energy, low, high = pl.col("energy_per_item_j"), pl.col("low_per_item_j"), pl.col("high_per_item_j")
    up = pl.when((high > energy) & (energy > 0)).then((high / energy).log()).otherwise(0.0)
    down = pl.when((low > 0) & (low < energy)).then((energy / low).log()).otherwise(0.0)
    return [up.alias("energy_up"), down.alias("energy_down")]


def _carbon(place: Place) -> list[pl.Expr]:
    """Return grams per item and its bounds: kWh · PUE · I."""
    gram = pl.col("kwh") * pl.col("pue") * place.carbon.value
    up = (pl.col("energy_up") ** 2 + pl.col("pue_up") ** 2 + place.carbon.up**2).sqrt()
    down = (pl.col("energy_down") ** 2 + pl.col("pue_down") ** 2 + place.carbon.down**2).sqrt()
    return [
        gram.alias("co2_g_per_item"),
        (gram * (-down).exp()).alias("co2_low_g_per_item"),
        (gram * up.exp()).alias("co2_high_g_per_item"),
    ]


def _water(place: Place) -> list[pl.Expr]:
    """Return litres per item and its bounds: kWh · (WUE + PUE · EWIF).

    The two terms are independent and of like size, so their bounds add in quadrature of litres; the energy's
    multiply both.
    """
    onsite, offsite = pl.col("wue"), pl.col("pue") * place.ewif.value
    total = onsite + offsite
    off_up = offsite * (((pl.col("pue_up") ** 2 + place.ewif.up**2).sqrt()).exp() - 1)
    off_down = offsite * (1 - (-((pl.col("pue_down") ** 2 + place.ewif.down**2).sqrt())).exp())
    over = (off_up**2 + (pl.col("wue_high") - onsite) ** 2).sqrt()
    under = (off_down**2 + (onsite - pl.col("wue_low")) ** 2).sqrt()
    up = (pl.col("energy_up") ** 2 + (1 + over / total).log() ** 2).sqrt()
    down = (pl.col("energy_down") ** 2 + (1 - under / total).clip(lower_bound=1e-3).log() ** 2).sqrt()
    litre = pl.col("kwh") * total
    none = total == 0  # no water at all: a place that says so
    return [
        (pl.col("kwh") * onsite).alias("water_onsite_l_per_item"),
        (pl.col("kwh") * offsite).alias("water_offsite_l_per_item"),
        litre.alias("water_l_per_item"),
        pl.when(none).then(litre).otherwise(litre * (-down).exp()).alias("water_low_l_per_item"),
        pl.when(none).then(litre).otherwise(litre * up.exp()).alias("water_high_l_per_item"),
    ]


def _basis(place: Place) -> pl.Expr:
    """Return the basis: estimated for an estimated energy, assumed where the place is, derived otherwise."""
    if place.carbon.status == "assumed":
        return pl.when(pl.col("energy_per_item_j").is_null()).then(None).otherwise(pl.lit("assumed"))
    weak = pl.col("basis").is_in(["estimated", "assumed"])
    return (
        pl.when(pl.col("energy_per_item_j").is_null())
        .then(None)
        .otherwise(pl.when(weak).then(pl.col("basis")).otherwise(pl.lit("derived")))
    )
