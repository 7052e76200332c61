"""Gathering traces."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from collectors.trace import Config, Device, EcoError, Mark, Note, Recording, Run, Sample
from collectors.trace.writer import write_trace
from ecoanalysis.store.combine import combine
from ecoanalysis.store.database import open_database
from ecoanalysis.store.frame import frame

SECOND = 1_000_000_000
CONFIG = Config(task="t", model="m", framework="f", precision="fp32")


def trace(path: Path, recording_id: int, *, runs: int = 2, status: str = "ok", seconds: int = 5) -> Path:
    """A trace of `runs` runs with one sample a second at 100 W."""
    first = recording_id * 100
    ids = range(first, first + runs)
    device = Device(first, recording_id, "cpu", "cpu", "package", "rapl")
    return write_trace(
        path,
        recording=Recording(recording_id, f"host{recording_id}", started_utc_ns=0, ended_utc_ns=1),
        devices=[device],
        configs=[CONFIG],
        runs=[
            Run(run, recording_id, CONFIG.id, status=status, start_t_ns=0, end_t_ns=seconds * SECOND)
            for run in ids
        ],
        marks=[Mark(run, 0, "infer", 3) for run in ids],
        samples=[Sample(run, first, t * SECOND, power_w=100.0) for run in ids for t in range(seconds + 1)],
        notes=[Note("no_gpu", "none here", recording_id=recording_id)],
    )


def counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = ("recording", "device", "config", "run", "mark", "sample", "note")
    return {table: frame(con, f"SELECT count(*) FROM {table}").item() for table in tables}


def test_traces_of_several_machines_come_in_once(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        trace(tmp_path / f"{number}.duckdb", number)
    con = open_database(":memory:")
    first = combine(con, [tmp_path])
    assert [found.runs_added for found in first] == [2, 2, 2]
    wanted = {"recording": 3, "device": 3, "config": 1, "run": 6, "mark": 6, "sample": 36, "note": 3}
    assert counts(con) == wanted
    again = combine(con, [tmp_path, tmp_path / "1.duckdb"])
    assert [(found.runs_added, found.runs_known) for found in again] == [(0, 2)] * 3
    assert counts(con) == wanted


def test_a_copy_of_a_trace_under_another_name_brings_nothing(tmp_path: Path) -> None:
    content = trace(tmp_path / "a.duckdb", 1).read_bytes()
    (tmp_path / "copied.duckdb").write_bytes(content)
    con = open_database(":memory:")
    assert [found.runs_added for found in combine(con, [tmp_path])] == [2, 0]
    assert counts(con)["sample"] == 12


def test_an_unfinished_run_is_renewed_when_its_trace_has_gone_on_and_never_shortened(tmp_path: Path) -> None:
    early = trace(tmp_path / "early.duckdb", 1, status="running", seconds=3)
    late = trace(tmp_path / "late.duckdb", 1, seconds=5)
    con = open_database(":memory:")
    assert combine(con, [early])[0].runs_open == 2
    assert combine(con, [late])[0].runs_renewed == 2
    assert counts(con)["sample"] == 12
    assert combine(con, [early])[0].runs_renewed == 0
    assert counts(con)["sample"] == 12
    assert frame(con, "SELECT DISTINCT status FROM run").item() == "ok"


def test_samples_lie_in_the_order_of_run_device_and_time(tmp_path: Path) -> None:
    trace(tmp_path / "a.duckdb", 1, runs=50, seconds=40)
    con = open_database(":memory:")
    combine(con, [tmp_path])
    rows = con.execute("SELECT run_id, device_id, t_ns FROM sample").fetchall()
    assert rows == sorted(rows)


def test_a_bad_file_is_reported_and_the_others_come_in(tmp_path: Path) -> None:
    trace(tmp_path / "a.duckdb", 1)
    (tmp_path / "b.duckdb").write_bytes(b"")
    (tmp_path / "c.duckdb").write_bytes(b"no database" * 2000)
    damaged = bytearray((tmp_path / "a.duckdb").read_bytes())
    damaged[len(damaged) // 2 :] = b"\xff" * (len(damaged) - len(damaged) // 2)
    (tmp_path / "d.duckdb").write_bytes(bytes(damaged))
    con = open_database(":memory:")
    found = combine(con, [tmp_path])
    assert [bool(item.problem) for item in found] == [False, True, True, True]
    assert all(item.hint for item in found if item.problem)
    assert counts(con)["run"] == 2


def test_a_missing_path_is_refused_and_a_database_in_a_folder_passed_over(tmp_path: Path) -> None:
    trace(tmp_path / "a.duckdb", 1)
    open_database(tmp_path / "eco.duckdb").close()
    con = open_database(":memory:")
    assert len(combine(con, [tmp_path])) == 1
    assert "not a trace" in str(combine(con, [tmp_path / "eco.duckdb"])[0].problem)
    with pytest.raises(EcoError, match="no such file"):
        combine(con, [tmp_path / "nowhere"])


def test_a_recording_that_goes_on_gets_its_end(tmp_path: Path) -> None:
    device = Device(1, 1, "cpu", "cpu", "package", "rapl")
    going = Recording(1, "host", started_utc_ns=0)
    run = Run(5, 1, CONFIG.id, status="ok")
    for name, recording in (("a", going), ("b", replace(going, ended_utc_ns=9))):
        write_trace(
            tmp_path / f"{name}.duckdb", recording=recording, devices=[device], configs=[CONFIG], runs=[run]
        )
    con = open_database(":memory:")
    combine(con, [tmp_path])
    assert frame(con, "SELECT ended_utc_ns FROM recording").to_series().to_list() == [9]


def test_the_analysis_database_in_the_folder_of_the_traces_is_no_trace(tmp_path: Path) -> None:
    trace(tmp_path / "1.duckdb", 1)
    con = open_database(tmp_path / "eco.duckdb")
    assert [(found.runs_added, found.problem) for found in combine(con, [tmp_path])] == [(2, None)]
