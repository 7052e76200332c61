"""The power fits that ship: fitted to all published readings, bounded by the residuals of held-out machines."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from ecoanalysis.models import power_split as split
from ecoanalysis.models.power_check import shaped
from ecoanalysis.models.power_cpu import fit_prior, fit_shape
from ecoanalysis.models.power_data import read_boards, read_servers
from ecoanalysis.models.power_fit import CpuFit, GpuFit, to_json
from ecoanalysis.models.power_gpu import fit_device, fit_law

_CPU = "fitted to SPECpower_ssj2008 results (SPEC, spec.org/power_ssj2008), Java server load, AC power"
_GPU = "fitted to gpu_power_benchmark (TU Berlin, MIT), training steps, NVML board power"


def fit_cpu(folder: Path) -> CpuFit:
    """Return the fit of servers to all of SPECpower; `folder` holds the published data sets."""
    servers, power, systems = read_servers(folder)
    names = [one.architecture or "unknown" for one in servers]
    priors = []
    for box in (False, True):
        known = np.log(power) - split.servers_out(servers, power, box, split.folds(systems, 24))
        new = np.log(power) - split.servers_out(servers, power, box, split.each_out(names))
        known_low, known_high = split.tails(known, np.ones(len(names)))
        new_low, new_high = split.tails(new, split.say(names))
        prior = fit_prior(servers, power, box)
        priors.append(
            replace(prior, known_low=known_low, known_high=known_high, new_low=new_low, new_high=new_high)
        )
    constant, slope = fit_shape(power, names)
    low, high = split.tails(np.log(power / shaped(power, constant, slope)), split.say(names))
    return CpuFit(priors[0], priors[1], constant, slope, low, high, len(servers), _CPU)


def fit_gpu(folder: Path) -> GpuFit:
    """Return the fit of GPUs to all readings; the law's bounds are those of devices held out whole."""
    boards = read_boards(folder)
    sizes = split.sizes_of(boards)
    nvidia = boards.filter(pl.col("device").str.starts_with("NVIDIA"))
    bare = {name: replace(size, die_area_mm2=None) for name, size in sizes.items()}
    own = {str(name): fit_device(rows) for (name,), rows in boards.group_by("device", maintain_order=True)}
    rests = [split.device_out(rows) for _, rows in boards.group_by("device", maintain_order=True)]
    within = np.concatenate(rests)
    device_low, device_high = split.tails(within[:, None], np.ones(len(within)))
    bound = split.new_group_bound(list(split.unseen_out(boards, idle_known=False).values()))
    return GpuFit(
        per_device=own,
        idle_w={name: size.idle_w for name, size in sizes.items()},
        area_law=fit_law(nvidia, sizes),
        tdp_law=fit_law(nvidia, bare),
        idle_factor=split.idle_factor(sizes),
        low=-bound,
        high=bound,
        device_low=float(device_low[0]),
        device_high=float(device_high[0]),
        source=_GPU,
    )


def write_fits(data: Path, fits: Path) -> None:
    """Fit both models to the data sets in `data` and write their plain data to the folder `fits`."""
    for name, fit in (("power_cpu", fit_cpu(data)), ("power_gpu", fit_gpu(data))):
        text = json.dumps(to_json(fit), separators=(",", ":"), ensure_ascii=False)
        (fits / f"{name}.json").write_text(text + "\n", encoding="utf-8")
