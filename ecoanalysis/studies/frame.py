"""The frame that studies read: measurements with configuration, impact and score, one row each."""

import re
from typing import TYPE_CHECKING

import polars as pl

from ecoanalysis.records import Basis
from ecoanalysis.store.frame import frame
from ecoanalysis.store.queries import measurements

if TYPE_CHECKING:
    import duckdb

_NO_INFERENCE = ("training", "server_load")  # in the database for the power models
# One board submitted in two power modes, or in two rounds, is two systems: their energies are no repeats.
_SETUP = """
SELECT id AS result_id, concat_ws(', ', extra->>'$.platform', extra->>'$.version') AS setup
FROM result WHERE json_valid(extra) AND extra->>'$.platform' IS NOT NULL"""
_UTILISATION = """
SELECT run_id, phase, boundary, avg(util_ratio) AS util_ratio FROM phase_energy WHERE chosen AND util_ratio IS NOT NULL
GROUP BY ALL"""
# The counter of a device and its power, integrated, are two ways to one energy: how far they are apart.
_TWO_WAYS = """
SELECT run_id, phase, boundary, max(apart) AS sensor_ratio FROM (
    SELECT run_id, phase, boundary, device_id, max(energy_j) / min(energy_j) AS apart FROM phase_energy
    WHERE basis = 'measured' AND energy_j > 0 GROUP BY ALL HAVING count(DISTINCT method) > 1)
GROUP BY ALL"""
_FASTEST = """
SELECT run_id, min(TRY_CAST(regexp_extract(text, 'fastest batch ([0-9.e+-]+) s', 1) AS DOUBLE)) AS fastest_item_s
FROM note WHERE code = 'repeat_times' AND contains(text, 'fastest batch') GROUP BY run_id"""
_NAMES = ("dataset", "device", "model", "framework", "precision", "task", "boundary", "basis")
_WIDTH = ("facility", "wall", "node", "platform", "module", "board", "package", "dram")
# What a model's file name says about its precision is not part of which model it is.
_PRECISION_SUFFIX = re.compile(
    r"[-_. ](non[-_]quantized|quantized|uint8|int8|int4|float|fp32|fp16|bf16|fp8|nf4|awq|gptq)$",
    re.IGNORECASE,
)


def load(con: "duckdb.DuckDBPyConnection", where: str | None = None) -> pl.DataFrame:
    """Return the measurements that may be compared, joined with impact and score; without the excluded.

    Training and plain server load are other questions: they are left out too.

    Columns: those of `store.queries.measurements`, those of the tables `impact` and `score`, `base_model`, the
    model's name without its precision, and `setup`, what a source calls the system as it was configured (a power
    mode, a tuning), where it says so, and of own runs `util_ratio`, the mean utilisation,
    `sensor_ratio`, the larger over the smaller of two measured ways to one energy, and `fastest_item_s`, the
    seconds per item of the fastest batch of the run's last window.
    """
    inference = pl.col("task").is_null() | ~pl.col("task").is_in(_NO_INFERENCE)
    measured = measurements(con, where).filter(pl.col("excluded").is_null() & inference)
    impact = frame(con, "SELECT * EXCLUDE (basis) FROM impact")
    score = frame(con, "SELECT * FROM score")
    joined = measured.join(impact, left_on="id", right_on="measurement_id", how="left", maintain_order="left")
    joined = joined.join(score, left_on="id", right_on="measurement_id", how="left", maintain_order="left")
    joined = joined.join(frame(con, _SETUP), on="result_id", how="left", maintain_order="left")
    for of_runs in (_UTILISATION, _TWO_WAYS):
        found = frame(con, of_runs)
        joined = joined.join(found, on=["run_id", "phase", "boundary"], how="left", maintain_order="left")
    joined = joined.join(frame(con, _FASTEST), on="run_id", how="left", maintain_order="left")
    return named(joined)


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `base_model`, and "unknown" in place of a name that is not there ("item" for the unit)."""
    words = frame.with_columns(
        pl.col(*_NAMES).fill_null("unknown"),
        item_unit=pl.col("item_unit").fill_null("item"),
    )
    return words.with_columns(base_model=pl.col("model").map_elements(base_model, return_dtype=pl.String))


def basis_of(rows: pl.DataFrame) -> Basis:
    """Return the weaker basis of the energies of some rows: estimated where one of them is."""
    return "estimated" if (rows["basis"] == "estimated").any() else "measured"


def width() -> pl.Expr:
    """Return the rank of a row's boundary: 0 for the widest."""
    place = {name: rank for rank, name in enumerate(_WIDTH)}
    return pl.col("boundary").replace_strict(place, default=len(_WIDTH))


def widest(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of each data set's widest boundary: in a sum no energy may count twice."""
    ranked = frame.with_columns(width=width())
    return ranked.filter(pl.col("width") == pl.col("width").min().over("dataset")).drop("width")


def base_model(name: str) -> str:
    """Return a model's name without a trailing word for its precision.

    >>> base_model("mobilenet-v1-0.25-128-non-quantized")
    'mobilenet-v1-0.25-128'
    """
    return _PRECISION_SUFFIX.sub("", name)
