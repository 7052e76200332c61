"""Landing: a segment becomes a finished trace file."""

import contextlib
import fcntl
from dataclasses import replace
from pathlib import Path

from collectors.trace.errors import EcoError
from collectors.trace.records import Config, Note, Recording, Run, content_id
from collectors.trace.segment import SegmentContent, is_live, is_segment, read_content, read_samples
from collectors.trace.writer import write_trace

_UNKNOWN = Config(task="unknown", model="unknown", framework="unknown", precision="unknown")


def find_traces(folder: Path) -> list[Path]:
    """Return the traces in a folder, sorted: finished files, and segments that have not landed yet."""
    finished = sorted(path for path in folder.glob("*.duckdb") if not path.name.startswith("."))
    segments = [path for path in sorted(folder.glob("*.segment")) if not path.with_suffix(".duckdb").exists()]
    return sorted([*finished, *segments])


def land(segment: Path) -> Path:
    """Turn a finished or abandoned segment into the trace file beside it, delete it, return the file.

    Raises `EcoError` when its recorder still lives, or the disk refuses (the segment then stays as it is).
    """
    final = segment.with_suffix(".duckdb")
    with segment.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EcoError(f"{segment} is being recorded", "wait until its recorder ends") from error
        if not final.exists():
            _write(segment, final, live=False)
        segment.unlink()
    return final


def land_copy(segment: Path, copy: Path) -> Path:
    """Write what a segment holds by now to another trace file; the segment stays."""
    return _write(segment, copy, live=is_live(segment))


def land_abandoned(folder: Path) -> list[Path]:
    """Land every segment in a folder whose recorder is gone; return the trace files made.

    What cannot land (another process lands it, the disk refuses) stays for the next time.
    """
    landed = []
    for path in sorted(folder.glob("*.segment")):
        with contextlib.suppress(FileNotFoundError, EcoError):
            if is_segment(path) and not is_live(path):
                landed.append(land(path))
    return landed


def _write(segment: Path, final: Path, *, live: bool) -> Path:
    content = read_content(segment)
    recording = _recording(content, segment)
    runs, notes = _runs(content, recording, live=live)
    return write_trace(
        final,
        recording=recording,
        devices=content.devices.values(),
        configs=[*content.configs.values(), *([_UNKNOWN] if _lacks_config(content) else [])],
        runs=runs,
        marks=[mark for mark in content.marks if mark.run_id in content.runs],
        samples=read_samples(segment, frozenset(content.runs)),
        notes=[*content.notes, *notes],
    )


def _recording(content: SegmentContent, segment: Path) -> Recording:
    if content.recording is not None:
        return content.recording
    owners = {run.recording_id for run in content.runs.values()}
    return Recording(min(owners, default=content_id(str(segment.name))), host="unknown", started_utc_ns=None)


def _runs(content: SegmentContent, recording: Recording, *, live: bool) -> tuple[list[Run], list[Note]]:
    runs, notes = [], _damage_notes(content, recording)
    for run in content.runs.values():
        config_id = run.config_id if run.config_id in content.configs else _UNKNOWN.id
        run = replace(run, config_id=config_id)
        if run.status == "running" and not live:
            run = _truncated(run, content, recording)
            notes.append(
                Note(
                    "truncated",
                    "the recorder ended before the run did: what came after its last sample is missing",
                    severity="warning",
                    recording_id=recording.id,
                    run_id=run.id,
                    t_ns=run.end_t_ns,
                )
            )
        runs.append(run)
    return runs, notes


def _truncated(run: Run, content: SegmentContent, recording: Recording) -> Run:
    last = content.last_t_ns.get(run.id, run.start_t_ns)
    offset = recording.clock_offset_ns
    ended_utc_ns = None if last is None or offset is None else last + offset
    return replace(run, status="truncated", end_t_ns=last, ended_utc_ns=ended_utc_ns)


def _damage_notes(content: SegmentContent, recording: Recording) -> list[Note]:
    if not content.damages_count:
        return []
    text = f"{content.damages_count} damaged places, {content.damaged_bytes} bytes passed over"
    return [Note("damaged_frames", text, severity="warning", recording_id=recording.id)]


def _lacks_config(content: SegmentContent) -> bool:
    return any(run.config_id not in content.configs for run in content.runs.values())
