"""Scripted machines whose energy is known, by the faults that meters trip over."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from collectors.trace import Device, Sample
from ecoanalysis.store.queries import measurements
from tests.ecoanalysis.energy.recorded import NVML, RAPL, at, counters, database, marks, powers

WRAP_J = 262_143.328850
TICKS = [float(t) for t in np.arange(0, 10.05, 0.1)]
INFER = marks((0, "infer", 10))


@dataclass(frozen=True, slots=True)
class Case:
    """A machine over 10 s: its devices and samples, the boundary asked for and the true energy there [J]."""

    name: str
    boundary: str
    truth_j: float
    devices: list[Device]
    samples: list[Sample]


def answer(case: Case) -> tuple[float, float, float]:
    """Return low, energy and high [J] that the database gives for a case."""
    con = database(devices=case.devices, samples=case.samples, marks=INFER)
    row = measurements(con, f"boundary = '{case.boundary}'").row(0, named=True)
    return row["low_per_item_j"] * 10, row["energy_j"], row["high_per_item_j"] * 10


def cases() -> list[Case]:
    """Return every scripted machine."""
    return [
        *(_wrap(at_s) for at_s in (0.05, 0.55, 5.0, 9.95)),
        _sockets("package", 180.0),
        _sockets("dram", 14.0),
        _sockets("platform", 260.0),
        _sockets("node", 194.0),
        _one("GPU counter", lambda t: Sample(1, NVML.id, at(t), energy_j=1e6 + 300 * t)),
        _one("GPU without counter", lambda t: Sample(1, NVML.id, at(t), power_w=300.0)),
        _one(
            "GPU counter reset",
            lambda t: Sample(1, NVML.id, at(t), energy_j=(1e6 if t < 5 else -1500) + 300 * t),
        ),
        _gpus(4, 100.0),
        _gpus(8, 700.0),
        _lost_permission(),
    ]


def _wrap(at_s: float) -> Case:
    device = replace(RAPL, energy_wrap_j=WRAP_J)
    samples = counters(device, [(t, (WRAP_J + 70 * (t - at_s)) % WRAP_J) for t in TICKS])
    return Case(f"RAPL wrap at {at_s:g} s", "package", 700.0, [device], samples)


def _sockets(boundary: str, truth_w: float) -> Case:
    watts = {20: 100.0, 21: 80.0, 22: 6.0, 23: 8.0, 24: 60.0, 25: 260.0}
    names = {20: "package", 21: "package", 22: "dram", 23: "dram", 24: "package", 25: "platform"}
    parents = {20: 25, 21: 25, 22: 20, 23: 21, 24: 20, 25: None}
    devices = [
        replace(RAPL, id=i, name=f"d{i}", boundary=names[i], parent_id=parents[i], energy_wrap_j=WRAP_J)
        for i in watts
    ]
    samples = [
        s
        for d in devices
        for s in counters(d, [(t, (WRAP_J - 333 + watts[d.id] * t) % WRAP_J) for t in TICKS])
    ]
    return Case(f"two sockets, core, dram, psys: {boundary}", boundary, 10 * truth_w, devices, samples)


def _one(name: str, read: Callable[[float], Sample]) -> Case:
    return Case(name, "board", 3000.0, [NVML], [read(t) for t in TICKS])


def _gpus(count: int, power_w: float) -> Case:
    gpus = [replace(NVML, id=30 + i, index=i) for i in range(count)]
    samples = [s for gpu in gpus for s in powers(gpu, [(t, power_w) for t in TICKS])]
    return Case(f"{count} GPUs of {power_w:g} W", "board", 10 * count * power_w, gpus, samples)


def _lost_permission() -> Case:
    """RAPL goes away after 3 s; the processor is known, so that its estimate is a real one: half load, 8 of 8."""
    cpu = replace(RAPL, name="Intel Core i7-12700K", cores_count=20)
    samples = [Sample(1, cpu.id, at(t), energy_j=90 * t if t < 3 else None, util_ratio=0.5) for t in TICKS]
    return Case("RAPL permission lost at 3 s", "package", 900.0, [cpu], samples)
