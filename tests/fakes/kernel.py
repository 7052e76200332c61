"""A fake /sys and /proc: processors, memory, RAPL zones, in a folder of the test's."""

from dataclasses import dataclass, field
from pathlib import Path

INTEL = (
    "vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold 6342 CPU @ 2.80GHz\nflags\t\t: fpu vme\n"
)
AMD = "vendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 7763 64-Core Processor\nflags\t\t: fpu vme\n"


@dataclass
class FakeKernel:
    """A machine's kernel files under `root`; call its methods to change what they show."""

    root: Path
    sockets: int = 1
    cpus_per_socket: int = 2
    cpuinfo: str = INTEL
    ticks: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.write("proc/cpuinfo", self.cpuinfo)
        self.write(
            "proc/meminfo", "MemTotal:       33554432 kB\nMemFree: 1 kB\nMemAvailable:   25165824 kB\n"
        )
        self.write("etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
        for cpu in range(self.sockets * self.cpus_per_socket):
            self.write(
                f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id",
                str(cpu // self.cpus_per_socket),
            )
            self.write(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq", "2800000")
            self.ticks[cpu] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        self.write_stat()

    def write(self, path: str, text: str) -> Path:
        """Write a file in place, so that who holds it open reads the new content."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n" if not text.endswith("\n") else text)
        return file

    def spend(self, cpu: int, busy: int, idle: int, steal: int = 0) -> None:
        """Let a CPU be busy, idle and stolen for some ticks."""
        row = self.ticks[cpu]
        row[0], row[3], row[7] = row[0] + busy, row[3] + idle, row[7] + steal
        self.write_stat()

    def write_stat(self) -> None:
        """Write /proc/stat."""
        total = [sum(row[at] for row in self.ticks.values()) for at in range(10)]
        lines = ["cpu  " + " ".join(map(str, total))]
        lines += [f"cpu{cpu} " + " ".join(map(str, row)) for cpu, row in sorted(self.ticks.items())]
        self.write("proc/stat", "\n".join([*lines, "intr 1 2 3", "ctxt 4"]))

    def zone(
        self,
        folder: str,
        name: str,
        energy_j: float = 100.0,
        wrap_j: float = 262143.328850,
        tdp_w: float | None = 230.0,
    ) -> None:
        """Add a RAPL zone: folder intel-rapl:0, intel-rapl:0:1, …; name package-0, core, dram, psys, …"""
        base = f"sys/class/powercap/{folder}"
        self.write(f"{base}/name", name)
        self.write(f"{base}/max_energy_range_uj", str(round(wrap_j * 1e6)))
        if tdp_w is not None:
            self.write(f"{base}/constraint_0_name", "long_term")
            self.write(f"{base}/constraint_0_max_power_uw", str(round(tdp_w * 1e6)))
            self.write(f"{base}/constraint_0_power_limit_uw", str(round(tdp_w * 1e6)))
        self.energy(folder, energy_j)

    def energy(self, folder: str, energy_j: float) -> None:
        """Set a zone's counter [J]; it wraps by itself at its range."""
        base = self.root / f"sys/class/powercap/{folder}"
        wrap_uj = int((base / "max_energy_range_uj").read_text())
        self.write(f"sys/class/powercap/{folder}/energy_uj", str(round(energy_j * 1e6) % wrap_uj))

    def temperature(self, package: int, celsius: float) -> None:
        """Set a package's temperature in a coretemp hwmon."""
        base = f"sys/class/hwmon/hwmon{package}"
        self.write(f"{base}/name", "coretemp")
        self.write(f"{base}/temp1_label", f"Package id {package}")
        self.write(f"{base}/temp1_input", str(round(celsius * 1000)))
        self.write(f"{base}/temp1_crit", "100000")
