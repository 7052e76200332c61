"""A foreign power log as a recording of ours: one recording, one run, a track of samples per device."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from collectors.trace.records import Config, Device, Mark, Recording, Run
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.frames import samples_frame
from ecoanalysis.importers.steps import missing
from ecoanalysis.importers.times import NS
from ecoanalysis.importers.tool_run import run_extra


@dataclass(frozen=True, slots=True)
class Track:
    """The readings of one device: `t_s` and columns of the sample table, in our units.

    `facts` are further fields of the device: kind, boundary, energy_source, averaging_window_s, parent, …
    """

    name: str
    kind: str
    boundary: str
    sensor: str
    t_s: pl.Series
    columns: Mapping[str, pl.Series]
    index: int = 0
    energy_source: str = "power"
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phase:
    """A named part of a recording [s, on the clock of the tracks]."""

    name: str
    begin_s: float
    end_s: float
    items_count: int | None = None


def unknown_config(model: str = "unknown") -> Config:
    """Return the configuration of a log that does not say what ran."""
    return Config(task="unknown", model=model, framework="unknown", precision="unknown")


def finish_recording(
    draft: Draft,
    tracks: list[Track],
    *,
    host: str,
    tool: str,
    rows_count: int,
    started_utc_ns: int | None = None,
    config: Config | None = None,
    phases: tuple[Phase, ...] = (),
    quality: float | None = None,
    repeat: int = 0,
    tool_run: str | None = None,
) -> Imported:
    """Return the import of one recording. Times count from the earliest reading; without phases all is `infer`."""
    tracks = [track for track in tracks if track.t_s.drop_nulls().len() >= 1]
    if not tracks:
        raise EcoError(f"{draft.source.path}: no readings in it", "look at the file's first lines")
    _doubt(draft, tracks)
    first = min(float(track.t_s.min()) for track in tracks)  # type: ignore[arg-type]
    last = max(float(track.t_s.max()) for track in tracks)  # type: ignore[arg-type]
    recording = Recording(
        id=draft.id_of("recording", repeat), host=host, started_utc_ns=started_utc_ns, tool=tool,
        ended_utc_ns=None if started_utc_ns is None else started_utc_ns + round((last - first) * NS),
        clock_offset_ns=started_utc_ns, source_id=draft.source.id,
    )  # fmt: skip
    draft.recordings.append(recording)
    run_id = draft.id_of("run", repeat)
    marks = _marks(run_id, phases or (Phase("infer", first, last),), first, last)
    draft.marks.extend(marks)
    if not phases:
        draft.note("no_window", "the log does not say what ran when: it is one phase, first to last reading")
    items = [phase.items_count for phase in phases if phase.items_count is not None]
    draft.runs.append(
        Run(id=run_id, recording_id=recording.id, config_id=draft.config(config or unknown_config()),
        repeat=repeat, started_utc_ns=started_utc_ns, start_t_ns=0, end_t_ns=round((last - first) * NS),
        status="ok", items_count=sum(items) if items else None, quality_value=quality, extra=run_extra(tool_run)),
    )  # fmt: skip
    frames = [_frame(draft, run_id, recording.id, track, first) for track in tracks]
    return draft.finish(rows_count, frames)


def _doubt(draft: Draft, tracks: list[Track]) -> None:
    """Note times that go back, readings that are missing, and power readings that say nothing."""
    back = sum(int((track.t_s.drop_nulls().diff() < 0).sum()) for track in tracks)
    if back:
        draft.note(
            "times_backwards", f"the time goes back {back} times: readings are put in order of their times",
            "look for a clock that was set, or for files put one after the other", "warning",
        )  # fmt: skip
    gaps = next(filter(None, (missing(track.t_s) for track in tracks)), None)
    told = any(note.code == "missing_readings" for note in draft.notes)  # the format knows better
    for code, text, hint in gaps.doubts() if gaps and not told else ():
        draft.note(code, text, hint, "warning")
    for track in tracks:
        power = track.columns.get("power_w", pl.Series(dtype=pl.Float64))
        if 0 < power.null_count() <= power.len() / 2:
            text = f"{track.name}: {power.null_count()} of {power.len()} power readings say nothing"
            draft.note("lost_readings", text, None, "warning")


def _marks(run_id: int, phases: tuple[Phase, ...], first: float, last: float) -> list[Mark]:
    """Return marks: each phase, `other` between phases, `end`. Items stand on a mark just before a phase's end."""
    marks, clock = [], first
    for phase in sorted(phases, key=lambda phase: phase.begin_s):
        begin, end = max(phase.begin_s, clock), min(phase.end_s, last)
        if end <= begin:
            continue
        if begin > clock:
            marks.append(Mark(run_id, round((clock - first) * NS), "other"))
        marks.append(Mark(run_id, round((begin - first) * NS), phase.name))
        if phase.items_count is not None:
            marks.append(Mark(run_id, round((end - first) * NS) - 1, phase.name, phase.items_count))
        clock = end
    if clock < last:
        marks.append(Mark(run_id, round((clock - first) * NS), "other"))
    return [*marks, Mark(run_id, round((last - first) * NS), "end")]


def _frame(draft: Draft, run_id: int, recording_id: int, track: Track, first: float) -> pl.DataFrame:
    """Return the samples of a track, and keep its device."""
    device = Device(
        id=0,
        recording_id=recording_id,
        kind=track.kind,
        name=track.name,
        boundary=track.boundary,
        sensor=track.sensor,
        index=track.index,
        energy_source=track.energy_source,
    )
    device_id = draft.recorded_device(replace(device, **track.facts))  # type: ignore[arg-type]
    t_ns = ((track.t_s.cast(pl.Float64) - first) * 1e6).round().cast(pl.Int64, strict=False) * 1000
    return samples_frame(run_id, device_id, t_ns, **track.columns)
