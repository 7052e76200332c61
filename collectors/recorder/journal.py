"""What is being recorded: the open runs and their devices, written to the segment as it happens."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from collectors.recorder.clocks import Clocks
from collectors.recorder.ticks import Ticks
from collectors.sampling import Policy, Tally
from collectors.sensors.process import ProcessTree
from collectors.sensors.sensor import Reading
from collectors.trace.frames import frame_mark, frame_record, frame_sample
from collectors.trace.records import BETWEEN_TURNS, Config, Device, Mark, Note, Recording, Run, content_id
from collectors.trace.segment import SegmentWriter

_CONFIG_FIELDS = frozenset(part.name for part in fields(Config))
_MOST_PHASES = 50  # that a run's summary tells apart
_LONGEST_TEXT = 4000  # a command line or a note longer than this is cut


@dataclass(slots=True)
class PhaseSum:
    """Time and energies of a phase so far."""

    duration_s: float = 0.0
    energy_j: dict[str, float] = field(default_factory=dict)  # by device


@dataclass(slots=True)
class OpenRun:
    """A run that has begun and not ended."""

    run: Run
    before: Ticks
    tree: ProcessTree
    cpu_s: float
    tallies: dict[int, Tally] = field(default_factory=dict)
    phase: str | None = None
    phases: dict[str, PhaseSum] = field(default_factory=dict)
    phase_t_ns: int = 0
    phase_j: dict[int, float] = field(default_factory=dict)  # energies when the phase began
    items_marked: int | None = None
    group: int | None = None  # the process group of a workload that is ours to end
    waits: bool = False  # between its turns
    waited_ns: int = 0


class Journal:
    """The segment, and what it must be told. Times are CLOCK_MONOTONIC ns."""

    def __init__(
        self,
        writer: SegmentWriter,
        recording: Recording,
        devices: list[Device],
        policy: Policy,
        clocks: Clocks,
    ) -> None:
        self.writer, self.recording, self.policy, self.clocks = writer, recording, policy, clocks
        self.devices = {device.id: device for device in devices}
        self.runs: dict[int, OpenRun] = {}
        self._attended: tuple[OpenRun, ...] = ()  # those that do not wait
        self._run_ids: tuple[int, ...] = ()
        self._describe()

    def begin(self, message: dict[str, Any], ticks: Ticks, cpu_s: float) -> OpenRun:
        """Open the run that a message describes."""
        config = _config(message)
        outer = self._run_ids
        run = Run(
            message["run"],
            self.recording.id,
            config.id,
            repeat=message["repeat"],
            command=(message["command"] or "")[:_LONGEST_TEXT] or None,
            started_utc_ns=message["t"] + self.clocks.offset_ns(),
            start_t_ns=message["t"],
            extra=json.dumps({"within_run_ids": outer}) if outer else None,
        )
        self._describe()  # again with every run: damage to the head of the file must not cost it all
        self.writer.append(frame_record(config) + frame_record(run))
        opened = OpenRun(run, ticks.copy(), ProcessTree(message["pid"]), cpu_s)
        self.runs[run.id] = opened
        self._list_attended()
        if outer:
            text = f"{len(outer)} other run(s) were open: each holds the samples of its whole time, do not add them"
            self.note("overlapping_runs", text, "info", run_id=run.id)
        self.writer.flush()
        return opened

    def mark(self, run_id: int, phase: str, items: int | None, t_ns: int) -> bool:
        """Write a mark; return whether the phase changed. A run that waited is read again from here on."""
        opened = self.runs.get(run_id)
        if opened is None:
            return False
        if opened.waits and phase != BETWEEN_TURNS:
            opened.waits = False
            self._list_attended()
        self.writer.append(frame_mark(Mark(run_id, t_ns, phase[:200], items)))
        if items is not None:
            opened.items_marked = items + (opened.items_marked or 0)
        return phase != opened.phase

    def turn(self, run_id: int, phase: str | None, t_ns: int) -> None:
        """A phase begins, after its first reading: book the last one's time and energies."""
        opened = self.runs[run_id]
        if opened.phase == BETWEEN_TURNS:
            opened.waited_ns += t_ns - opened.phase_t_ns
        elif opened.phase is not None and (
            opened.phase in opened.phases or len(opened.phases) < _MOST_PHASES
        ):
            booked = opened.phases.setdefault(opened.phase, PhaseSum())
            booked.duration_s += (t_ns - opened.phase_t_ns) / 1e9
            for device_id, tally in opened.tallies.items():
                spent_j = tally.energy_j - opened.phase_j.get(device_id, 0.0)
                booked.energy_j[str(device_id)] = booked.energy_j.get(str(device_id), 0.0) + spent_j
        opened.phase, opened.phase_t_ns = phase, t_ns
        opened.phase_j = {device_id: tally.energy_j for device_id, tally in opened.tallies.items()}
        if phase == BETWEEN_TURNS:
            opened.waits = True
            for tally in opened.tallies.values():
                tally.pause()
            self._list_attended()

    def attended(self) -> tuple[OpenRun, ...]:
        """Return the open runs whose samples are wanted: all but those that wait for their turn."""
        return self._attended

    def sample(self, device: Device, t_ns: int, reading: Reading) -> None:
        """Write one reading of a device for every attended run, and count its energy."""
        self.writer.append(frame_sample(self._run_ids, device.id, t_ns, reading))
        if reading.power_w is None and reading.energy_j is None and reading.power_avg_w is None:
            return
        power_w = reading.power_w if reading.power_w is not None else reading.power_avg_w
        for opened in self._attended:
            tally = opened.tallies.get(device.id)
            if tally is None:
                tally = Tally(device.update_period_s or 0.0, device.energy_wrap_j)
                opened.tallies[device.id] = tally
            tally.add(t_ns / 1e9, power_w, reading.energy_j)

    def sample_of(self, run_id: int, device: Device, t_ns: int, reading: Reading) -> None:
        """Write one reading that is about one run only."""
        self.writer.append(frame_sample((run_id,), device.id, t_ns, reading))

    def share(self, device: Device, t_ns: int) -> None:
        """Write each attended run's share of the CPU's busy time, and its memory."""
        for opened in self.attended():
            self.sample_of(opened.run.id, device, t_ns, opened.tree.read())

    def quality(self, run_id: int, value: float, metric: str) -> None:
        """Keep a run's quality until it ends."""
        if run_id in self.runs:
            opened = self.runs[run_id]
            opened.run = replace(opened.run, quality_value=value, quality_metric=metric)
            self.writer.append(frame_record(opened.run))

    def note(
        self,
        code: str,
        text: str,
        severity: str = "info",
        *,
        hint: str | None = None,
        run_id: int | None = None,
        device_id: int | None = None,
    ) -> None:
        """Write why something is missing or doubtful."""
        text, now = text[:_LONGEST_TEXT], self.clocks.monotonic_ns()
        about = {"recording_id": self.recording.id, "run_id": run_id, "device_id": device_id, "t_ns": now}
        self.writer.append(frame_record(Note(code, text, severity, hint, **about)))

    def end(self, message: dict[str, Any], ticks: Ticks, cpu_s: float) -> dict[str, Any]:
        """Close the run that a message names, and return what there is to say of it."""
        if message["run"] in self.runs:
            self.turn(message["run"], None, message["t"])
        opened = self.runs.pop(message["run"], None)
        self._list_attended()
        if opened is None:
            return {}
        opened.tree.close()
        summary = _summary(opened, self, ticks.since(opened.before), cpu_s - opened.cpu_s, message["t"])
        self._note_resolution(opened, summary["achieved_ratio"])
        items = opened.items_marked if opened.items_marked is not None else message.get("items")
        run = replace(
            opened.run,
            ended_utc_ns=message["t"] + self.clocks.offset_ns(),
            end_t_ns=message["t"],
            exit_code=message.get("exit_code"),
            status=message["status"],
            items_count=items,
            policy=json.dumps(summary),
        )
        self.writer.append(frame_record(run))
        self.writer.flush()
        return summary

    def skip(self, message: dict[str, Any]) -> None:
        """Write a run that was not done, with its reason."""
        config, now = _config(message), self.clocks.utc_ns()
        run_id = content_id([self.recording.id, config.id, "skipped"])
        run = Run(
            run_id, self.recording.id, config.id, started_utc_ns=now, ended_utc_ns=now, status="skipped"
        )
        self.writer.append(frame_record(config) + frame_record(run))
        self.note(message["code"], message["text"], run_id=run_id)

    def close(self) -> None:
        """Write the recording's end."""
        self.recording = replace(self.recording, ended_utc_ns=self.clocks.utc_ns())
        if self.writer.dropped_frames:
            text = f"{self.writer.dropped_frames} frames were dropped while the disk refused them"
            self.note("dropped_frames", text, "error")
        self.writer.append(frame_record(self.recording))
        self.writer.close()

    def _list_attended(self) -> None:
        self._attended = tuple(opened for opened in self.runs.values() if not opened.waits)
        self._run_ids = tuple(opened.run.id for opened in self._attended)

    def _note_resolution(self, opened: OpenRun, achieved_ratio: float | None) -> None:
        policy = self.policy
        if achieved_ratio is None or achieved_ratio <= policy.target_ratio:
            return
        text = f"sampling resolves the energy to ±{achieved_ratio:.2%}, asked was ±{policy.target_ratio:.2%}"
        hint = "repeat the workload within one run until it lasts longer: eco-collect run --at-least 30s"
        if policy.fixed_s is None and any(tally.method == "power" for tally in opened.tallies.values()):
            text += "; power is seen at single instants: a change between two readings is placed anywhere between them"
            hint += "; or read more often: --hz 10 errs about a fifth as much on sudden changes"
        self.note("resolution", text, hint=hint, run_id=opened.run.id)

    def _describe(self) -> None:
        records = [frame_record(self.recording), *map(frame_record, self.devices.values())]
        self.writer.append(b"".join(records))


