"""The utilisation of CPUs from /proc/stat: busy time over all time since the last read."""

from collections.abc import Sequence

from collectors.sensors.edge import Edge
from collectors.sensors.kernel_file import KernelFile

_IDLE, _IOWAIT, _STEAL, _FIELDS = 3, 4, 7, 8  # guest times, which follow, are counted in user and nice


class CpuUsage:
    """Busy time of a set of CPUs; all of them when `cpus` is None.

    Time stolen by the hypervisor is neither busy nor left out of the whole: this machine did not spend it.
    The kernel counts in 10 ms: at 10 readings a second on 2 CPUs a step is 5 %.
    """

    def __init__(self, edge: Edge, cpus: Sequence[int] | None) -> None:
        self._names = None if cpus is None else {f"cpu{cpu}".encode() for cpu in cpus}
        size_bytes = 1024 if cpus is None else 160 * (max(cpus, default=0) + 2) + 1024
        self._file = KernelFile(edge.procfs / "stat", size_bytes)
        self._before = self._times()

    def read(self) -> float | None:
        """Return the busy share since the last read (0..1); None before a tick of the kernel's clock."""
        busy, total = self._times()
        busy_before, total_before = self._before
        if total <= total_before:
            return None
        self._before = (busy, total)
        return min(1.0, max(0.0, (busy - busy_before) / (total - total_before)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _times(self) -> tuple[int, int]:
        content = self._file.read()
        if self._names is None:
            return _sums(content[: content.find(b"\n")].split()[1:])
        busy = total = 0
        for line in content.split(b"\n"):
            if not line.startswith(b"cpu"):
                break
            fields = line.split()
            if fields[0] in self._names:
                more_busy, more = _sums(fields[1:])
                busy, total = busy + more_busy, total + more
        return busy, total


class PsutilUsage:
    """The same where there is no /proc (macOS, Windows), through psutil at some 40 µs a read."""

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil
        self._before = self._times()

    def read(self) -> float | None:
        """Return the busy share since the last read (0..1)."""
        busy, total = self._times()
        busy_before, total_before = self._before
        if total <= total_before:
            return None
        self._before = (busy, total)
        return min(1.0, max(0.0, (busy - busy_before) / (total - total_before)))

    def close(self) -> None:
        """Nothing to close."""

    def _times(self) -> tuple[float, float]:
        times = self._psutil.cpu_times()
        total = float(sum(times))
        return total - float(times.idle), total


def _sums(fields: list[bytes]) -> tuple[int, int]:
    ticks = [int(field) for field in fields[:_FIELDS]]
    total = sum(ticks)
    idle = ticks[_IDLE] + (ticks[_IOWAIT] if len(ticks) > _IOWAIT else 0)
    stolen = ticks[_STEAL] if len(ticks) > _STEAL else 0
    return total - idle - stolen, total
