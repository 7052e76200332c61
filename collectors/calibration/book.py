"""What a calibration found, as a small JSON file per machine that `discover` reads."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from collectors.sensors.nvml_gpu import NvmlGpu
from collectors.sensors.sensor import Reading, Sensor
from collectors.trace.errors import EcoError
from collectors.trace.records import Device, Note

_SCHEMA = 2


@dataclass(frozen=True, slots=True)
class SensorFacts:
    """What was measured of one sensor; None is "could not be told".

    `bare_w`: at rest; `context_w`: at rest with the load's processes and device contexts in place; `loaded_w`:
    with its memory filled too, as by a model; `full_w`: under load.
    """

    uid: str
    name: str
    sensor: str
    driver: str | None = None
    update_period_s: float | None = None
    update_error_s: float | None = None
    averaging_window_s: float | None = None
    counter_gain_ratio: float | None = None
    counter_gain_error_ratio: float | None = None
    read_us: float | None = None
    bare_w: float | None = None
    context_w: float | None = None
    loaded_w: float | None = None
    full_w: float | None = None


@dataclass(frozen=True, slots=True)
class CpuLine:
    """The CPU's power at utilisation 0 and 1 [W], within a boundary.

    The reference is the sensor (rapl, wall, battery, …), a wall meter's log, or two numbers that were typed.
    """

    idle_w: float
    full_w: float
    boundary: str
    reference: str


@dataclass(frozen=True, slots=True)
class LoadTimes:
    """When the CPU rested and was fully loaded (start, end), and how busy it was then (0..1)."""

    rest_utc_ns: tuple[int, int]
    full_utc_ns: tuple[int, int]
    rest_ratio: float
    full_ratio: float


@dataclass(frozen=True, slots=True)
class Book:
    """One machine's calibration. `load_times` let a wall meter's log be read when it comes later."""

    host: str
    measured_utc_ns: int
    sensors: tuple[SensorFacts, ...] = ()
    cpu: CpuLine | None = None
    load_times: LoadTimes | None = None
    schema: int = field(default=_SCHEMA)


def book_path(folder: Path, host: str) -> Path:
    """Return where a machine's calibration lies."""
    name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in host)
    return folder / f"{name or 'unknown'}.json"


def save(book: Book, path: Path) -> None:
    """Write the file, whole or not at all. Raises `EcoError` where nothing can be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(asdict(book), indent=2) + "\n")
        draft.replace(path)
    except OSError as error:
        raise EcoError(f"cannot write {path}: {error.strerror}", "give another folder: --out DIR") from error


def load(path: Path) -> Book | None:
    """Return the calibration at a path, None where there is none. Raises `EcoError` for a file that is no such."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EcoError(f"{path} cannot be read: {error}", f"rm {path}; eco-collect calibrate") from error
    try:
        sensors = tuple(SensorFacts(**facts) for facts in content["sensors"])
        cpu = CpuLine(**content["cpu"]) if content["cpu"] else None
        times = _load_times(content.get("load_times"))
        return Book(content["host"], content["measured_utc_ns"], sensors, cpu, times, content["schema"])
    except (KeyError, TypeError, ValueError) as error:
        raise EcoError(f"{path} is not a calibration", f"rm {path}; eco-collect calibrate") from error


def _load_times(found: dict[str, Any] | None) -> LoadTimes | None:
    if found is None:
        return None
    (rest_from, rest_to), (full_from, full_to) = found["rest_utc_ns"], found["full_utc_ns"]
    return LoadTimes((rest_from, rest_to), (full_from, full_to), found["rest_ratio"], found["full_ratio"])


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A sensor whose device carries what was measured of it."""

    inner: Sensor
    device: Device
    notes: tuple[Note, ...]

    @property
    def slowest_s(self) -> float | None:
        """As without calibration."""
        return self.inner.slowest_s

    @property
    def fastest_s(self) -> float:
        """Half the measured update period."""
        return 0.5 * self.device.update_period_s if self.device.update_period_s else self.inner.fastest_s

    def read_fast(self) -> Reading:
        """As without calibration."""
        return self.inner.read_fast()

    def read_slow(self) -> Reading:
        """As without calibration."""
        return self.inner.read_slow()

    def close(self) -> None:
        """As without calibration."""
        self.inner.close()


@dataclass(frozen=True, slots=True)
class CalibratedGpu(Calibrated):
    """A calibrated GPU, which can tell processes apart."""

    inner: NvmlGpu

    def read_processes(self, pids: frozenset[int], since_us: int) -> Reading:
        """As without calibration."""
        return self.inner.read_processes(pids, since_us)


def calibrated(sensor: Sensor, book: Book) -> Sensor:
    """Return the sensor with what was measured in place of what tables say; basis and date go into `extra`.

    A sensor measured under another driver is left as it is: refresh changes with the driver.
    """
    device = sensor.device
    known = {(facts.uid, facts.sensor): facts for facts in book.sensors if facts.driver == device.driver}
    facts = known.get((device.vendor_uid or device.name, device.sensor))
    line = book.cpu if device.kind == "cpu" and device.parent_id is None else None
    if facts is None and line is None:
        return sensor
    extra = json.loads(device.extra or "{}") | {"calibrated_utc_ns": book.measured_utc_ns}
    if line is not None:
        extra["cpu_line"] = asdict(line)
    if facts is not None:
        extra |= {"refresh_basis": "measured on this machine", "calibration": asdict(facts)}
        device = replace(
            device,
            update_period_s=facts.update_period_s or device.update_period_s,
            averaging_window_s=facts.averaging_window_s or device.averaging_window_s,
        )
    known_now = device.update_period_s is not None
    notes = tuple(note for note in sensor.notes if not (known_now and note.code == "sensor_uncharacterised"))
    device = replace(device, extra=json.dumps(extra))
    if isinstance(sensor, NvmlGpu):
        return CalibratedGpu(sensor, device, notes)
    return Calibrated(sensor, device, notes)
