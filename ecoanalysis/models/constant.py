"""Device-seconds × a constant share of TDP, as CodeCarbon-like tools do without a sensor: a baseline."""

import math

import polars as pl

from ecoanalysis.models.fit import Fit

_SHARE = 1.0


def fit(frame: pl.DataFrame) -> Fit:
    """Return the constant (Green Algorithms, Lannelongue 2021, doi:10.1002/advs.202100707); no row is looked at."""
    return Fit("constant", frame["kind"][0], {"share": _SHARE})


def predict(fitted: Fit, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `log_j` per row: TDP × measured device-seconds; NaN where no throughput is known."""
    if "device_s" not in frame.columns:
        return pl.DataFrame({"log_j": [math.nan] * frame.height})
    energy = pl.col("tdp_w") * pl.col("device_s") * fitted.values["share"]
    return frame.select(energy.log().fill_null(math.nan).alias("log_j"))
