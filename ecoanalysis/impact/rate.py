"""ESS of each measurement, with its interval, or why there is none."""

import polars as pl

from ecoanalysis.identity.models import find_model
from ecoanalysis.impact.score import quantisation_factor
from ecoanalysis.settings import Settings
from ecoanalysis.units import J_PER_KWH

SCORE_SCHEMA: dict[str, type[pl.DataType]] = {
    "measurement_id": pl.Int64,
    "qf_convention": pl.String,
    "qf": pl.Float64,
    "params_kind": pl.String,
    "params_source": pl.String,
    "effective_params_m": pl.Float64,
    "ess": pl.Float64,
    "ess_low": pl.Float64,
    "ess_high": pl.Float64,
    "ess_run": pl.Float64,
    "undefined_because": pl.String,
}


def rate(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the score of each row as `SCORE_SCHEMA`: `ess` per gram of 1,000 items, `ess_run` per gram of the run.

    Rows need the columns of `assess` and of its result. The parameters are the configuration's, else those of the
    table of models. More carbon is a lower score, so the bounds change
    places. Undefined scores are null, with a reason.
    """
    known = _params(rows, settings).with_columns(
        _qf(rows, settings), (pl.col("params") / 1e6).alias("params_m")
    )
    effective = pl.col("params_m") * pl.col("qf")
    run_j = pl.coalesce("energy_j", pl.col("energy_per_item_j") * pl.col("items_count"))
    run_g = run_j / J_PER_KWH / pl.col("included") * pl.col("pue") * pl.col("co2_g_per_kwh")
    reason = _reason()
    sound = reason.is_null()

    def per(gram: pl.Expr) -> pl.Expr:
        return pl.when(sound & (gram > 0)).then(effective / gram)

    return (
        known.with_columns(pl.col("pue_included").fill_null(1.0).clip(lower_bound=1.0).alias("included"))
        .select(
            pl.col("measurement_id"),
            pl.lit(settings.qf).alias("qf_convention"),
            pl.col("qf"),
            pl.lit(settings.ess_params).alias("params_kind"),
            pl.col("params_source"),
            effective.alias("effective_params_m"),
            per(1e3 * pl.col("co2_g_per_item")).alias("ess"),
            per(1e3 * pl.col("co2_high_g_per_item")).alias("ess_low"),
            per(1e3 * pl.col("co2_low_g_per_item")).alias("ess_high"),
            per(run_g).alias("ess_run"),
            reason.alias("undefined_because"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in SCORE_SCHEMA.items())
    )


def _params(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the rows with `params` and `params_source`: the configuration's, or the model table's."""
    active = settings.ess_params == "active"
    names = [name for name in rows["model"].unique(maintain_order=True).to_list() if name]
    facts = {name: found for name in names if (found := find_model(name))}
    table = {name: (f.active_params_count if active else f.params_count) for name, f in facts.items()}
    own = pl.col("active_params_count" if active else "params_count")
    # A model that is not known as one of experts uses all its parameters: total stands in for active.
    stated = pl.coalesce(own, "params_count") if active else own
    looked_up = pl.col("model").replace_strict(
        list(table), list(table.values()), default=None, return_dtype=pl.Int64
    )
    return rows.with_columns(
        pl.coalesce(own, looked_up, stated).cast(pl.Float64).alias("params"),
        pl.when(own.is_not_null())
        .then(pl.lit("configuration"))
        .when(looked_up.is_not_null())
        .then(pl.lit("table of models"))
        .when(stated.is_not_null())
        .then(pl.lit("configuration, total"))
        .alias("params_source"),
    )


def _qf(rows: pl.DataFrame, settings: Settings) -> pl.Series:
    """Return the quantisation factor of each row's precision."""
    column = rows["precision"].to_list()
    factors = {name: quantisation_factor(name, settings.qf) for name in set(column)}
    return pl.Series("qf", [factors[name] for name in column], dtype=pl.Float64)


def _reason() -> pl.Expr:
    """Return why a score is undefined, null where it is defined."""
    return (
        pl.when(pl.col("co2_g_per_item").is_null())
        .then(pl.lit("no energy per item"))
        .when(pl.col("co2_g_per_item") <= 0)
        .then(pl.lit("no CO2: the score would be infinite"))
        .when(pl.col("params").is_null() | (pl.col("params") <= 0))
        .then(pl.lit("parameters unknown"))
        .when(pl.col("qf").is_null())
        .then(pl.lit("quantisation factor of this precision unknown"))
    )
