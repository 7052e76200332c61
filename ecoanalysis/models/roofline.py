"""TDP × roofline time with one fitted efficiency: a baseline."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.columns import Table, numbers
from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import TERM, ids_of

Floats = NDArray[np.float64]
BYTE_TERMS = ("weights", "experts", "cache", "state")
FLOP_TERMS = ("flops", "prefill", "denoise", "attend", "decode", "encode")


def fit(frame: pl.DataFrame) -> Fit:
    """Return the median ratio of measured energy to TDP × the larger of the memory's and the arithmetic's time."""
    ratio = float(np.median(frame["log_j"].to_numpy() - _log_ideal(frame)))
    return Fit("roofline", frame["kind"][0], {"log_ratio": ratio}, ids_of(frame))


def predict(fitted: Fit, table: Table) -> Floats:
    """Return the log energy of each row [ln J per item]."""
    found: Floats = _log_ideal(table) + fitted.values["log_ratio"]
    return found


def _log_ideal(table: Table) -> Floats:
    """Return the log of TDP × roofline time [ln J]."""
    sums = []
    for names in (BYTE_TERMS, FLOP_TERMS):
        columns = [TERM + name for name in names if TERM + name in table.columns]
        sums.append(numbers(table, columns).sum(axis=1))
    found: Floats = np.log(np.maximum(np.maximum(*sums), 1e-30))
    return found
