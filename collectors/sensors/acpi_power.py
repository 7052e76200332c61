"""Power meters that firmware shows through ACPI: the sockets of NVIDIA Grace, and whole servers."""

import re
from dataclasses import dataclass
from pathlib import Path

from collectors.sensors.edge import Edge, device_id
from collectors.sensors.kernel_file import KernelFile, list_folder, open_number, read_number, read_text
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.trace.records import Device, Note

SENSOR = "acpi-power"
_UNKNOWN_S = 1.0
# What Grace's firmware calls the rail of its cores and caches; "Grace", "SysIO" and "Module" are wider or beside it
# (NVIDIA's UEFI tables; EAR and DCGM read the same names).
_CPU_RAIL = re.compile(r"CPU (?:Rail )?(?:Input )?Power.*socket (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AcpiMeter:
    """One meter: what firmware says it meters, the open file of its mean power [µW], and over how long that is [s]."""

    label: str
    folder: Path
    file: KernelFile
    interval_s: float | None

    @property
    def socket(self) -> int | None:
        """The socket whose cores it meters, None where it meters something else."""
        found = _CPU_RAIL.match(self.label)
        return int(found[1]) if found else None

    def power_w(self) -> float:
        """Return the mean power [W] over the interval."""
        return self.file.read_int() * 1e-6


def meters(edge: Edge) -> list[AcpiMeter]:
    """Return the meters that can be read. Their files lie in hwmonN/device, from Linux 6.11 on in hwmonN itself."""
    found = []
    for folder in list_folder(edge.sysfs / "class/hwmon"):
        places = (folder, folder / "device")
        if "power_meter" not in {read_text(place / "name") for place in places}:
            continue
        for place in places:
            file = open_number(place / "power1_average") or open_number(place / "power1_input")
            if file is not None:
                label = next((text for at in places if (text := read_text(at / "power1_oem_info"))), "")
                interval_ms = next(
                    (ms for at in places if (ms := read_number(at / "power1_average_interval"))), 0
                )
                found.append(AcpiMeter(label, folder, file, interval_ms / 1e3 if interval_ms else None))
                break
    return found


def of_socket(edge: Edge, socket: int) -> AcpiMeter | None:
    """Return the meter of a socket's cores, None where firmware shows none; the others are closed again."""
    wanted = None
    for meter in meters(edge):
        if wanted is None and meter.socket == socket:
            wanted = meter
        else:
            meter.file.close()
    return wanted


def probe(edge: Edge) -> Found:
    """Return the meters of more than a socket's cores, which `cpu.py` reads; they are never summed with parts."""
    wider = []
    for meter in meters(edge):
        if meter.socket is None:
            wider.append(meter)
        else:
            meter.file.close()
    return Found(tuple(_sensor(edge, meter, index) for index, meter in enumerate(wider)))


def _sensor(edge: Edge, meter: AcpiMeter, index: int) -> Meter:
    device = Device(
        device_id(edge, SENSOR, meter.folder.name),
        None,
        "platform",
        meter.label or "server (ACPI power meter)",
        "platform",
        SENSOR,
        index,
        vendor_uid=meter.label or meter.folder.name,
        energy_source="power",
        update_period_s=meter.interval_s,
        averaging_window_s=meter.interval_s,
        gain_error_ratio=gain_error(SENSOR)[0],
    )
    text = "firmware's meter sees more than the processor: it is shown apart, never summed with parts"
    notes = (Note("acpi_platform", text),)
    return Meter(
        device,
        lambda: Reading(power_avg_w=meter.power_w()),
        end=meter.file.close,
        notes=notes,
        unknown_s=_UNKNOWN_S,
    )
