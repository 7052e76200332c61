"""A calibration from load to file to the next discovery, on devices with known behaviour."""

import json
import os
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pynvml
import pytest
from click.testing import CliRunner

from collectors.calibration.book import Book, CpuLine, SensorFacts, book_path, load, save
from collectors.calibration.characterise import characterise, cpu_line
from collectors.calibration.load import ChildLoad, cpu_load
from collectors.calibration.watch import Plan, watch
from collectors.cli import group
from collectors.machine import describe, discover, probe_sensors
from collectors.recorder.sampler import Attributing
from collectors.sensors.edge import Edge, edge_at
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Reading
from collectors.trace.errors import EcoError
from collectors.trace.records import Device
from tests.fakes.kernel import FakeKernel
from tests.fakes.nvml import FakeGpu, FakeNvml


@dataclass
class TickingClock:
    """Seconds that pass when one sleeps, and 10 µs with every look at the clock."""

    t_s: float = 100.0

    def __call__(self) -> float:
        self.t_s += 1e-5
        return self.t_s

    def sleep(self, seconds: float) -> None:
        self.t_s += seconds


@dataclass
class ScriptedLoad:
    """A load that remembers its edges."""

    clock: TickingClock
    edges_s: list[float] = field(default_factory=list)

    ready: bool = False
    filled: bool = False

    def start(self) -> None:
        self.edges_s.clear()
        self.ready = True

    def fill(self) -> None:
        self.filled = True

    def on(self) -> None:
        self.edges_s.append(self.clock.t_s)

    def off(self) -> None:
        self.edges_s.append(self.clock.t_s)

    def close(self) -> None:
        return None

    def is_on(self) -> bool:
        return len(self.edges_s) % 2 == 1

    def on_s(self, t_s: float) -> float:
        """How long the load was on up to t."""
        edges = [*self.edges_s, float("inf")] if self.is_on() else self.edges_s
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return sum(max(0.0, min(t_s, off) - on) for on, off in pairs)


def fake_gpu(
    clock: TickingClock, work: ScriptedLoad, update_s: float, window_s: float, gain: float
) -> FakeGpu:
    """A Blackwell board, of which no table knows anything: 100 W at rest, 150 W with a context, 160 W with its
    memory filled too, 500 W more at work."""

    def power_w(t_s: float) -> float:
        wobble = 0.01 * (round(t_s / update_s) % 7)  # the last digits of a power are never still
        return (
            100
            + 50 * work.ready
            + 10 * work.filled
            + 500 * (work.on_s(t_s) - work.on_s(t_s - window_s)) / window_s
            + wobble
        )

    return FakeGpu(
        "NVIDIA B200",
        running=((11, 1 << 30),),
        power_w=power_w,
        energy_j=lambda t_s: gain * (160 * t_s + 500 * work.on_s(t_s)),
        architecture=pynvml.NVML_DEVICE_ARCH_BLACKWELL,
        capability=(10, 0),
        update_s=update_s,
    )


def edge_of(kernel: FakeKernel, clock: TickingClock, *gpus: FakeGpu) -> Edge:
    library: Any = FakeNvml(list(gpus), lambda: clock.t_s)
    return edge_at(
        kernel.root,
        load_nvml=lambda: library,
        environ={},
        monotonic_ns=lambda: round(clock.t_s * 1e9),
        utc_ns=lambda: round((1_790_000_000 + clock.t_s) * 1e9),
    )


