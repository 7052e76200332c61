"""The power models tried on machines that they have not seen, beside the usual constants on the same rows."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from ecoanalysis.identity.table import read_rows
from ecoanalysis.models import power_split as split
from ecoanalysis.models.power_cpu import LEVELS, Server, fit_shape
from ecoanalysis.models.power_data import read_boards, read_servers
from ecoanalysis.models.power_fit import Array

_KNOWN, _NEW = "known architecture", "new architecture"


@dataclass(frozen=True, slots=True)
class Trial:
    """An estimator on held-out rows: median and mean absolute relative error [%], and its interval's coverage.

    `bar_pct` is the figure aimed at, None for a baseline. `coverage_ratio` and `width_ratio` (×/÷ half-width at 95 %,
    from the residuals of other groups) are None where the estimator has no interval.
    """

    data: str
    split: str
    estimator: str
    mdape_pct: float
    mape_pct: float
    rows_count: int
    groups_count: int
    bar_pct: float | None = None
    coverage_ratio: float | None = None
    width_ratio: float | None = None


def check_cpu(folder: Path) -> list[Trial]:
    """Return the trials of the server model over SPECpower: known and new architectures, two readings, baselines.

    `folder` holds the published data sets. Twins (equal vendor and model) never straddle a split.
    """
    servers, power, systems = read_servers(folder)
    names = [one.architecture or "unknown" for one in servers]
    parts = {_KNOWN: split.folds(systems, 24), _NEW: split.each_out(names)}
    trials = []
    for box, label in ((False, "fit, chip only"), (True, "fit, chip and box")):
        for kind, bar in ((_KNOWN, 7.0), (_NEW, 15.0)):
            rest = np.log(power) - split.servers_out(servers, power, box, parts[kind])
            covered, width = split.coverage(rest, names if kind == _NEW else systems, kind == _NEW)
            trial = _trial(f"SPECpower, {kind}", label, rest, len(parts[kind]), bar)
            trials.append(replace(trial, coverage_ratio=covered, width_ratio=width))
    for kind in (_KNOWN, _NEW):
        shaped = _two_readings(power, names, parts[kind])
        rest = np.log(power / shaped)[:, 1:-1]  # idle and full are the readings themselves
        trial = _trial(f"SPECpower, two readings, {kind}", "shape", rest, len(parts[kind]), 5.5)
        covered, width = split.coverage(rest, names, True)
        trials.append(replace(trial, coverage_ratio=covered, width_ratio=width))
    return trials + _cpu_baselines(servers, power)


def check_gpu(folder: Path) -> list[Trial]:
    """Return the trials of the GPU model on the TU Berlin readings: within devices, unseen NVIDIA devices, baselines.

    `folder` holds the published data sets.
    """
    boards = read_boards(folder)
    within = {
        str(name): split.device_out(rows) for (name,), rows in boards.group_by("device", maintain_order=True)
    }
    trials = [_trial(f"dosgroup, within {name}", "own curve", rest, 5, 4.0) for name, rest in within.items()]
    trials.append(
        _trial("dosgroup, within a device", "own curve", np.concatenate(list(within.values())), 6, 4.0)
    )
    for known, label in ((True, "law, one idle reading"), (False, "law, no reading")):
        rest = split.unseen_out(boards, known)
        covered, width = split.coverage_of_groups(list(rest.values()))
        unseen = _unseen(rest, label, 13.0)
        trials += [replace(trial, coverage_ratio=covered, width_ratio=width) for trial in unseen]
    return trials + _gpu_baselines(boards)


def _gpu_baselines(boards: pl.DataFrame) -> list[Trial]:
    """Return what TDP × utilisation gives on the NVIDIA rows, from nothing and from an idle reading."""
    nvidia = boards.filter(pl.col("device").str.starts_with("NVIDIA"))
    bare: dict[str, Array] = {}
    above: dict[str, Array] = {}
    for name, size in split.sizes_of(nvidia).items():
        rows = nvidia.filter(pl.col("device") == name)
        util, power = rows["util_ratio"].to_numpy(), rows["power_w"].to_numpy()
        bare[name] = np.log(power / np.maximum(size.tdp_w * util, 1.0))
        above[name] = np.log(power / (size.idle_w + (size.tdp_w - size.idle_w) * util))
    return _unseen(bare, "TDP × utilisation", None) + _unseen(
        above, "idle + (TDP − idle) × utilisation", None
    )


def _unseen(rest: dict[str, Array], label: str, bar_pct: float | None) -> list[Trial]:
    """Return two trials over devices held out whole: over all rows, and the mean of the devices' medians."""
    rows = np.concatenate(list(rest.values()))
    trial = _trial("dosgroup, unseen NVIDIA device, rows", label, rows, len(rest), bar_pct)
    mean = float(np.mean([100 * float(np.median(_error(one))) for one in rest.values()]))
    return [trial, replace(trial, split="unseen NVIDIA device, mean of devices", mdape_pct=mean)]


def _two_readings(power: Array, names: list[str], parts: list[split.Part]) -> Array:
    """Return the power [W] that idle and full readings give with a shape fitted to other machines."""
    found = np.full(power.shape, np.nan)
    for train, test in parts:
        constant, slope = fit_shape(power[train], [names[i] for i in train])
        found[test] = shaped(power[test], constant, slope)
    return found


def shaped(power_w: Array, constant: Array, slope: Array) -> Array:
    """Return powers [W] (machines × levels) rebuilt from their first and last column with the shape."""
    idle, full = power_w[:, :1], power_w[:, -1:]
    return idle + (full - idle) * np.clip(constant + slope * (idle / full), 0.0, 1.0)


def _cpu_baselines(servers: list[Server], power: Array) -> list[Trial]:
    """Return what Teads' curve, TDP × load and half of TDP give on the same rows; they are fitted to nothing."""
    tdp = np.array([one.tdp_w * one.sockets_count for one in servers])[:, None]
    load = np.array(LEVELS)
    points = [row for row in read_rows("ecoanalysis.models", "cpu_baseline") if row["curve"] == "teads"]
    teads = np.interp(
        load, [float(row["util_ratio"]) for row in points], [float(row["factor"]) for row in points]
    )
    rows = "SPECpower, all servers"
    straight = power[:, :1] + (power[:, -1:] - power[:, :1]) * load
    return [
        _trial(rows, "Teads' curve × TDP", np.log(power / (tdp * teads)), 1, None),
        _trial(rows, "TDP × utilisation", np.log(power / (tdp * np.maximum(load, 0.01))), 1, None),
        _trial(rows, "half of TDP", np.log(power / (tdp * 0.5)), 1, None),
        _trial("SPECpower, two readings", "straight line", np.log(power / straight)[:, 1:-1], 1, None),
    ]


def _trial(name: str, estimator: str, rest: Array, groups: int, bar_pct: float | None) -> Trial:
    """Return a trial from residuals ln(true ÷ predicted)."""
    data, _, part = name.partition(", ")
    error = 100 * _error(rest)
    return Trial(
        data, part, estimator, float(np.median(error)), float(error.mean()), rest.size, groups, bar_pct
    )


def _error(rest: Array) -> Array:
    """Return |predicted ÷ true − 1| of residuals ln(true ÷ predicted)."""
    return np.abs(np.expm1(-rest))
