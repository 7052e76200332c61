"""A segment: the append-only file that a recorder writes while it records."""

import errno
import fcntl
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from collectors.trace.frames import SEGMENT_MAGIC, Framed, read_frames
from collectors.trace.records import Config, Device, Mark, Note, Recording, Run, Sample

_PENDING_BYTES = 8 << 20  # what is kept in memory while the disk refuses; at 10 Hz and 3 devices over an hour
_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


class SegmentWriter:
    """An open segment, locked as long as its recorder lives.

    `append` is memory only; `flush` hands everything to the kernel, which keeps it when the process is
    killed. While the disk refuses, frames wait in memory, at most 8 MiB; what comes after is dropped, counted.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._pending = bytearray(SEGMENT_MAGIC)
        self.path = path
        self.dropped_frames = 0
        self.refusal: OSError | None = None
        self.flush()

    def append(self, frame: bytes) -> None:
        """Add whole frames to what the next flush writes."""
        if len(self._pending) + len(frame) > _PENDING_BYTES:
            self.dropped_frames += 1
            return
        self._pending += frame

    def flush(self) -> bool:
        """Write what is pending; False when the disk refuses, then `refusal` says why."""
        try:
            while self._pending:
                written = os.write(self._descriptor, self._pending)
                del self._pending[:written]
        except OSError as error:
            if error.errno not in _REFUSALS:
                raise
            self.refusal = error
            return False
        self.refusal = None
        return True

    def close(self) -> None:
        """Flush, and let go of the lock."""
        self.flush()
        os.close(self._descriptor)


@dataclass(slots=True)
class SegmentContent:
    """What a segment holds, but for its samples, which `read_samples` streams."""

    recording: Recording | None = None
    devices: dict[int, Device] = field(default_factory=dict)
    configs: dict[int, Config] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    last_t_ns: dict[int, int] = field(default_factory=dict)  # by run
    samples_count: int = 0
    damaged_bytes: int = 0
    damages_count: int = 0


def is_segment(path: Path) -> bool:
    """Return whether a file is a segment, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(SEGMENT_MAGIC)) == SEGMENT_MAGIC


def is_live(path: Path) -> bool:
    """Return whether the recorder that writes this segment still lives."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def read_content(path: Path) -> SegmentContent:
    """Return everything in a segment but its samples; a damaged stretch is counted and passed over."""
    content = SegmentContent()
    for length, record in _frames(path):
        if record is None:
            content.damaged_bytes += length
            content.damages_count += 1
        else:
            _take(content, record)
    return content


def read_samples(path: Path, run_ids: frozenset[int]) -> Iterator[Sample]:
    """Yield the samples of these runs in the order in which they were written."""
    for _, record in _frames(path):
        if isinstance(record, Sample) and record.run_id in run_ids:
            yield record


def _take(content: SegmentContent, record: Framed) -> None:
    if isinstance(record, Sample):
        content.samples_count += 1
        content.last_t_ns[record.run_id] = max(record.t_ns, content.last_t_ns.get(record.run_id, 0))
    elif isinstance(record, Mark):
        content.marks.append(record)
        content.last_t_ns[record.run_id] = max(record.t_ns, content.last_t_ns.get(record.run_id, 0))
    elif isinstance(record, Note):
        content.notes.append(record)
    elif isinstance(record, Run):
        content.runs[record.id] = record
    elif isinstance(record, Device):
        content.devices[record.id] = record
    elif isinstance(record, Config):
        content.configs[record.id] = record
    else:
        content.recording = record


def _frames(path: Path) -> Iterator[tuple[int, Framed | None]]:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= len(SEGMENT_MAGIC):
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield from read_frames(data, len(SEGMENT_MAGIC))