def test_an_unknown_board_is_characterised_and_remembered(tmp_path: Path) -> None:
    clock = TickingClock()
    work = ScriptedLoad(clock)
    edge = edge_of(FakeKernel(tmp_path), clock, fake_gpu(clock, work, 0.05, 0.1, gain=0.96))
    sensors = tuple(sensor for sensor in probe_sensors(edge) if sensor.device.sensor == "nvml")
    assert sensors[0].device.update_period_s is None
    watched = watch(sensors, work, Plan(poll_s=0.004), clock, clock.sleep)
    (facts,) = characterise(watched)
    assert facts.update_period_s == pytest.approx(0.05, rel=0.01)
    assert facts.averaging_window_s == pytest.approx(0.1, rel=0.2)
    assert facts.counter_gain_ratio == pytest.approx(0.96, abs=0.02)
    idles_w = (facts.bare_w, facts.context_w, facts.loaded_w)
    assert idles_w == (pytest.approx(100, abs=1), pytest.approx(150, abs=1), pytest.approx(160, abs=1))
    assert facts.full_w == pytest.approx(660, abs=1)
    assert facts.read_us == pytest.approx(10, rel=0.01)

    host = describe(edge).host
    save(Book(host, 1, (facts,)), book_path(edge.calibration, host))
    (known,) = [sensor for sensor in discover(edge).sensors if sensor.device.sensor == "nvml"]
    assert known.device.update_period_s == facts.update_period_s
    assert known.device.averaging_window_s == facts.averaging_window_s
    assert known.fastest_s == pytest.approx(0.025, rel=0.01)
    assert "sensor_uncharacterised" not in [note.code for note in known.notes]
    extra = json.loads(known.device.extra or "{}")
    assert extra["refresh_basis"] == "measured on this machine"
    assert extra["calibration"]["loaded_w"] == facts.loaded_w
    assert (known.read_fast().power_w or 0) > 99
    assert isinstance(known, Attributing)  # the recorder can still ask it for its processes
    assert known.read_processes(frozenset({11}), 0).process_memory_bytes == 1 << 30

    save(Book(host, 1, (replace(facts, driver="999.99"),)), book_path(edge.calibration, host))
    (unknown,) = [sensor for sensor in discover(edge).sensors if sensor.device.sensor == "nvml"]
    assert unknown.device.update_period_s is None  # another driver refreshes in another way


def meter(kind: str, boundary: str, read: Any, source: str = "none") -> Meter:
    device = Device(1, None, kind, kind, boundary, "scripted", energy_source=source)
    return Meter(device, read)


def test_a_wall_meter_makes_a_two_point_line_of_the_cpus_power() -> None:
    clock = TickingClock()
    work = ScriptedLoad(clock)
    cpu = meter("cpu", "package", lambda: Reading(util_ratio=0.9 if work.is_on() else 0.1))
    wall = meter("wall", "wall", lambda: Reading(power_w=120.0 if work.is_on() else 40.0), "power")
    line = cpu_line(watch((cpu, wall), work, Plan(poll_s=0.05, waves=()), clock, clock.sleep))
    assert line is not None
    assert (line.idle_w, line.full_w) == (pytest.approx(30.0, abs=0.1), pytest.approx(130.0, abs=0.1))
    assert line.boundary == "wall"


def test_rapl_outranks_the_wall_as_the_cpus_reference() -> None:
    clock = TickingClock()
    work = ScriptedLoad(clock)

    def package() -> Reading:
        energy_j = 20 * clock.t_s + 80 * work.on_s(clock.t_s)
        return Reading(energy_j=energy_j, util_ratio=1.0 if work.is_on() else 0.0)

    cpu = meter("cpu", "package", package, "counter")
    wall = meter("wall", "wall", lambda: Reading(power_w=200.0 if work.is_on() else 90.0), "power")
    line = cpu_line(watch((cpu, wall), work, Plan(poll_s=0.05, waves=()), clock, clock.sleep))
    assert line is not None
    assert (line.idle_w, line.full_w, line.boundary) == (
        pytest.approx(20, rel=0.01),
        pytest.approx(100, rel=0.01),
        "package",
    )


