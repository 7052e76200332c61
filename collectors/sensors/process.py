"""The processes of a workload: their share of the machine's busy time, and their memory."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from collectors.sensors.sensor import Reading

_LISTING_S = 10.0  # every process of the machine is looked at this often; known ones at every read
_PPID, _PGRP, _UTIME, _STIME, _CUTIME, _CSTIME, _RSS = 1, 2, 11, 12, 13, 14, 21  # fields after the name
_BUSY_FIELDS = (1, 2, 3, 6, 7, 8)  # user, nice, system, irq, softirq, steal; guests are in user and nice


class ProcessTree:
    """A process, its descendants and its process group, read from /proc at some 15 µs a process.

    CPU time counts what ended meanwhile too: a parent that waits for a child takes over its time. A process
    that starts and leaves the tree between two listings (10 s) is missed.
    """

    def __init__(
        self, pid: int, proc: Path = Path("/proc"), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._root, self._proc, self._clock = pid, str(proc), clock
        self._page_bytes = os.sysconf("SC_PAGE_SIZE")
        self._known: dict[int, int] = {}  # pid -> CPU ticks when last read
        self._strangers: set[int] = set()
        self._ended_ticks = 0
        self._listed_s = float("-inf")
        self._stat_descriptor = _open(f"{self._proc}/stat")
        self._before = (self._busy_ticks(), self._members()[0])

    @property
    def pids(self) -> frozenset[int]:
        """The members that were alive at the last read."""
        return frozenset(self._known)

    def read(self) -> Reading:
        """Return the share of the machine's busy time since the last read (0..1) and the resident memory.

        The share is None when the machine had no busy time, and on systems without /proc. Shared pages count
        once for each process that maps them.
        """
        busy, (used, pages) = self._busy_ticks(), self._members()
        busy_before, used_before = self._before
        if busy is None or busy_before is None:
            return Reading()
        self._before = (busy, used)
        spent = busy - busy_before
        share = min(1.0, max(0, used - used_before) / spent) if spent > 0 else None
        return Reading(process_ratio=share, process_memory_bytes=pages * self._page_bytes if pages else None)

    def close(self) -> None:
        """Close what stays open."""
        if self._stat_descriptor is not None:
            os.close(self._stat_descriptor)
            self._stat_descriptor = None

    def _members(self) -> tuple[int, int]:
        """Return (CPU ticks of all members that ever were, resident pages of those that are)."""
        if self._clock() - self._listed_s >= _LISTING_S:
            self._list()
        else:
            self._add_children()
        pages = 0
        for pid in list(self._known):
            fields = self._stat(pid)
            if fields is None:
                # Its parent has its time by now, if it waited for it.
                self._ended_ticks += 0 if self._waited(pid) else self._known[pid]
                del self._known[pid]
                continue
            self._known[pid] = sum(int(fields[at]) for at in (_UTIME, _STIME, _CUTIME, _CSTIME))
            pages += int(fields[_RSS])
        return self._ended_ticks + sum(self._known.values()), pages

    def _waited(self, pid: int) -> bool:
        """Whether a member remains that inherits the time of one that ended."""
        return pid != self._root and self._root in self._known

    def _add_children(self) -> None:
        for pid in list(self._known):
            try:
                text = _read(f"{self._proc}/{pid}/task/{pid}/children")
            except OSError:
                continue
            for child in text.split():
                self._known.setdefault(int(child), 0)

    def _list(self) -> None:
        """Look at every process that is new since the last listing; strangers stay strangers."""
        self._listed_s = self._clock()
        self._known.setdefault(self._root, 0)
        try:
            names = os.listdir(self._proc)  # noqa: PTH208 (a Path for each process costs as much as its read)
        except OSError:
            return
        pids = {int(name) for name in names if name.isdigit()}
        self._strangers &= pids
        parents: dict[int, int] = {}
        for pid in pids - self._strangers - self._known.keys():
            if (fields := self._stat(pid)) is not None:
                parents[pid] = int(fields[_PPID])
                if int(fields[_PGRP]) == self._root:
                    self._known[pid] = 0
        for pid in sorted(parents):  # parents mostly come before their children
            line, at = [pid], parents[pid]
            while at not in self._known and at in parents:
                line.append(at)
                at = parents[at]
            if at in self._known:
                self._known.update((member, 0) for member in line if member not in self._known)
        self._strangers |= parents.keys() - self._known.keys()

    def _stat(self, pid: int) -> list[str] | None:
        try:
            return _read(f"{self._proc}/{pid}/stat").rpartition(")")[2].split()
        except OSError:
            return None

    def _busy_ticks(self) -> int | None:
        if self._stat_descriptor is None:
            return None
        fields = os.pread(self._stat_descriptor, 256, 0).split(b"\n", 1)[0].split()
        return sum(int(fields[at]) for at in _BUSY_FIELDS)


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096).decode(errors="replace")
    finally:
        os.close(descriptor)
