"""The recorder process: from its settings to the landed trace."""

import contextlib
import json
import os
import platform
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from collectors import __version__
from collectors.job import job_id
from collectors.recorder.clocks import Clocks
from collectors.recorder.journal import Journal
from collectors.recorder.loop import Loop
from collectors.recorder.sampler import Sampler, Slot
from collectors.recorder.server import Server
from collectors.sampling import Policy
from collectors.scratch import scratch
from collectors.sensors.sensor import Sensor
from collectors.trace.errors import EcoError
from collectors.trace.records import Device, Note, Recording, content_id, new_id
from collectors.trace.segment import SegmentWriter

_MACHINE = "collectors.machine:discover"
_BLOCKED_S = 2.0
_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner asks for."""

    out: str
    hz: float | None
    target_ratio: float
    owner_pid: int


def main(descriptor: str, settings: str) -> int:
    """Record for the owner at the other end of a socket; return the exit code."""
    owner = socket.socket(fileno=int(descriptor))
    with scratch("eco-recorder-") as folder:
        try:
            return _serve(owner, Settings(**json.loads(settings)), folder)
        except EcoError as error:
            _tell(owner, {"error": error.message, "hint": error.hint})
            return 2


def _serve(owner: socket.socket, settings: Settings, folder: Path) -> int:
    signals = _catch_signals()
    clocks = Clocks()
    machine: Any = _machine()
    recording = _recording(machine.recording, clocks)
    writer = _open_segment(Path(settings.out), recording)
    slots = _adopt(machine.sensors, recording)
    journal = Journal(writer, recording, [slot.device for slot in slots], _policy(slots, settings), clocks)
    _write_notes(journal, [*machine.notes], machine.sensors, slots)
    server = Server(owner, settings.owner_pid, folder)
    lock = _only_recorder(journal)
    sampler = Sampler(slots, journal)
    loop = Loop(server, sampler, signals, Random())
    server.owner.answer(_ready(server, journal))
    _watch(loop)
    server.close()
    _conclude(loop)
    lock.close()
    return _land(journal, server, alone=loop.why == "owner_died")


def _machine() -> object:
    module, function = (os.environ.get("ECO_MACHINE") or _MACHINE).split(":")
    found: object = getattr(import_module(module), function)()
    return found


def _recording(facts: Recording, clocks: Clocks) -> Recording:
    utc_ns = clocks.utc_ns()
    return replace(
        facts,
        id=new_id(),
        host=facts.host or platform.node() or "unknown",
        started_utc_ns=utc_ns,
        tool="ecoanalysis",
        tool_version=__version__,
        clock_offset_ns=clocks.offset_ns(),
        job_id=job_id(),
    )


def _open_segment(out: Path, recording: Recording) -> SegmentWriter:
    started = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime((recording.started_utc_ns or 0) / 1e9))
    host = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in recording.host)[:64]
    for attempt in ("", "-b", "-c", "-d"):  # containers share clocks, host names and process ids
        path = out / f"{started}-{host}-{os.getpid()}{attempt}.segment"
        try:
            writer = SegmentWriter(path)
        except FileExistsError:
            continue
        except OSError as error:
            raise EcoError(
                f"cannot write to {out}: {error.strerror}", "give another folder: --out DIR"
            ) from error
        if writer.refusal is not None:
            raise EcoError(f"cannot write to {out}: {writer.refusal.strerror}", "free space, or --out DIR")
        return writer
    raise EcoError(f"{out} has a segment of this name already", "give another folder: --out DIR")


def _adopt(sensors: tuple[Sensor, ...], recording: Recording) -> list[Slot]:
    """Give every device an id of this recording: the same device is another row in another recording."""
    ids = {sensor.device.id: content_id([recording.id, sensor.device.id]) for sensor in sensors}
    slots = []
    for sensor in sensors:
        device: Device = replace(
            sensor.device,
            id=ids[sensor.device.id],
            recording_id=recording.id,
            parent_id=ids.get(sensor.device.parent_id or 0),
        )
        slots.append(Slot(sensor, device))
    return slots


def _write_notes(journal: Journal, notes: list[Note], sensors: tuple[Sensor, ...], slots: list[Slot]) -> None:
    ids = {sensor.device.id: slot.device.id for sensor, slot in zip(sensors, slots, strict=True)}
    for sensor, slot in zip(sensors, slots, strict=True):
        notes += [replace(note, device_id=slot.device.id) for note in sensor.notes]
    for note in notes:
        device_id = ids.get(note.device_id or 0, note.device_id)
        journal.note(note.code, note.text, note.severity, hint=note.hint, device_id=device_id)


def _policy(slots: list[Slot], settings: Settings) -> Policy:
    metered = [slot for slot in slots if slot.device.energy_source != "none"] or slots
    update_s = min(
        (slot.device.update_period_s or 2 * slot.sensor.fastest_s for slot in metered), default=0.1
    )
    start_s = min(1.0, max(0.1, update_s))  # counters refresh every millisecond: ten readings a second do
    guards = [slot.sensor.slowest_s for slot in slots if slot.sensor.slowest_s]
    return Policy(
        target_ratio=settings.target_ratio,
        fastest_s=start_s / 2,
        start_s=start_s,
        slowest_s=min([1.0, *guards]),
        fixed_s=None if settings.hz is None else min([1.0 / settings.hz, *guards]),
    )


def _catch_signals() -> int:
    """Turn signals into bytes on a pipe that the loop waits on; return its reading end."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reading


