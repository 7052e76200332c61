"""The model size at which a precision turns from costing energy to saving it."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import crossing
from ecoanalysis.studies.pairs import STRATUM, ids_behind


def crossovers(strata: Mapping[tuple[object, ...], pl.DataFrame]) -> Iterator[Finding]:
    """Yield each stratum's crossing, where at least four models span a factor of 3 in size.

    A crossing further than a factor of 3 outside the sizes measured, or one that the data do not bound on both
    sides, is not a finding.
    """
    for key, part in strata.items():
        known = part.filter(pl.col("params_count") > 0).group_by("base_model", maintain_order=True)
        by_model = known.agg(pl.col("log_ratio").mean(), pl.col("params_count").first())
        size = np.log(by_model["params_count"].to_numpy().astype(float))
        if by_model.height < 4 or np.ptp(size) < math.log(3):
            continue
        ratio = by_model["log_ratio"].to_numpy()
        at, low, high = crossing(size, ratio)
        margin = math.log(3)
        if low is None or high is None or not size.min() - margin <= at <= size.max() + margin:
            continue
        falling = np.polyfit(size, ratio, 1)[0] < 0
        yield _finding(
            dict(zip(STRATUM, map(str, key), strict=True)), falling, (at, low, high), part, len(size)
        )


def _finding(
    where: Mapping[str, str], falling: bool, logs: tuple[float, float, float], part: pl.DataFrame, n: int
) -> Finding:
    """Return one crossing; `logs` are its place and interval in log parameters."""
    at, low, high = (math.exp(value) for value in logs)
    small, large = ("costs", "saves") if falling else ("saves", "costs")
    return Finding(
        name=f"crossover of {where['treatment']}: {where['device']}, {where['framework']}",
        estimand="parameters at which the energy ratio crosses 1",
        sentence=(
            f"On {where['device']} with {where['framework']}, {where['treatment']} {small} energy below about "
            f"{_size(at)} parameters ({_size(low)} to {_size(high)}) and {large} it above."
        ),
        estimate=at,
        low=low,
        high=high,
        unit="parameters",
        n=n,
        method="least squares of log ratio on log size over models, Fieller interval",
        groups=dict(where),
        measurement_ids=ids_behind(part),
    )


def _size(params_count: float) -> str:
    """Return a number of parameters as the field writes it."""
    return f"{params_count / 1e9:.2g} B" if params_count >= 1e9 else f"{params_count / 1e6:.2g} M"
