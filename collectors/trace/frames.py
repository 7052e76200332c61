"""Frames of a segment: records as bytes that can be told from damage.

A frame is magic (2 bytes), kind (1), payload length (4), CRC-32 of the three fields and payload (4), payload.
A reader that meets anything else looks for the next frame whose CRC holds, so damage costs the frames it
touches and no other.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, fields
from operator import attrgetter
from struct import Struct
from typing import Any, Protocol

from collectors.trace.records import Config, Device, Mark, Note, Recording, Run, Sample

SEGMENT_MAGIC = b"ECOTRACE1\n"
_MAGIC = b"\xec\x0a"
_HEAD = Struct("<2sBII")
_JSON, _SAMPLE, _MARK = 1, 2, 3
_LONGEST = 1 << 20  # a length beyond this is damage
_KEYS = Struct("<qqqI")
_MARK_KEYS = Struct("<qqq")
_NONE = -(1 << 63)

_VALUES = tuple(field.name for field in fields(Sample))[3:]
_INTEGERS = frozenset(
    {
        "sensor_t_ns",
        "memory_bytes",
        "throttle_bits",
        "throttle_power_ns",
        "throttle_thermal_ns",
        "process_memory_bytes",
    }
)
_CODES = tuple("q" if name in _INTEGERS else "d" for name in _VALUES)
_RECORDS: dict[str, Any] = {kind.__name__: kind for kind in (Recording, Device, Config, Run, Note)}
_formats: dict[int, tuple[Struct, tuple[int, ...]]] = {}

Framed = Recording | Device | Config | Run | Note | Mark | Sample


class Buffer(Protocol):
    """What frames are read from: bytes, or a mapped file."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: slice, /) -> bytes: ...
    def find(self, sub: bytes, start: int, /) -> int:
        """Return where `sub` begins, -1 for nowhere."""
        ...


class Values(Protocol):
    """Anything with the value columns of a sample: a `Reading` or a `Sample`."""


_get_values = attrgetter(*_VALUES)


def frame_sample(run_ids: tuple[int, ...], device_id: int, t_ns: int, values: Values) -> bytes:
    """Return the frames of one reading, one for each open run; empty when nothing was read."""
    mask, present = 0, []
    for bit, value in enumerate(_get_values(values)):
        if value is not None:
            mask |= 1 << bit
            present.append(value)
    if not mask:
        return b""
    layout, integers = _formats.get(mask) or _format(mask)
    for at in integers:
        present[at] = int(present[at])
    body = layout.pack(*present)
    return b"".join([_frame(_SAMPLE, _KEYS.pack(run, device_id, t_ns, mask) + body) for run in run_ids])


def frame_record(record: Recording | Device | Config | Run | Note) -> bytes:
    """Return the frame of one record; a later frame of the same id replaces the earlier."""
    content = {"is": type(record).__name__, **asdict(record)}
    return _frame(_JSON, json.dumps(content, separators=(",", ":"), default=str).encode())


def frame_mark(mark: Mark) -> bytes:
    """Return the frame of one mark."""
    items = _NONE if mark.items_count is None else mark.items_count
    return _frame(_MARK, _MARK_KEYS.pack(mark.run_id, mark.t_ns, items) + mark.phase.encode())


def read_frames(data: Buffer, start: int = 0) -> Iterator[tuple[int, Framed | None]]:
    """Yield (bytes passed, record) for each frame; (bytes skipped, None) for each damaged stretch."""
    at, end = start, len(data)
    while at < end:
        payload, kind, length = _sound_frame(data, at)
        if payload is None:
            following = _next_sound(data, at + 1)
            yield following - at, None
            at = following
            continue
        yield length, _decode(kind, payload)
        at += length


def _frame(kind: int, payload: bytes) -> bytes:
    crc = zlib.crc32(payload, kind ^ len(payload))
    return _HEAD.pack(_MAGIC, kind, len(payload), crc) + payload


def _sound_frame(data: Buffer, at: int) -> tuple[bytes | None, int, int]:
    head = data[at : at + _HEAD.size]
    if len(head) < _HEAD.size:
        return None, 0, 0
    magic, kind, length, crc = _HEAD.unpack(head)
    if magic != _MAGIC or length > _LONGEST or kind not in (_JSON, _SAMPLE, _MARK):
        return None, 0, 0
    payload = data[at + _HEAD.size : at + _HEAD.size + length]
    if len(payload) < length or zlib.crc32(payload, kind ^ length) != crc:
        return None, 0, 0
    return payload, kind, _HEAD.size + length


def _next_sound(data: Buffer, at: int) -> int:
    while (at := data.find(_MAGIC, at)) >= 0:
        if _sound_frame(data, at)[0] is not None:
            return at
        at += 1
    return len(data)


def _format(mask: int) -> tuple[Struct, tuple[int, ...]]:
    bits = [bit for bit in range(len(_VALUES)) if mask >> bit & 1]
    codes = [_CODES[bit] for bit in bits]
    made = Struct("<" + "".join(codes)), tuple(at for at, code in enumerate(codes) if code == "q")
    _formats[mask] = made
    return made


def _decode(kind: int, payload: bytes) -> Framed:
    if kind == _SAMPLE:
        run_id, device_id, t_ns, mask = _KEYS.unpack_from(payload)
        layout, _ = _formats.get(mask) or _format(mask)
        values = iter(layout.unpack_from(payload, _KEYS.size))
        return Sample(
            run_id, device_id, t_ns, *[next(values) if mask >> b & 1 else None for b in range(len(_VALUES))]
        )
    if kind == _MARK:
        run_id, t_ns, items = _MARK_KEYS.unpack_from(payload)
        phase = payload[_MARK_KEYS.size :].decode()
        return Mark(run_id, t_ns, phase, None if items == _NONE else items)
    content = json.loads(payload)
    record: Framed = _RECORDS[content.pop("is")](**content)
    return record
