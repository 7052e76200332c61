"""Power monitors on the board (INA3221, INA2xx): the rails of a Jetson and of many small boards."""

from dataclasses import dataclass
from pathlib import Path

from collectors.sensors.edge import Edge, device_id
from collectors.sensors.kernel_file import KernelFile, list_folder, open_number, read_text
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.trace.records import Device, Note

_CHIPS = (
    "ina3221", "ina219", "ina220", "ina226", "ina228", "ina230", "ina231", "ina233", "ina234", "ina237", "ina238",
    "ina260",
)  # fmt: skip
_WHOLE = ("VDD_IN", "POM_5V_IN", "VDD_5V_IN", "VIN_SYS_5V0_TOTAL")  # the rail that feeds all the others
_CHANNELS = 3


@dataclass(frozen=True, slots=True)
class Rail:
    """One rail: its power file, or its voltage and current."""

    label: str
    key: str
    power: KernelFile | None
    volts: KernelFile | None
    amperes: KernelFile | None

    def power_w(self) -> float | None:
        """Return the power [W]: µW as read, or mV × mA."""
        if self.power is not None:
            return self.power.read_int() * 1e-6
        if self.volts is None or self.amperes is None:
            return None
        return self.volts.read_int() * self.amperes.read_int() * 1e-6

    def close(self) -> None:
        """Close the files."""
        for file in (self.power, self.volts, self.amperes):
            if file:
                file.close()


def probe(edge: Edge) -> Found:
    """Return a meter for each rail; where one feeds all others they are its parts and never summed with it."""
    rails = []
    for folder in list_folder(edge.sysfs / "class/hwmon"):
        if read_text(folder / "name") in _CHIPS:
            rails += _rails(folder)
    whole = next((rail for rail in rails if rail.label in _WHOLE), None)
    meters = tuple(_meter(edge, rail, index, whole) for index, rail in enumerate(rails))
    return Found(meters)


def cpu_rail_id(edge: Edge) -> int | None:
    """Return the device id of the rail that the processor's energy is part of; None on a board without such rails.

    The rail that feeds all others, else the one that names the CPU (VDD_CPU_CV of a Jetson AGX).
    """
    rails = [
        rail
        for folder in list_folder(edge.sysfs / "class/hwmon")
        if read_text(folder / "name") in _CHIPS
        for rail in _rails(folder)
    ]
    for rail in rails:
        rail.close()
    named = [rail for rail in rails if "CPU" in rail.label.upper()]
    feeding = [rail for rail in rails if rail.label in _WHOLE] or named
    return device_id(edge, "rail", feeding[0].key) if feeding else None


def _rails(folder: Path) -> list[Rail]:
    found = []
    for channel in range(1, _CHANNELS + 1):
        label = read_text(folder / f"in{channel}_label") or read_text(folder / f"power{channel}_label")
        rail = Rail(
            label or f"{folder.name} channel {channel}",
            f"{folder.name}/{channel}",
            open_number(folder / f"power{channel}_input"),
            open_number(folder / f"in{channel}_input"),
            open_number(folder / f"curr{channel}_input"),
        )
        if rail.power or (rail.volts and rail.amperes):
            found.append(rail)
    return found


def _meter(edge: Edge, rail: Rail, index: int, whole: Rail | None) -> Meter:
    parent = device_id(edge, "rail", whole.key) if whole and whole is not rail else None
    tree = read_text(edge.procfs / "device-tree/model")
    board = tree.rstrip("\0") if tree else "board"
    device = Device(
        device_id(edge, "rail", rail.key),
        None,
        "board",
        f"{board} {rail.label}",
        "board",
        "ina",
        index,
        vendor_uid=rail.key,
        parent_id=parent,
        energy_source="power",
        gain_error_ratio=gain_error("ina")[0],
    )
    notes: tuple[Note, ...] = ()
    if whole is None:
        text = "the rails are parts of the board; what no rail feeds (carrier board, regulators) is not seen"
        notes = (Note("rails_only", text),)
    return Meter(device, lambda: Reading(power_w=rail.power_w()), end=rail.close, notes=notes, unknown_s=0.1)
