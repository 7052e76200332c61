"""Energies against known truth on the same fake sensors: ours, and CodeCarbon and Zeus where they are.

ECO_BENCH_CODECARBON and ECO_BENCH_ZEUS name Pythons of throw-away environments that have them. Ours goes the
whole way: probes, sampler, segment, trace, database, measurement.
"""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.machine import discover
from collectors.recorder.clocks import Clocks
from collectors.recorder.journal import Journal
from collectors.recorder.process import _adopt
from collectors.recorder.sampler import Sampler
from collectors.recorder.ticks import Ticks
from collectors.sampling import Policy
from collectors.sensors.edge import edge_at
from collectors.trace.land import land
from collectors.trace.records import Recording
from collectors.trace.segment import SegmentWriter
from ecoanalysis.energy.measurement import build
from ecoanalysis.store.combine import combine
from ecoanalysis.store.database import open_database
from tests.fakes.clock import FakeClock
from tests.fakes.kernel import FakeKernel
from tests.fakes.nvml import FakeGpu, FakeNvml

SECONDS = 12
WRAP_J = 1000.0


@dataclass(frozen=True)
class Case:
    """A scene: watts by zone, where the first zone's counter starts, when it is reset or lost, GPUs."""

    name: str
    truth_j: float | None
    zones: dict[str, tuple[str, float]]  # folder -> name, watts
    start_j: float = 100.0
    reset_s: float | None = None
    lost_s: float | None = None
    gpus: int = 0
    gpu_counter: bool = True

    def energy_j(self, folder: str, t_s: float) -> float:
        """What a counter has counted, before it wraps."""
        watts = self.zones[folder][1]
        if self.reset_s is not None and t_s >= self.reset_s:
            return watts * (t_s - self.reset_s)
        return self.start_j + watts * t_s


PACKAGE = {"intel-rapl:0": ("package-0", 50.0)}
CASES = (
    Case("package 50 W", 600, PACKAGE),
    Case("wrap after 0.5 s", 600, PACKAGE, start_j=975),
    Case("wrap after 6.3 s", 600, PACKAGE, start_j=685),
    Case("two packages 50 + 70 W", 1440, {**PACKAGE, "intel-rapl:1": ("package-1", 70.0)}),
    Case("package 50 + dram 5 W", 660, {**PACKAGE, "intel-rapl:0:0": ("dram", 5.0)}),
    Case("core 30 W within package 50 W", 600, {**PACKAGE, "intel-rapl:0:0": ("core", 30.0)}),
    Case("package 50 W within psys 80 W", 600, {**PACKAGE, "intel-rapl:1": ("psys", 80.0)}),
    Case("counter reset at 6 s", 600, PACKAGE, start_j=250, reset_s=6.0),
    Case("permission lost at 6 s", None, PACKAGE, lost_s=6.0),
    Case("GPU 700 W, counter", 8400, {}, gpus=1),
    Case("GPU 700 W, no counter", 8400, {}, gpus=1, gpu_counter=False),
    Case("4 GPUs 700 W", 33600, {}, gpus=4),
)


def run() -> list[str]:
    """Return a table: case, truth, and what each tool says [J]."""
    peers = {"CodeCarbon": "codecarbon", "Zeus": "zeus"}
    lines = [f"{'case':34}{'truth':>8}{'ours':>9}" + "".join(f"{name:>12}" for name in peers)]
    for case in CASES:
        answers = [_peer(peer, case) for peer in peers.values()]
        truth = "unknown" if case.truth_j is None else f"{case.truth_j:.0f}"
        lines.append(
            f"{case.name:34}{truth:>8}{_shown(ours(case)):>9}" + "".join(f"{one:>12}" for one in answers)
        )
    return lines


def _shown(energy_j: float | None) -> str:
    return "none" if energy_j is None else f"{energy_j:.0f}"


def ours(case: Case) -> float | None:
    """The energy of the broadest boundary that the measurement table states [J]; None where it states none."""
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), FakeClock(0.0)
        kernel = FakeKernel(folder)
        for zone, (label, _) in case.zones.items():
            kernel.zone(zone, label, case.energy_j(zone, 0.0), WRAP_J if label == "package-0" else 262143.0)
        library = FakeNvml(gpus(case), clock)
        machine = discover(
            edge_at(
                folder,
                load_nvml=(lambda: library) if case.gpus else _no_library,
                load_amdsmi=_no_library,
                environ={},
                monotonic_ns=clock.monotonic_ns,
                utc_ns=clock.utc_ns,
            )
        )
        return _measured(folder, clock, kernel, case, machine)


def gpus(case: Case) -> list[FakeGpu]:
    """The fake GPUs of a case."""
    without = frozenset() if case.gpu_counter else frozenset({"energy", "fields"})
    return [FakeGpu(uuid=f"GPU-{at:08d}", without=without) for at in range(case.gpus)]


def _no_library() -> Any:
    raise ImportError("not installed")


def _measured(folder: Path, clock: FakeClock, kernel: FakeKernel, case: Case, machine: Any) -> float | None:
    clocks = Clocks(clock.monotonic_ns, clock.utc_ns, clock.monotonic_ns)
    recording = Recording(7, "here", clock.utc_ns(), clock_offset_ns=clocks.offset_ns())
    slots = _adopt(machine.sensors, recording)
    writer = SegmentWriter(folder / "a.segment")
    journal = Journal(writer, recording, [slot.device for slot in slots], Policy(), clocks)
    sampler = Sampler(slots, journal)
    config = {"task": "t", "model": "m", "framework": "f", "precision": "p"}
    began = clock.monotonic_ns()
    message = {"run": 5, "config": config, "repeat": 0, "command": "c", "pid": os.getpid(), "t": began}
    journal.begin(message, Ticks(), 0.0)
    journal.mark(5, "infer", 1, began)
    sampler.fast()
    for tick in range(1, SECONDS * 10 + 1):
        clock.advance(0.1)
        for zone in case.zones:
            kernel.energy(zone, case.energy_j(zone, tick / 10))
            if case.lost_s is not None and tick / 10 >= case.lost_s:
                kernel.write(f"sys/class/powercap/{zone}/energy_uj", "not for you")
        sampler.fast()
    journal.end({"run": 5, "status": "ok", "t": clock.monotonic_ns()}, Ticks(), 0.0)
    journal.close()
    con = open_database(folder / "eco.duckdb")
    combine(con, [land(writer.path)])
    build(con)
    rows = con.execute(
        "SELECT energy_j FROM measurement WHERE basis = 'measured' AND boundary != 'platform' "
        "ORDER BY boundary = 'node' DESC, devices_count DESC, energy_j DESC LIMIT 1"
    ).fetchall()
    con.close()
    return rows[0][0] if rows else None


def _peer(peer: str, case: Case) -> str:
    python = os.environ.get(f"ECO_BENCH_{peer.upper()}")
    if python is None:
        return "-"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [python, "-W", "ignore", str(Path(__file__).parent / "truth_peers" / f"{peer}_energy.py")],
        input=json.dumps({**case.__dict__, "seconds": SECONDS, "wrap_j": WRAP_J}),
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.split()
    return lines[-1] if done.returncode == 0 and lines else "fails"
