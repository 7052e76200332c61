"""What the workload's processes use of a device, told from the rest of the machine."""

import os
from pathlib import Path

from collectors.recorder.journal import Journal
from collectors.recorder.sampler import Sampler, Slot
from collectors.recorder.ticks import Ticks
from collectors.sampling import Policy
from collectors.sensors.scripted import ScriptedSensor
from collectors.sensors.sensor import Reading
from collectors.trace import Recording
from collectors.trace.frames import read_frames
from collectors.trace.records import Sample
from collectors.trace.segment import SegmentWriter
from tests.collectors.recorder.test_long import FakeClock, begin


class SharedGpu(ScriptedSensor):
    """A GPU on which processes of ours hold 1 GiB and take 30 % of the busy time."""

    __slots__ = ("asked",)

    def read_processes(self, pids: frozenset[int], since_us: int) -> Reading:
        """Answer for known processes only."""
        self.asked = (pids, since_us)
        return Reading(process_ratio=0.3, process_memory_bytes=1 << 30) if os.getpid() in pids else Reading()


def test_each_run_gets_what_its_own_processes_use(tmp_path: Path) -> None:
    clock = FakeClock()
    gpu = SharedGpu(lambda _: 300.0, kind="consumer_gpu", clock=clock.seconds)
    writer = SegmentWriter(tmp_path / "a.segment")
    journal = Journal(writer, Recording(7, "here", 0), [gpu.device], Policy(), clock.clocks())
    for run_id, pid in ((5, os.getpid()), (6, 2**22)):  # the second process does not exist
        journal.begin({**begin(run_id), "pid": pid}, Ticks(), 0.0)
    clock.now_s = 10.0
    Sampler([Slot(gpu, gpu.device)], journal).processes(since_ns=4_000_000_000)
    writer.flush()
    content = writer.path.read_bytes()
    samples = [record for _, record in read_frames(content) if isinstance(record, Sample)]
    assert [(row.run_id, row.process_ratio, row.process_memory_bytes) for row in samples] == [
        (5, 0.3, 1 << 30)
    ]
    assert gpu.asked[1] == 4_000_000
