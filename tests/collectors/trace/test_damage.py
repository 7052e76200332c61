"""Damage costs the frames it touches, and nothing else."""

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.trace import Config, Device, Mark, Recording, Run, Sample
from collectors.trace.frames import SEGMENT_MAGIC, frame_mark, frame_record, frame_sample, read_frames
from collectors.trace.land import land
from collectors.trace.reader import open_trace
from collectors.trace.segment import SegmentWriter, read_content

CONFIG = Config(task="t", model="m", framework="f", precision="p")
RUN_ID, DEVICE_ID, SAMPLES = 5, 3, 200


def frames() -> list[bytes]:
    """A recording as a segment holds it: what describes it, then a mark and samples every 100 ms."""
    head = [
        frame_record(Recording(7, "here", 0, clock_offset_ns=0)),
        frame_record(CONFIG),
        frame_record(Device(DEVICE_ID, 7, "cpu", "CPU", "package", "rapl")),
        frame_record(Run(RUN_ID, 7, CONFIG.id, start_t_ns=0)),
        frame_mark(Mark(RUN_ID, 0, "infer")),
    ]
    samples = (
        Sample(RUN_ID, DEVICE_ID, at * 10**8, power_w=50.0 + at, energy_j=5.0 * at) for at in range(SAMPLES)
    )
    return head + [frame_sample((RUN_ID,), DEVICE_ID, sample.t_ns, sample) for sample in samples]


def times(content: bytes) -> set[int]:
    return {record.t_ns for _, record in read_frames(content) if isinstance(record, Sample)}


def test_a_file_cut_at_any_of_500_places_keeps_every_whole_frame_and_opens(tmp_path: Path) -> None:
    pieces = frames()
    whole = b"".join(pieces)
    ends = [sum(map(len, pieces[: at + 1])) for at in range(len(pieces))]
    rng = random.Random(20261123)
    for _ in range(500):
        cut = rng.randrange(len(whole))
        complete = sum(end <= cut for end in ends)
        assert len(times(whole[:cut])) == max(0, complete - 5)
    for cut in (0, 40, ends[3], ends[60] + 7):  # some of them all the way to an open file
        path = tmp_path / f"{cut}.segment"
        path.write_bytes(SEGMENT_MAGIC + whole[:cut])
        found = open_trace(path).execute(
            "SELECT (SELECT count(*) FROM sample), (FROM recording SELECT count(*))"
        )
        assert found.fetchall() == [(max(0, sum(end <= cut for end in ends) - 5), 1)]


@pytest.mark.parametrize("damage", ["flip", "zero", "insert", "remove"])
def test_damage_at_500_places_costs_only_the_frames_it_touches(damage: str) -> None:
    pieces = frames()
    whole, expected = b"".join(pieces), times(b"".join(pieces))
    starts = [sum(map(len, pieces[:at])) for at in range(len(pieces) + 1)]
    rng = random.Random(damage)
    for _ in range(125):
        at, length = rng.randrange(len(whole) - 16), rng.randrange(1, 16)
        replacement = {
            "flip": bytes(byte ^ (1 << rng.randrange(8)) for byte in whole[at : at + length]),
            "zero": bytes(length),
            "insert": whole[at : at + length] + rng.randbytes(9),
            "remove": b"",
        }[damage]
        hurt = whole[:at] + replacement + whole[at + length :]
        touched = {
            (index - 5) * 10**8
            for index in range(len(pieces))
            if starts[index] < at + length + (damage == "insert") and starts[index + 1] > at
        }
        assert expected - touched <= times(hurt) <= expected


def test_a_damaged_middle_lands_with_a_note(tmp_path: Path) -> None:
    content = bytearray(SEGMENT_MAGIC + b"".join(frames()))
    content[-40] ^= 1
    (tmp_path / "a.segment").write_bytes(content)
    con = open_trace(land(tmp_path / "a.segment"))
    assert con.execute("SELECT count(*) FROM sample").fetchone() == (SAMPLES - 1,)
    assert con.execute("SELECT count(*) FROM note WHERE code = 'damaged_frames'").fetchone() == (1,)


def test_a_full_disk_keeps_frames_in_memory_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SegmentWriter(tmp_path / "a.segment")
    really: Callable[[int, bytes], int] = os.write

    def short(descriptor: int, data: bytes) -> int:
        if short.room <= 0:  # type: ignore[attr-defined]
            raise OSError(errno.ENOSPC, "No space left on device")
        written = really(descriptor, bytes(data[: short.room]))  # type: ignore[attr-defined]
        short.room -= written  # type: ignore[attr-defined]
        return written

    short.room = 1000  # type: ignore[attr-defined]
    monkeypatch.setattr("collectors.trace.segment.os.write", short)
    for frame in frames():
        writer.append(frame)
    assert not writer.flush()
    assert writer.refusal is not None
    assert read_content(writer.path).samples_count < SAMPLES
    short.room = 10**9  # type: ignore[attr-defined]
    assert writer.flush()
    assert read_content(writer.path).samples_count == SAMPLES
    assert read_content(writer.path).damages_count == 0


def test_a_disk_that_stays_full_bounds_the_memory_and_counts_what_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SegmentWriter(tmp_path / "a.segment")

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("collectors.trace.segment.os.write", refuse)
    frame = bytes(1 << 16)
    for _ in range(200):
        writer.append(frame)
        writer.flush()
    assert writer.dropped_frames == 200 - 128
