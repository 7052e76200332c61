"""The temperature of each CPU package, from hwmon or else a thermal zone."""

from dataclasses import dataclass
from pathlib import Path

from collectors.sensors.edge import Edge
from collectors.sensors.kernel_file import KernelFile, list_folder, open_number, read_number, read_text

_DRIVERS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "scpi_sensors")
_LABELS = ("Tdie", "Tctl", "")  # AMD's Tctl may carry an offset for the fans, Tdie does not
_ZONES = ("x86_pkg_temp", "cpu-thermal", "cpu_thermal", "CPU-therm", "cpu")


@dataclass(frozen=True, slots=True)
class Thermometer:
    """An open file of millidegrees, and the temperature at which the processor throttles [°C], None if not told."""

    file: KernelFile
    limit_c: float | None = None

    def read_c(self) -> float:
        """Return the temperature [°C]."""
        return self.file.read_int() / 1e3


def package_temperatures(edge: Edge) -> tuple[Thermometer, ...]:
    """Return one thermometer per package, in the packages' order; () where there is none."""
    found: list[Thermometer] = []
    for folder in list_folder(edge.sysfs / "class/hwmon"):
        if read_text(folder / "name") in _DRIVERS and (path := _package_input(folder)):
            file = open_number(path)
            if file is not None:
                limit = read_number(path.with_name(path.name.replace("_input", "_crit")))
                found.append(Thermometer(file, limit / 1e3 if limit else None))
    if found:
        return tuple(found)
    zones = [path for path in list_folder(edge.sysfs / "class/thermal") if read_text(path / "type") in _ZONES]
    return tuple(Thermometer(file) for zone in zones if (file := open_number(zone / "temp")))


def _package_input(folder: Path) -> Path | None:
    inputs = [
        path for path in list_folder(folder) if path.name.startswith("temp") and path.name.endswith("_input")
    ]
    labels = {path: read_text(path.with_name(path.name.replace("_input", "_label"))) or "" for path in inputs}
    for path, label in labels.items():
        if label.startswith("Package id"):
            return path
    for wanted in _LABELS:
        for path, label in labels.items():
            if label == wanted:
                return path
    return inputs[0] if inputs else None
