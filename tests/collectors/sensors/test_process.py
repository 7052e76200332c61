"""The workload's share of the CPU, from a fake /proc and from a real process tree."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collectors.sensors.process import ProcessTree

PAGE = os.sysconf("SC_PAGE_SIZE")


class FakeProc:
    """A /proc of processes that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.busy(0)

    def busy(self, ticks: int) -> None:
        (self.folder / "stat").write_text(f"cpu  {ticks} 0 0 999 0 0 0 0 0 0\ncpu0 1 2 3\n")

    def process(
        self, pid: int, parent: int, ticks: int, waited: int = 0, group: int = 1, pages: int = 10
    ) -> None:
        folder = self.folder / str(pid) / "task" / str(pid)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "children").touch()
        fields = [
            "S",
            parent,
            group,
            group,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            ticks,
            0,
            waited,
            0,
            20,
            0,
            1,
            0,
            0,
            0,
            pages,
        ]
        (self.folder / str(pid) / "stat").write_text(f"{pid} (a ) name) " + " ".join(map(str, fields)))

    def child(self, pid: int, *children: int) -> None:
        text = " ".join(map(str, children))
        (self.folder / str(pid) / "task" / str(pid) / "children").write_text(text)

    def end(self, pid: int) -> None:
        (self.folder / str(pid) / "stat").unlink()


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path)


def test_the_share_is_the_tree_s_time_over_the_machine_s(proc: FakeProc) -> None:
    proc.process(10, 1, ticks=100)
    proc.process(11, 10, ticks=50, pages=5)
    proc.process(99, 1, ticks=500)
    tree = ProcessTree(10, proc.folder)
    proc.busy(100)
    proc.process(10, 1, ticks=110)
    proc.process(11, 10, ticks=65, pages=5)
    proc.process(99, 1, ticks=575)
    reading = tree.read()
    assert reading.process_ratio == pytest.approx(0.25)  # (10 + 15) of 100
    assert reading.process_memory_bytes == 15 * PAGE


def test_a_child_that_ended_counts_once_whether_waited_for_or_not(proc: FakeProc) -> None:
    proc.process(10, 1, ticks=0)
    proc.process(11, 10, ticks=0)
    tree = ProcessTree(10, proc.folder)
    proc.process(11, 10, ticks=30)
    proc.busy(100)
    assert tree.read().process_ratio == pytest.approx(0.3)
    proc.end(11)
    proc.process(10, 1, ticks=0, waited=40)  # its last 10 ticks came after our last look
    proc.busy(200)
    assert tree.read().process_ratio == pytest.approx(0.1)


def test_a_new_child_is_found_at_the_next_read_and_the_group_at_the_next_listing(proc: FakeProc) -> None:
    now = [0.0]
    proc.process(10, 1, ticks=0)
    tree = ProcessTree(10, proc.folder, clock=lambda: now[0])
    proc.process(12, 10, ticks=20)
    proc.child(10, 12)
    proc.process(13, 1, ticks=40, group=10)  # left the tree, stayed in the group
    proc.busy(100)
    assert tree.read().process_ratio == pytest.approx(0.2)
    now[0] = 11.0
    proc.busy(200)
    assert tree.read().process_ratio == pytest.approx(0.4)


def test_without_busy_time_or_proc_there_is_no_share(proc: FakeProc, tmp_path: Path) -> None:
    proc.process(10, 1, ticks=0)
    assert ProcessTree(10, proc.folder).read().process_ratio is None
    assert ProcessTree(10, tmp_path / "nowhere").read().process_ratio is None


def test_a_real_busy_process_takes_its_share() -> None:
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        tree = ProcessTree(child.pid)
        time.sleep(0.7)
        reading = tree.read()
        assert reading.process_ratio is not None
        assert 0.0 < reading.process_ratio <= 1.0  # how much is up to what else runs here
        assert reading.process_memory_bytes is not None
        assert reading.process_memory_bytes > 1_000_000
    finally:
        child.kill()
        child.wait()
