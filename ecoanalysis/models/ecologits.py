"""EcoLogits' published formula for language models: a baseline, nothing is fitted."""

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.models.columns import Table, numbers
from ecoanalysis.models.fit import Fit

Floats = NDArray[np.float64]

# EcoLogits 0.11, "LLM inference methodology": fitted on ML.ENERGY, H100, batch 64.
_ALPHA, _BETA, _GAMMA = (
    1.1665273170451914e-6,
    -0.011205921025579175,
    4.052928146734005e-5,
)  # Wh per token and device
_BATCH = 64.0
_MEMORY_GB = 80.0


def fit(frame: pl.DataFrame) -> Fit:
    """Return the formula as published; the rows are not looked at."""
    return Fit("ecologits", frame["kind"][0], {"alpha": _ALPHA, "beta": _BETA, "gamma": _GAMMA})


def predict(fitted: Fit, table: Table) -> Floats:
    """Return the log energy of each row [ln J per token], told batch and devices; NaN for anything but tokens."""
    if fitted.kind != "token":
        return np.full(table.height, math.nan)
    rows = numbers(table, ("active_params_count", "batch_size", "devices_count"))
    return np.log([energy_per_token_j(active / 1e9, batch, int(devices)) for active, batch, devices in rows])


def energy_per_token_j(active_billions: float, batch_size: float = _BATCH, devices_count: int = 1) -> float:
    """Return the accelerators' energy per output token [J].

    E = devices · (α · e^(β·batch) · P + γ) Wh with P the active parameters in billions (EcoLogits, Rincé & Banse
    2025, doi:10.21105/joss.07471; methodology page of 0.11).
    """
    per_device = _ALPHA * math.exp(_BETA * batch_size) * active_billions + _GAMMA
    return 3600.0 * devices_count * per_device


def devices_needed(total_billions: float, bits: int = 16) -> int:
    """Return the devices that EcoLogits assumes: the next power of two that holds 1.2 times the weights in 80 GB."""
    needed = 1.2 * total_billions * bits / 8 / _MEMORY_GB
    return max(1, int(2 ** math.ceil(math.log2(needed))))
