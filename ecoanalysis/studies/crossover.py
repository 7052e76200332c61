"""The model size at which a precision turns from costing energy to saving it."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import crossing
from ecoanalysis.studies.pairs import STRATUM


def crossovers(strata: Mapping[tuple[object, ...], pl.DataFrame]) -> Iterator[Finding]:
    """Yield each stratum's crossing, where at least four models span a factor of 3 in size."""
    for key, part in strata.items():
        known = part.filter(pl.col("params_count") > 0).group_by("base_model", maintain_order=True)
        by_model = known.agg(pl.col("log_ratio").mean(), pl.col("params_count").first())
        if by_model.height < 4 or by_model["log_ratio"].min() > 0 or by_model["log_ratio"].max() < 0:  # type: ignore[operator]
            continue
        size = np.log(by_model["params_count"].to_numpy().astype(float))
        if size.max() - size.min() < math.log(3):
            continue
        at, low, high = crossing(size, by_model["log_ratio"].to_numpy())
        where = dict(zip(STRATUM, map(str, key), strict=True))
        bounds = "an interval that the data do not bound"
        if low is not None and high is not None:
            bounds = f"{math.exp(low) / 1e9:.2g} to {math.exp(high) / 1e9:.2g}"
        yield Finding(
            name=f"crossover of {where['treatment']}: {where['device']}, {where['framework']}",
            estimand="parameters at which the energy ratio crosses 1",
            sentence=(
                f"On {where['device']} {where['treatment']} costs energy below and saves it above about "
                f"{math.exp(at) / 1e9:.2g} billion parameters ({bounds})."
            ),
            estimate=math.exp(at),
            low=None if low is None else math.exp(low),
            high=None if high is None else math.exp(high),
            unit="parameters",
            n=by_model.height,
            method="least squares of log ratio on log size, Fieller interval",
            groups=where,
        )
