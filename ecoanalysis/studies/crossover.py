"""The model size at which a precision turns from costing energy to saving it."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import crossing
from ecoanalysis.studies.frame import basis_of
from ecoanalysis.studies.pairs import ids_behind
from ecoanalysis.studies.strata import Stratum
from ecoanalysis.studies.words import counted, place_of

_LEAST_MODELS, _SPAN = 4, 3.0
_REACH = math.log(1000)


def crossovers(strata: Sequence[Stratum]) -> Iterator[Finding]:
    """Yield each stratum's crossing, where at least four models span a factor of 3 in size.

    A crossing outside the sizes measured, or one that the data do not bound within a factor of 1,000 of them, is
    not a finding.
    """
    for stratum in strata:
        known = stratum.pairs.filter(pl.col("params_count") > 0).group_by("base_model", maintain_order=True)
        by_model = known.agg(pl.col("log_ratio").mean(), pl.col("params_count").first())
        size = np.log(by_model["params_count"].to_numpy().astype(float))
        if by_model.height < _LEAST_MODELS or np.ptp(size) < math.log(_SPAN):
            continue
        ratio = by_model["log_ratio"].to_numpy()
        at, low, high = crossing(size, ratio)
        if low is None or high is None or not size.min() <= at <= size.max():
            continue
        if low < size.min() - _REACH or high > size.max() + _REACH:
            continue
        falling = bool(np.polyfit(size, ratio, 1)[0] < 0)
        yield _finding(stratum, falling, (at, low, high), size)


def _finding(
    stratum: Stratum,
    falling: bool,
    logs: tuple[float, float, float],
    size: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> Finding:
    """Return one crossing; `logs` are its place and interval in log parameters, `size` those of the models."""
    at, low, high = (math.exp(value) for value in logs)
    small, large = ("costs", "saves") if falling else ("saves", "costs")
    where = stratum.where
    place = place_of(where["device"], where["framework"], where["dataset"])
    measured = f"{_size(math.exp(size.min()))} to {_size(math.exp(size.max()))}"
    return Finding(
        name=f"crossover of {where['treatment']}: {place}",
        estimand="parameters at which the energy ratio crosses 1",
        sentence=(
            f"On {place}, {where['treatment']} {small} energy below about {_size(at)} parameters ({_size(low)} to "
            f"{_size(high)}) and {large} it above, by {counted(len(size), 'model')} of {measured}."
        ),
        estimate=at,
        low=low,
        high=high,
        unit="parameters",
        n=len(size),
        method="least squares of log ratio on log size over models, Fieller interval",
        groups=dict(where),
        basis=basis_of(stratum.pairs),
        warnings=_warnings(logs[1], logs[2], size),
        measurement_ids=ids_behind(stratum.pairs),
    )


def _warnings(low: float, high: float, size: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[str, ...]:
    """Return a warning where the interval leaves the sizes that were measured."""
    if low < size.min() or high > size.max():
        return ("the interval reaches beyond the sizes measured: there the line is an extrapolation",)
    return ()


def _size(params_count: float) -> str:
    """Return a number of parameters as the field writes it."""
    return f"{params_count / 1e9:.2g} B" if params_count >= 1e9 else f"{params_count / 1e6:.2g} M"
