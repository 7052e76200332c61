from dataclasses import astuple
from pathlib import Path

import duckdb
import pytest

from collectors.trace import Config, Device, EcoError, Mark, Note, Recording, Run, Sample
from collectors.trace.frames import frame_mark, frame_record, frame_sample
from collectors.trace.land import find_traces, land, land_abandoned
from collectors.trace.reader import open_trace, readable_trace
from collectors.trace.segment import SegmentWriter
from collectors.trace.writer import write_trace

RECORDING = Recording(7, "here", 1_000, clock_offset_ns=500)
CONFIG = Config(task="t", model="m", framework="f", precision="fp32", batch_size=8)
DEVICE = Device(3, 7, "cpu", "CPU", "package", "rapl", energy_source="counter")
RUN = Run(5, 7, CONFIG.id, start_t_ns=0)
SAMPLES = [
    Sample(5, 3, 300, energy_j=1.25, util_ratio=0.5),
    Sample(5, 3, 100, sensor_t_ns=99, power_w=250.0, memory_bytes=1 << 40, throttle_bits=4),
    Sample(5, 2, 200, temperature_c=41.5),
]


def fill(writer: SegmentWriter) -> None:
    for record in (RECORDING, CONFIG, DEVICE, RUN, Note("why", "because", run_id=5)):
        writer.append(frame_record(record))
    writer.append(frame_mark(Mark(5, 0, "idle")) + frame_mark(Mark(5, 250, "infer", 10)))
    for sample in SAMPLES:
        writer.append(frame_sample((sample.run_id,), sample.device_id, sample.t_ns, sample))


def test_what_is_written_is_read_back_sorted(tmp_path: Path) -> None:
    path = write_trace(
        tmp_path / "a.duckdb",
        recording=RECORDING,
        devices=[DEVICE],
        configs=[CONFIG, CONFIG],
        runs=[RUN],
        marks=[Mark(5, 250, "infer", 10), Mark(5, 0, "idle")],
        samples=SAMPLES,
        notes=[Note("a", "b")],
    )
    con = open_trace(path)
    assert con.execute("FROM sample").fetchall() == [astuple(SAMPLES[at]) for at in (2, 1, 0)]
    assert con.execute("FROM recording").fetchall() == [astuple(RECORDING)]
    assert con.execute("FROM config").fetchall() == [(CONFIG.id, *astuple(CONFIG))]
    assert con.execute("SELECT phase FROM mark").fetchall() == [("idle",), ("infer",)]
    assert list(tmp_path.iterdir()) == [path]


def test_a_trace_is_never_overwritten(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.duckdb", recording=RECORDING)
    with pytest.raises(EcoError, match="never overwritten"):
        write_trace(path, recording=RECORDING)


def test_a_segment_reads_like_the_trace_it_becomes(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "a.segment")
    fill(writer)
    writer.flush()
    live = open_trace(tmp_path / "a.segment")
    assert live.execute("SELECT status FROM run").fetchall() == [("running",)]
    with pytest.raises(EcoError, match="being recorded"):
        land(writer.path)
    assert find_traces(tmp_path) == [writer.path]
    writer.close()
    dead = open_trace(tmp_path / "a.duckdb")  # its name to come finds the segment
    assert dead.execute("SELECT status, end_t_ns, ended_utc_ns FROM run").fetchall() == [
        ("truncated", 300, 800)
    ]
    assert land_abandoned(tmp_path) == find_traces(tmp_path) == [tmp_path / "a.duckdb"]
    landed = open_trace(tmp_path / "a.duckdb")
    assert landed.execute("FROM sample").fetchall() == [astuple(SAMPLES[at]) for at in (2, 1, 0)]
    assert landed.execute("SELECT phase, items_count FROM mark").fetchall() == [("idle", None), ("infer", 10)]
    assert landed.execute("SELECT code FROM note ORDER BY 1").fetchall() == [("truncated",), ("why",)]


def test_a_trace_of_an_older_schema_is_migrated_in_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collectors.trace import reader, schema

    path = write_trace(tmp_path / "a.duckdb", recording=RECORDING, samples=SAMPLES)
    before = path.read_bytes()
    later = schema.Migration(
        "colour", lambda con: con.execute("ALTER TABLE sample ADD COLUMN colour VARCHAR")
    )
    for module in (schema, reader):
        monkeypatch.setattr(module, "MIGRATIONS", (*schema.MIGRATIONS, later))
    con = open_trace(path)
    assert con.execute("SELECT colour, count(*) FROM sample GROUP BY 1").fetchall() == [(None, 3)]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"hello, world, this is text", "not a trace"),
        ("other", "not a trace"),
    ],
)
def test_what_is_not_a_trace_is_one_clear_line(tmp_path: Path, content: object, message: str) -> None:
    path = tmp_path / "x.duckdb"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "other":
        duckdb.connect(str(path)).close()
    with pytest.raises(EcoError, match=message) as caught:
        open_trace(path)
    assert caught.value.hint


def test_a_damaged_trace_and_a_newer_one_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from collectors.trace import reader

    path = write_trace(tmp_path / "a.duckdb", recording=RECORDING, samples=SAMPLES)
    torn = tmp_path / "torn.duckdb"
    torn.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(EcoError, match="damaged"):
        open_trace(torn)
    monkeypatch.setattr(reader, "MIGRATIONS", ())
    with pytest.raises(EcoError, match="schema 1; this version reads up to 0"), readable_trace(path):
        pass
