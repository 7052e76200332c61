"""A day of recording, by fake clock: bounded memory, every reading kept."""

import sys
import time
from pathlib import Path
from typing import Any

from collectors.recorder.clocks import Clocks
from collectors.recorder.journal import Journal
from collectors.recorder.sampler import Sampler, Slot
from collectors.recorder.ticks import Ticks
from collectors.sampling import Policy
from collectors.sensors.scripted import ScriptedSensor
from collectors.trace import Config, Recording
from collectors.trace.segment import SegmentWriter, read_content

DAY_S = 86_400


class FakeClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def seconds(self) -> float:
        return self.now_s

    def nanoseconds(self) -> int:
        return int(self.now_s * 1e9)

    def clocks(self) -> Clocks:
        return Clocks(self.nanoseconds, self.nanoseconds, self.nanoseconds)


def begin(run_id: int) -> dict[str, Any]:
    config = {"task": "t", "model": "m", "framework": "f", "precision": "p"}
    return {"run": run_id, "config": config, "repeat": 0, "command": "c", "pid": 1, "t": 0}


def test_a_day_is_kept_in_constant_memory(tmp_path: Path) -> None:
    clock = FakeClock()
    sensor = ScriptedSensor(lambda _: 300.0, lambda t_s: 300.0 * t_s, "datacenter_gpu", clock=clock.seconds)
    writer = SegmentWriter(tmp_path / "a.segment")
    slots = [Slot(sensor, sensor.device)]
    journal = Journal(writer, Recording(7, "here", 0), [sensor.device], Policy(), clock.clocks())
    sampler, ticks = Sampler(slots, journal), Ticks()
    journal.begin(begin(5), ticks, 0.0)
    held = []
    for second in range(0, DAY_S + 1, 5):
        clock.now_s = float(second)
        sampler.fast()
        writer.flush()
        if second % (DAY_S // 4) == 2000:
            held.append(sys.getallocatedblocks())
    summary = journal.end({"run": 5, "status": "ok", "t": DAY_S * 10**9}, ticks, 0.0)
    journal.close()
    assert max(held) < held[0] + 1000
    [device] = summary["devices"].values()
    assert abs(device["energy_j"] - 300.0 * DAY_S) <= device["bound_j"]
    assert read_content(tmp_path / "a.segment").samples_count == DAY_S // 5 + 1


def test_config_is_read_from_the_message_as_it_was_sent(tmp_path: Path) -> None:
    clock = FakeClock()
    journal = Journal(
        SegmentWriter(tmp_path / "a.segment"), Recording(7, "here", 0), [], Policy(), clock.clocks()
    )
    journal.begin(begin(5), Ticks(), time.process_time())
    [found] = read_content(tmp_path / "a.segment").configs.values()
    assert found == Config(task="t", model="m", framework="f", precision="p")


def test_a_run_that_takes_turns_sums_up_its_own_time_and_energy(tmp_path: Path) -> None:
    """10 s at 100 W, 80 s in which others draw 900 W, 10 s at 100 W; read every second, at the marks too."""
    clock = FakeClock()
    sensor = ScriptedSensor(
        lambda _: 100.0,
        lambda t_s: 100.0 * t_s + 800.0 * min(80.0, max(0.0, t_s - 10.0)),
        "datacenter_gpu",
        update_s=1.0,
        clock=clock.seconds,
    )
    journal = Journal(
        SegmentWriter(tmp_path / "a.segment"),
        Recording(7, "here", 0),
        [sensor.device],
        Policy(),
        clock.clocks(),
    )
    sampler = Sampler([Slot(sensor, sensor.device)], journal)
    journal.begin(begin(5), Ticks(), 0.0)
    marks = {0: "infer", 10: "between_turns", 90: "infer"}
    for second in range(101):
        clock.now_s = float(second)
        phase = marks.get(second)
        if phase is not None:
            journal.mark(5, phase, None, clock.nanoseconds())
        sampler.fast()
        if phase is not None:
            journal.turn(5, phase, clock.nanoseconds())
    summary = journal.end({"run": 5, "status": "ok", "t": 100 * 10**9}, Ticks(), 0.0)
    [device] = summary["devices"].values()
    assert (summary["duration_s"], device["energy_j"]) == (20.0, 2000.0)
    assert summary["phases"] == {"infer": {"duration_s": 20.0, "energy_j": {str(sensor.device.id): 2000.0}}}
