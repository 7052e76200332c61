"""The mean clock of a package's CPUs, from cpufreq."""

from collections.abc import Sequence

from collectors.sensors.edge import Edge
from collectors.sensors.kernel_file import KernelFile, open_number

_MOST = 8  # CPUs looked at: a read may cost 20 µs each


class CpuClock:
    """Files of cpufreq that stay open. `found` tells whether there are any: most virtual machines have none."""

    def __init__(self, edge: Edge, cpus: Sequence[int]) -> None:
        step = max(1, len(cpus) // _MOST)
        folder = edge.sysfs / "devices/system/cpu"
        files = [open_number(folder / f"cpu{cpu}/cpufreq/scaling_cur_freq") for cpu in cpus[::step][:_MOST]]
        self._files: list[KernelFile] = [file for file in files if file is not None]
        self.found = bool(self._files)

    def read_hz(self) -> float | None:
        """Return the mean clock [Hz] of up to 8 CPUs spread over the package; None without cpufreq."""
        if not self._files:
            return None
        return 1e3 * sum(file.read_int() for file in self._files) / len(self._files)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()
