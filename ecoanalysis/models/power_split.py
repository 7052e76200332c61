"""Held-out predictions of the power models: folds, residuals, their tails."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecoanalysis.identity.devices import find_device
from ecoanalysis.models.power_cpu import Server, fit_prior, predict
from ecoanalysis.models.power_fit import Array
from ecoanalysis.models.power_gpu import Size, fit_device, fit_law, idle_scale, law, terms, usual_idle_w

_SEED = 20251106
TAILS = (2.5, 97.5)  # of ln(true ÷ predicted): a 95 % interval

Rows = NDArray[np.intp]
Part = tuple[Rows, Rows]


def folds(groups: list[str], count: int) -> list[Part]:
    """Return `count` parts (train, test) that keep the rows of a group together, groups dealt at random."""
    names = sorted(set(groups))
    dealt = np.random.default_rng(_SEED).permutation(len(names)) % count
    of = {name: int(fold) for name, fold in zip(names, dealt, strict=True)}
    fold = np.array([of[name] for name in groups])
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(count)]


def each_out(groups: list[str]) -> list[Part]:
    """Return one part (train, test) per group: the group is the test."""
    names = np.array(groups)
    return [(np.flatnonzero(names != name), np.flatnonzero(names == name)) for name in sorted(set(groups))]


def servers_out(servers: list[Server], power_w: Array, box: bool, parts: list[Part]) -> Array:
    """Return ln of the predicted power [W] of each server by a fit that has not seen its part."""
    log_w = np.full(power_w.shape, np.nan)
    for train, test in parts:
        prior = fit_prior([servers[i] for i in train], power_w[train], box)
        log_w[test] = predict(prior, [servers[i] for i in test])
    return log_w


def device_out(rows: pl.DataFrame, count: int = 5) -> Array:
    """Return ln(true ÷ predicted) of a device's readings by curves that have not seen them."""
    order = np.random.default_rng(_SEED).permutation(rows.height) % count
    power = rows["power_w"].to_numpy()
    found = np.zeros(rows.height)
    for fold in range(count):
        test = order == fold
        coefficients = fit_device(rows.filter(pl.Series(~test)))
        predicted = terms(rows.filter(pl.Series(test))) @ coefficients
        found[test] = np.log(power[test] / np.maximum(predicted, 1.0))
    return found


def sizes_of(boards: pl.DataFrame) -> dict[str, Size]:
    """Return the size of each device, its idle power from its idle reading."""
    idle = dict(boards.filter("idle").group_by("device").agg(pl.col("power_w").median()).rows())
    sizes = {}
    for name in boards["device"].unique(maintain_order=True).to_list():
        spec = find_device(name)
        if spec is not None and spec.tdp_w is not None:
            sizes[name] = Size(spec.tdp_w, idle[name], spec.die_area_mm2)
    return sizes


def idle_factor(sizes: dict[str, Size], without: str = "") -> float:
    """Return the geometric mean of idle power over √(TDP · memory) [W per √(W · GB)], one device left out."""
    logs = []
    for name, size in sizes.items():
        spec = find_device(name)
        if name != without and spec is not None and spec.memory_bytes is not None:
            logs.append(np.log(size.idle_w / idle_scale(size.tdp_w, spec.memory_bytes)))
    return float(np.exp(np.mean(logs)))


def unseen_out(boards: pl.DataFrame, idle_known: bool) -> dict[str, Array]:
    """Return ln(true ÷ predicted) of each NVIDIA device by a law that has not seen the device.

    `idle_known`: its idle power is one reading; else it is what its limit and memory let one expect.
    """
    nvidia = boards.filter(pl.col("device").str.starts_with("NVIDIA"))
    sizes = sizes_of(nvidia)
    found = {}
    for name, size in sizes.items():
        spec, constant = find_device(name), fit_law(nvidia.filter(pl.col("device") != name), sizes)
        usual_w = usual_idle_w(spec, idle_factor(sizes, name)) if spec else None
        idle_w = size.idle_w if idle_known or usual_w is None else usual_w
        rows = nvidia.filter(pl.col("device") == name)
        predicted = law(Size(size.tdp_w, idle_w, size.die_area_mm2), rows["util_ratio"].to_numpy(), constant)
        found[name] = np.log(rows["power_w"].to_numpy() / predicted)
    return found


def tails(residuals: Array, share: Array) -> tuple[Array, Array]:
    """Return the 2.5 % and 97.5 % quantiles of residuals (rows × columns), rows weighted by `share`."""
    low, high = np.zeros(residuals.shape[1]), np.zeros(residuals.shape[1])
    for column in range(residuals.shape[1]):
        order = np.argsort(residuals[:, column])
        mass = (np.cumsum(share[order]) - 0.5 * share[order]) / share.sum()
        low[column], high[column] = np.interp(np.array(TAILS) / 100, mass, residuals[order, column])
    return low, high


def new_group_bound(residuals: list[Array]) -> float:
    """Return the 95 % half-width [ln W] for a group like those of the residuals, which are too few for quantiles.

    t · √(τ²(1 + 1/G) + σ²), τ² of the groups' means about zero, so that a bias widens, and σ² within groups.
    """
    from scipy.stats import t

    count = len(residuals)
    between = float(np.mean([one.mean() ** 2 for one in residuals]))
    within = float(np.mean([one.var() for one in residuals]))
    quantile = float(t.ppf(TAILS[1] / 100, count - 1))
    return quantile * float(np.sqrt(between * (1 + 1 / count) + within))


def coverage_of_groups(residuals: list[Array]) -> tuple[float, float]:
    """Return coverage and ×/÷ half-width of each group's residuals by the bound that the other groups give."""
    inside, width = [], []
    for index, one in enumerate(residuals):
        bound = new_group_bound(residuals[:index] + residuals[index + 1 :])
        inside.append(np.abs(one) <= bound)
        width.append(np.exp(bound))
    return float(np.concatenate(inside).mean()), float(np.mean(width))


def say(groups: list[str]) -> Array:
    """Return weights that give each group the same say."""
    names = np.array(groups)
    return np.array([1 / (names == name).sum() for name in names])


def coverage(residuals: Array, groups: list[str], weighted: bool) -> tuple[float, float]:
    """Return coverage and ×/÷ half-width of intervals whose tails come from the other groups' residuals."""
    inside, width = [], []
    names = np.array(groups)
    weight = say(groups) if weighted else np.ones(len(names))
    for train, test in each_out(groups) if weighted else folds(groups, 8):
        low, high = tails(residuals[train], weight[train])
        inside.append(((residuals[test] >= low) & (residuals[test] <= high)).ravel())
        width.append(np.exp((high - low) / 2).mean())
    return float(np.concatenate(inside).mean()), float(np.mean(width))
