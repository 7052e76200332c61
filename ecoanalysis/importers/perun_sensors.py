"""perun's sensors in our words: which series is a counter, a power, a utilisation, and of which device."""

import re
from dataclasses import dataclass

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.recorded import Track

_GPU = re.compile(r"^(CUDA|ROCM|HIP|XPU)[:_]?(\d+)_(POWER|MEM|UTIL|CLOCK_SM)$", re.IGNORECASE)
_RAPL = re.compile(r"^(cpu|ram|other)_(\d+)_(package|dram|core|uncore|psys)", re.IGNORECASE)
_BOUNDARIES = {"package": ("package", "cpu"), "dram": ("dram", "memory"), "psys": ("platform", "platform")}
_GPU_COLUMNS = {"POWER": "power_w", "MEM": "memory_bytes", "UTIL": "util_ratio", "CLOCK_SM": "clock_hz"}


@dataclass(frozen=True, slots=True)
class Series:
    """One sensor: `values` in its SI unit (W, J, B, Hz, %), `t_s` from the start of the run."""

    group: str
    sensor: str
    unit: str
    t_s: pl.Series
    values: pl.Series
    wrap_j: float | None = None


def tracks_of(draft: Draft, series: list[Series]) -> list[Track]:
    """Return a track per metered device; cores and uncore are parts of the package and are left out.

    From 1.0 on perun writes each core's use by itself, by default of core 0 alone, which says nothing of the others.
    Raises `EcoError` where nothing else is there.
    """
    tracks: list[Track] = []
    gpus: dict[int, list[tuple[str, Series]]] = {}
    for one in series:
        rapl, gpu = _RAPL.match(one.sensor), _GPU.match(one.sensor)
        if gpu:
            gpus.setdefault(int(gpu.group(2)), []).append((gpu.group(3).upper(), one))
        elif rapl and rapl.group(3).lower() in _BOUNDARIES:
            boundary, kind = _BOUNDARIES[rapl.group(3).lower()]
            column = "energy_j" if one.unit == "J" else "power_w"
            facts = {"energy_wrap_j": one.wrap_j} if one.wrap_j else {}
            tracks.append(
                Track(f"{rapl.group(3).lower()}-{rapl.group(2)}", kind, boundary, "rapl", one.t_s,
                {column: one.values}, index=int(rapl.group(2)),
                energy_source="counter" if column == "energy_j" else "power", facts=facts),
            )  # fmt: skip
    tracks.extend(_gpu(index, found) for index, found in sorted(gpus.items()))
    whole = [one for one in series if one.sensor == "CPU_USAGE"]
    if whole and not any(track.boundary == "package" for track in tracks):
        columns = {"util_ratio": whole[0].values / 100}
        tracks.append(Track("CPU", "cpu", "package", "perun", whole[0].t_s, columns, energy_source="none"))
    if not tracks:
        raise EcoError(
            f"{draft.source.path}: perun found nothing that meters here, and CPU_USAGE_0 is one core's use",
            "`perun sensors` should list RAPL's package or a GPU's POWER",
        )
    skipped = sorted(
        {one.sensor for one in series if not _GPU.match(one.sensor) and not _RAPL.match(one.sensor)}
        - {"CPU_USAGE"}
    )
    if skipped:
        draft.note("left_out", f"series without energy left out: {', '.join(skipped)[:120]}")
    return tracks


def _gpu(index: int, found: list[tuple[str, Series]]) -> Track:
    """Return the track of a GPU; its series share their times."""
    columns = {_GPU_COLUMNS[what]: one.values / 100 if what == "UTIL" else one.values for what, one in found}
    t_s = found[0][1].t_s
    columns = {name: values for name, values in columns.items() if values.len() == t_s.len()}
    return Track(f"GPU {index}", "gpu", "board", "nvml", t_s, columns, index=index)
