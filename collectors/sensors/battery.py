"""A laptop's battery: the power of the whole machine, while it discharges."""

from pathlib import Path

from collectors.sensors.edge import Edge, device_id
from collectors.sensors.kernel_file import list_folder, open_number, read_text
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.trace.records import Device, Note


def probe(edge: Edge) -> Found:
    """Return a meter for each battery of the machine; a battery that shows charge only is a note."""
    found = {folder: _meter(edge, folder, index) for index, folder in enumerate(batteries(edge))}
    text = "shows its charge only, neither power nor current"
    mute = [
        Note("battery_power_absent", f"battery {at.name} {text}") for at, meter in found.items() if not meter
    ]
    return Found(tuple(meter for meter in found.values() if meter), tuple(mute))


def batteries(edge: Edge) -> list[Path]:
    """Return the folders of the machine's batteries; those of mice and keyboards (scope Device) are not its."""
    return [
        folder
        for folder in list_folder(edge.sysfs / "class/power_supply")
        if read_text(folder / "type") == "Battery" and read_text(folder / "scope") != "Device"
    ]


def _meter(edge: Edge, folder: Path, index: int) -> Meter | None:
    power = open_number(folder / "power_now")
    volts, amperes = open_number(folder / "voltage_now"), open_number(folder / "current_now")
    if power is None and (volts is None or amperes is None):
        return None
    device = Device(
        device_id(edge, "battery", folder.name),
        None,
        "battery",
        f"battery {folder.name}",
        "platform",
        "battery",
        index,
        vendor_uid=read_text(folder / "serial_number") or folder.name,
        energy_source="power",
        gain_error_ratio=gain_error("battery")[0],
    )

    def read() -> Reading:
        if read_text(folder / "status") != "Discharging":
            return Reading()
        if power is not None:
            return Reading(
                power_w=abs(power.read_int()) * 1e-6 or None
            )  # some drivers count discharge negative
        if volts is None or amperes is None:
            return Reading()
        return Reading(power_w=abs(volts.read_int() * amperes.read_int()) * 1e-12 or None)

    def end() -> None:
        for file in (power, volts, amperes):
            if file:
                file.close()

    charging = "the battery shows the machine's power only while it discharges"
    notes = (Note("battery_charging", charging, hint="unplug the charger"),)
    discharging = read_text(folder / "status") == "Discharging"
    return Meter(device, read, end=end, notes=() if discharging else notes, unknown_s=2.0)
