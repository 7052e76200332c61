"""Which machine this is, and which devices of it can be metered."""

import platform
from dataclasses import dataclass
from importlib import import_module

from collectors.calibration.book import book_path, calibrated, load
from collectors.sensors import PROBES
from collectors.sensors.edge import Edge
from collectors.sensors.kernel_file import read_text
from collectors.sensors.memory import memory_bytes
from collectors.sensors.place import container, cpu_quota, virtualization
from collectors.sensors.sensor import Found, Sensor
from collectors.sensors.topology import cpu_count, cpu_model
from collectors.trace.errors import EcoError
from collectors.trace.records import Note, Recording

__all__ = ["Edge", "Machine", "describe", "discover", "probe_sensors"]


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts of a recording that the machine knows (id 0: the recorder gives one), sensors and notes.

    A note with a `device_id` is about the sensor whose device has that id.
    """

    recording: Recording
    sensors: tuple[Sensor, ...]
    notes: tuple[Note, ...]


def discover(edge: Edge | None = None) -> Machine:
    """Return the machine with every sensor that can be read now, open. Takes some 20 ms; close the sensors."""
    edge = edge or Edge()
    recording = describe(edge)
    found = _probe(edge)
    sensors = tuple(sensor for each in found for sensor in each.sensors)
    notes = [*_quota_notes(recording), *(note for each in found for note in each.notes)]
    path = book_path(edge.calibration, recording.host)
    try:
        book = load(path) if path.exists() else None
    except EcoError as error:
        book = None
        notes.append(Note("calibration_unreadable", error.message, "warning", error.hint))
    if book is not None:
        sensors = tuple(calibrated(sensor, book) for sensor in sensors)
    return Machine(recording, sensors, tuple(notes))


def probe_sensors(edge: Edge) -> tuple[Sensor, ...]:
    """Return the sensors as they are without calibration."""
    return tuple(sensor for each in _probe(edge) for sensor in each.sensors)


def _probe(edge: Edge) -> list[Found]:
    """Ask every interface; one whose device fails while it is looked at does not take the others with it."""
    found: list[Found] = []
    for name in PROBES:
        try:
            found.append(import_module(f"collectors.sensors.{name}").probe(edge))
        except OSError as error:
            text = f"the sensors of {name} failed while they were looked at: {error}"
            found.append(Found((), (Note("sensor_failed", text, "warning", "eco-collect doctor"),)))
    return found


def describe(edge: Edge) -> Recording:
    """Return what is worth knowing about the machine, without opening a sensor."""
    count = cpu_count(edge)
    quota = cpu_quota(edge)
    return Recording(
        id=0,
        host=platform.node(),
        started_utc_ns=None,
        os=_system(edge),
        python=platform.python_version(),
        cpu_model=cpu_model(edge),
        cpu_count=count,
        memory_bytes=memory_bytes(edge),
        virtualization=virtualization(edge),
        container=container(edge),
        cpu_quota_ratio=min(1.0, quota / count) if quota and count else None,
    )


def _system(edge: Edge) -> str:
    release = read_text(edge.rootfs / "etc/os-release") or ""
    facts = dict(line.partition("=")[::2] for line in release.splitlines())
    pretty = facts.get("PRETTY_NAME", "").strip('"')
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{pretty} ({system})" if pretty else system


def _quota_notes(recording: Recording) -> tuple[Note, ...]:
    if recording.cpu_quota_ratio is None or recording.cpu_quota_ratio >= 1.0:
        return ()
    cpus = recording.cpu_quota_ratio * (recording.cpu_count or 0)
    text = f"control groups or affinity limit this process to {cpus:.3g} of {recording.cpu_count} CPUs; "
    text += "sensors see all of them"
    return (Note("cpu_quota", text),)
