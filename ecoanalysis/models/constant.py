"""Device-seconds × a constant share of TDP, as CodeCarbon-like tools do without a sensor: a baseline."""

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.columns import Table, numbers
from ecoanalysis.models.fit import Fit

Floats = NDArray[np.float64]

_SHARE = 1.0


def fit(frame: pl.DataFrame) -> Fit:
    """Return the constant (Green Algorithms, Lannelongue 2021, doi:10.1002/advs.202100707); no row is looked at."""
    return Fit("constant", frame["kind"][0], {"share": _SHARE})


def predict(fitted: Fit, table: Table) -> Floats:
    """Return the log energy of each row [ln J per item], TDP × measured device-seconds; NaN without a throughput."""
    if "device_s" not in table.columns:
        return np.full(table.height, math.nan)
    found: Floats = np.log(numbers(table, ("tdp_w", "device_s")).prod(axis=1) * fitted.values["share"])
    return found
