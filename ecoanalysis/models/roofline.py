"""TDP × roofline time with one fitted efficiency: a baseline."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.fit import Fit
from ecoanalysis.models.frame import TERM

BYTE_TERMS = ("weights", "experts", "cache", "state")
FLOP_TERMS = ("flops", "prefill", "denoise", "attend", "decode", "encode")


def fit(frame: pl.DataFrame) -> Fit:
    """Return the median ratio of measured energy to TDP × the larger of the memory's and the arithmetic's time."""
    ratio = float(np.median(frame["log_j"].to_numpy() - _log_ideal(frame)))
    return Fit("roofline", frame["kind"][0], {"log_ratio": ratio}, tuple(frame["id"].to_list()))


def predict(fitted: Fit, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `log_j` per row."""
    return pl.DataFrame({"log_j": _log_ideal(frame) + fitted.values["log_ratio"]})


def _log_ideal(frame: pl.DataFrame) -> NDArray[np.float64]:
    """Return the log of TDP × roofline time [ln J]."""
    sums = []
    for names in (BYTE_TERMS, FLOP_TERMS):
        columns = [TERM + name for name in names if TERM + name in frame.columns]
        sums.append(frame.select(columns).to_numpy().sum(axis=1) if columns else np.zeros(frame.height))
    found: NDArray[np.float64] = np.log(np.maximum(np.maximum(*sums), 1e-30))
    return found