def _only_recorder(journal: Journal) -> Any:
    """Share this machine's recorder file; a recorder that finds it in use says so, and records all the same.

    All recorders keep a shared lock, so a newcomer sees any of them, whichever came first.
    """
    import fcntl

    path = Path(tempfile.gettempdir()) / f"eco-collect-{os.getuid()}.lock"
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = "another recorder runs on this machine: both see all of its energy, do not add them"
        journal.note("second_recorder", text, "warning")
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _ready(server: Server, journal: Journal) -> dict[str, Any]:
    devices = [
        {
            "id": d.id,
            "kind": d.kind,
            "name": d.name,
            "energy_source": d.energy_source,
            "settle_s": 0.0 if d.energy_source == "none" else _settle_s(d),
        }
        for d in journal.devices.values()
    ]
    cpu_s = time.process_time()
    return {
        "address": str(server.address),
        "segment": str(journal.writer.path),
        "devices": devices,
        "cpu_s": cpu_s,
    }


def _settle_s(device: Device) -> float:
    """How long after a load's end a device's readings still speak of it: its window, or three refreshes."""
    return max(device.averaging_window_s or 0.0, 3.0 * (device.update_period_s or 0.0))


def _watch(loop: Loop) -> None:
    """Run the loop in a thread; when a sensor blocks it, go on in another without that sensor."""
    sampler = loop.sampler
    thread = threading.Thread(target=loop.run, args=(sampler.turn,), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(1.0)
        busy = sampler.busy
        if busy is not None and loop.journal.clocks.monotonic_ns() - busy[1] > _BLOCKED_S * 1e9:
            sampler.turn += 1
            sampler.busy = None
            text = f"a read of {busy[0].device.name} blocked for over {_BLOCKED_S:g} s: it is read no more"
            sampler.give_up(busy[0], "sensor_blocked", text)
            thread = threading.Thread(target=loop.run, args=(sampler.turn,), daemon=True)
            thread.start()


def _conclude(loop: Loop) -> None:
    """End what is open, and the workload of an owner that is gone."""
    journal, why = loop.journal, loop.why or "recorder_failed"
    if why == "owner_died":
        _end_groups(loop.groups)
    status = "failed" if why == "owner_died" else "truncated"
    for run_id in tuple(journal.runs):
        journal.note(why.split()[0], f"the recording ended within this run: {why}", "error", run_id=run_id)
        message = {"run": run_id, "status": status, "t": journal.clocks.monotonic_ns()}
        journal.end(message, loop.ticks, time.process_time())
    journal.close()


def _end_groups(groups: set[int]) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGTERM)
            until = time.monotonic() + _GRACE_S
            while time.monotonic() < until:
                time.sleep(0.05)
                os.killpg(group, 0)
            os.killpg(group, signal.SIGKILL)


def _land(journal: Journal, server: Server, *, alone: bool) -> int:
    """Land the trace and tell the owner how that went; without an owner the terminal, if it failed."""
    from collectors.trace.land import land, land_abandoned

    try:
        landed = land(journal.writer.path)
        land_abandoned(landed.parent)  # of recorders that were killed
        server.owner.answer({"path": str(landed)})
    except EcoError as error:
        hint = f"{error.hint}; the recording is kept in {journal.writer.path}, then: eco combine"
        server.owner.answer({"error": error.message, "hint": hint})
        if alone:
            print(f"eco-collect: {error.message}\n  try: {hint}", file=sys.stderr)
        return 2
    return 0


def _tell(owner: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        owner.sendall(json.dumps(message).encode() + b"\n")