def _in_node(device: Device) -> bool:
    """Whether a device's energy is summed to the node's: no part of another, no meter of the whole."""
    whole = device.parent_id is None and device.visible is not False
    return whole and device.boundary in ("board", "module", "package", "dram")


def _config(message: dict[str, Any]) -> Config:
    """The configuration in a message; a workload of a newer version may know fields that we do not."""
    return Config(**{name: value for name, value in message["config"].items() if name in _CONFIG_FIELDS})


def _summary(
    opened: OpenRun, journal: Journal, ticks: dict[str, float | int | None], cpu_s: float, end_t_ns: int
) -> dict[str, Any]:
    """What the run's policy was and what it achieved in its own time, as stored with the run."""
    devices = {}
    energy_j = bound_j = 0.0
    start_t_ns = end_t_ns if opened.run.start_t_ns is None else opened.run.start_t_ns
    for device_id, tally in opened.tallies.items():
        if tally.bound_j is not None:
            energy_j, bound_j = energy_j + tally.energy_j, bound_j + tally.bound_j
            devices[str(device_id)] = {
                "name": journal.devices[device_id].name,
                "in_node": _in_node(journal.devices[device_id]),
                "method": tally.method,
                "energy_j": tally.energy_j,
                "bound_j": tally.bound_j,
                "readings": tally.readings_count,
                "silent_s": end_t_ns / 1e9 - (tally.read_s or 0.0),
            }
    policy = journal.policy
    return {
        "mode": "adaptive" if policy.fixed_s is None else "fixed",
        "hz": None if policy.fixed_s is None else 1.0 / policy.fixed_s,
        "target_ratio": policy.target_ratio,
        "fastest_s": policy.fastest_s,
        "slowest_s": policy.slowest_s,
        "budget_hz": policy.budget_hz,
        "achieved_ratio": bound_j / energy_j if energy_j > 0 else None,
        "duration_s": (end_t_ns - start_t_ns - opened.waited_ns) / 1e9,
        "recorder_cpu_s": cpu_s,
        **ticks,
        "devices": devices,
        "phases": {name: asdict(booked) for name, booked in opened.phases.items()},
    }