def test_a_counter_of_a_millisecond_is_found_in_a_burst() -> None:
    clock = TickingClock()
    work = ScriptedLoad(clock)
    cpu = meter("cpu", "package", lambda: Reading(energy_j=50 * (clock.t_s // 0.001 * 0.001)), "counter")
    (facts,) = characterise(watch((cpu,), work, Plan(poll_s=0.01, waves=()), clock, clock.sleep))
    assert facts.update_period_s == pytest.approx(0.001, rel=0.01)


def test_a_device_that_vanishes_meanwhile_is_left_out_and_the_load_is_ended() -> None:
    clock = TickingClock()
    work = ScriptedLoad(clock)
    ended = []
    work.close = lambda: ended.append(True)  # type: ignore[method-assign]

    def read() -> Reading:
        if clock.t_s > 105:
            raise OSError("gone")
        return Reading(power_w=10.0)

    watched = watch((meter("gpu", "board", read, "power"),), work, Plan(poll_s=0.05), clock, clock.sleep)
    assert characterise(watched) == ()
    assert ended == [True]


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_load_that_cannot_start_is_an_error_with_a_hint_and_leaves_no_process() -> None:
    work = ChildLoad([[sys.executable, "-c", "print('no')"]])
    with pytest.raises(EcoError, match="did not get ready"):
        work.start()
    assert work._children == []


def test_a_slow_meter_gets_plateaus_of_ten_of_its_updates() -> None:
    battery = replace(meter("battery", "platform", Reading, "power"), unknown_s=2.0)
    plan = Plan().suited((battery,))
    assert (plan.bare_s, plan.context_s, plan.loaded_s, plan.full_s) == (20.0, 20.0, 20.0, 20.0)
    assert Plan().suited((meter("gpu", "board", Reading, "power"),)) == Plan()  # 0.2 s: the usual is enough


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_the_load_works_when_it_is_on_and_rests_when_it_is_off() -> None:
    work = cpu_load()
    work._commands = work._commands[:1]
    work.start()
    pid = work._children[0].pid
    bare_bytes = resident_bytes(pid)
    work.fill()
    assert resident_bytes(pid) - bare_bytes > 100e6  # as a model would

    def spent_s() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    try:
        before = spent_s()
        time.sleep(0.1)
        assert spent_s() == before
        work.on()
        until = time.monotonic() + 10
        while spent_s() < before + 0.05 and time.monotonic() < until:
            time.sleep(0.01)
        work.off()
        assert spent_s() >= before + 0.05
    finally:
        work.close()
    assert not Path(f"/proc/{pid}").exists()


def test_a_file_that_is_no_calibration_is_named_and_passed_over(tmp_path: Path) -> None:
    kernel, clock = FakeKernel(tmp_path), TickingClock()
    edge = edge_of(kernel, clock, FakeGpu())
    path = book_path(edge.calibration, describe(edge).host)
    path.parent.mkdir()
    for content in ("{", "{}", "[]"):
        path.write_text(content)
        with pytest.raises(EcoError):
            load(path)
        machine = discover(edge)
        assert "calibration_unreadable" in [note.code for note in machine.notes]
        assert machine.sensors


def run(*arguments: str) -> Any:
    return CliRunner().invoke(group, ["calibrate", *arguments], standalone_mode=False)


def test_two_numbers_read_from_a_wall_meter_are_kept(tmp_path: Path) -> None:
    outcome = run("--idle-w", "21", "--full-w", "85", "--out", str(tmp_path))
    assert outcome.exception is None
    (path,) = tmp_path.glob("*.json")
    book = load(path)
    assert book is not None
    assert book.cpu == CpuLine(21.0, 85.0, "wall", "typed")
    assert str(path) in outcome.output
    save(replace(book, sensors=(SensorFacts("uid", "a GPU", "nvml"),)), path)
    run("--idle-w", "22", "--full-w", "86", "--out", str(tmp_path))
    later = load(path) or book
    assert (later.cpu, len(later.sensors)) == (
        CpuLine(22.0, 86.0, "wall", "typed"),
        1,
    )  # what was known stays


@pytest.mark.parametrize("arguments", [["--idle-w", "21"], ["--idle-w", "85", "--full-w", "21"]])
def test_half_a_line_is_refused_with_the_command_that_works(tmp_path: Path, arguments: list[str]) -> None:
    outcome = run(*arguments, "--out", str(tmp_path))
    assert isinstance(outcome.exception, EcoError)
    assert outcome.exception.hint.startswith("eco-collect calibrate")
    assert list(tmp_path.iterdir()) == []


def test_a_wall_meter_that_is_not_there_is_named_before_anything_is_loaded(tmp_path: Path) -> None:
    outcome = run("--wall", str(tmp_path / "no.log"), "--out", str(tmp_path))
    assert isinstance(outcome.exception, EcoError)
    assert "no.log does not answer" in outcome.exception.message
    assert list(tmp_path.iterdir()) == []
