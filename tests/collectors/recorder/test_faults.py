"""What goes wrong on a machine is a note in the trace, and the rest of the recording goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

import collectors
from collectors import Config
from collectors.host import recording
from collectors.recorder.clocks import Clocks
from collectors.recorder.journal import Journal
from collectors.recorder.sampler import Sampler, Slot
from collectors.sampling import Policy
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Reading
from collectors.trace import EcoError
from collectors.trace.records import Device, Recording
from collectors.trace.segment import SegmentWriter, read_content
from tests.collectors.recorder.conftest import Command, alive, the_trace
from tests.fakes.clock import FakeClock

Start = Callable[..., Command]
Script = Callable[..., None]
CONFIG = Config(task="t", model="m", framework="f", precision="fp32")


def codes(folder: Path) -> set[str]:
    return {row[0] for row in the_trace(folder).execute("SELECT code FROM note").fetchall()}


def test_a_sensor_that_vanishes_is_noted_and_the_others_go_on(script: Script, tmp_path: Path) -> None:
    script({"watts": 50}, {"watts": 200, "kind": "consumer_gpu", "counter": False, "vanish_s": 0.5})
    with collectors.record(CONFIG, out=tmp_path, hz=20):
        time.sleep(1.2)
    con = the_trace(tmp_path)
    spans = dict(
        con.execute(
            "SELECT kind, (max(t_ns) - min(t_ns)) / 1e9 FROM sample JOIN device ON device.id = device_id "
            "WHERE power_w IS NOT NULL GROUP BY kind"
        ).fetchall()
    )
    assert spans["cpu"] > 1.1
    assert spans["consumer_gpu"] < 0.6
    assert con.execute("SELECT count(*) FROM note WHERE code = 'sensor_vanished'").fetchone() == (1,)


def test_the_summary_shows_the_energy_of_a_lost_sensor_as_a_part_and_without_a_mean(
    command: Start, script: Script
) -> None:
    script({"watts": 50}, {"watts": 300, "kind": "gpu", "vanish_s": 1.0})
    _, _, err = command("--idle", "0s", "--hz", "10", "--", "sleep", "3.5").finish()
    cpu, gpu = [line for line in err.splitlines() if line.startswith("  energy")]
    assert "W mean" in cpu
    assert "W mean" not in gpu
    assert "of part of the run: last read" in err


def test_a_sensor_that_blocks_is_given_up_and_the_others_go_on(script: Script, tmp_path: Path) -> None:
    script({"watts": 200, "kind": "consumer_gpu", "block_s": 0.2}, {"watts": 50})
    with collectors.record(CONFIG, out=tmp_path, hz=20):
        time.sleep(4.5)
    con = the_trace(tmp_path)
    assert "sensor_blocked" in codes(tmp_path)
    late = con.execute(
        "SELECT count(*) FROM sample, run WHERE t_ns > start_t_ns + 3500000000 AND power_w = 50"
    ).fetchone()
    assert late is not None
    assert late[0] > 10


def test_a_folder_that_takes_no_file_stops_before_the_workload_starts(command: Start, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    running = command("--out", str(blocker / "traces"), "--", "touch", str(tmp_path / "ran"))
    code, _, err = running.finish()
    assert code == 2
    assert err.startswith("error: cannot write to")
    assert "--out" in err
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("hz", [float("nan"), 0.0, -1.0, float("inf")])
def test_a_rate_that_is_none_is_refused_before_anything_starts(hz: float, tmp_path: Path) -> None:
    with pytest.raises(EcoError, match="times a second"), collectors.record(CONFIG, out=tmp_path, hz=hz):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_recorders_at_once_each_have_a_file_and_the_second_says_so(
    script: Script, tmp_path: Path
) -> None:
    with recording(tmp_path / "a") as first, recording(tmp_path / "b") as second:
        assert first.segment != second.segment
    assert "second_recorder" in codes(tmp_path / "b")


def test_a_recorder_that_came_second_is_seen_by_a_third_when_the_first_has_left(
    script: Script, tmp_path: Path
) -> None:
    with ExitStack() as first:
        first.enter_context(recording(tmp_path / "a"))
        with recording(tmp_path / "b"):
            first.close()
            with recording(tmp_path / "c"):
                pass
    assert "second_recorder" in codes(tmp_path / "c")


def test_thousands_of_marks_are_merged_and_no_item_is_lost(script: Script, tmp_path: Path) -> None:
    with collectors.record(CONFIG, out=tmp_path) as run:
        run.mark("infer")
        for _ in range(20_000):
            run.mark("infer", items=3)
        run.mark("end")
    con = the_trace(tmp_path)
    assert con.execute("SELECT items_count, status FROM run").fetchall() == [(60_000, "ok")]
    marks = con.execute("SELECT count(*), sum(items_count) FROM mark WHERE phase = 'infer'").fetchall()
    assert marks[0][1] == 60_000
    assert marks[0][0] < 100


def test_a_workload_that_outlives_its_parent_is_noted_and_left_alone(command: Start, tmp_path: Path) -> None:
    running = command("--idle", "0", "--", "sh", "-c", "sleep 60 >&- 2>&- & echo $!")
    code, out, err = running.finish()
    left = int(out)
    try:
        assert code == 0
        assert alive(left)
        assert "outlive" in err
        assert "workload_left_processes" in codes(tmp_path)
    finally:
        os.kill(left, signal.SIGKILL)


def test_a_command_too_short_to_resolve_is_repeated_within_its_run(command: Start, tmp_path: Path) -> None:
    code, _, err = command(
        "--idle", "0", "--at-least", "0.5s", "--items", "4", "--", "sleep", "0.15"
    ).finish()
    assert code == 0
    con = the_trace(tmp_path)
    (items,) = con.execute("SELECT items_count FROM run").fetchone() or (0,)
    (text,) = con.execute("SELECT text FROM note WHERE code = 'repeated_command'").fetchone() or ("",)
    count = items // 4
    assert items == 4 * count
    assert 2 <= count <= 4  # 0.15 s each, and the time to start one
    assert f"ran {count}× in this run" in text
    assert f", {count}×" in err


def test_a_repeated_command_that_fails_is_not_repeated_further(command: Start, tmp_path: Path) -> None:
    assert command("--idle", "0", "--at-least", "9s", "--", "sh", "-c", "exit 3").finish()[0] == 3
    (status,) = the_trace(tmp_path).execute("SELECT status FROM run").fetchone() or ("",)
    assert status == "failed"


def test_a_block_that_raises_makes_a_failed_run(script: Script, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="boom"), collectors.record(CONFIG, out=tmp_path):
        raise ValueError("boom")
    con = the_trace(tmp_path)
    assert con.execute("SELECT status FROM run").fetchall() == [("failed",)]
    assert con.execute("SELECT text FROM note WHERE code = 'failed'").fetchall() == [("ValueError: boom",)]


def test_a_block_whose_generator_is_closed_was_stopped_and_did_not_fail(
    script: Script, tmp_path: Path
) -> None:
    def turns() -> Generator[None, None, None]:
        with collectors.record(CONFIG, out=tmp_path):
            yield

    held = turns()
    next(held)
    held.close()
    con = the_trace(tmp_path)
    assert con.execute("SELECT status FROM run").fetchall() == [("truncated",)]
    assert {"stopped"} == codes(tmp_path) & {"stopped", "failed"}


def test_runs_of_child_processes_share_one_file_also_when_one_is_killed(
    script: Script, tmp_path: Path
) -> None:
    child = (
        "import collectors, os, sys; from collectors import Config\n"
        "c = Config(task='t', model=sys.argv[1], framework='f', precision='p')\n"
        "with collectors.record(c, repeat=2) as run:\n"
        "    run.mark('infer', items=4); run.quality(0.5, 'accuracy'); run.note('a', 'b')\n"
        "    if sys.argv[1] == 'bad': os.kill(os.getpid(), 9)\n"
    )
    with recording(tmp_path) as host:
        host.skip(CONFIG, "needs_gpu", "there is no GPU")
        for name in ("good", "bad"):
            subprocess.run([sys.executable, "-c", child, name], env={**os.environ, **host.env}, check=False)
    assert host.path is not None
    assert len(list(tmp_path.iterdir())) == 1
    con = the_trace(tmp_path)
    rows = con.execute(
        "SELECT model, status, repeat, items_count, quality_metric FROM run JOIN config ON config.id = config_id "
        "ORDER BY model"
    ).fetchall()
    assert rows == [
        ("bad", "failed", 2, 4, "accuracy"),
        ("good", "ok", 2, 4, "accuracy"),
        ("m", "skipped", 0, None, None),
    ]
    assert {"workload_died", "needs_gpu", "a"} <= codes(tmp_path)


def test_a_run_within_a_recorded_command_has_its_own_samples_and_says_so(
    command: Start, tmp_path: Path
) -> None:
    inner = (
        "import collectors, time; from collectors import Config\n"
        "collectors.mark('load'); time.sleep(.2)\n"
        "with collectors.record(Config(task='t', model='inner', framework='f', precision='p')):\n"
        "    time.sleep(.5)\n"
    )
    code, _, _ = command("--idle", "0", "--hz", "20", "--", sys.executable, "-c", inner).finish()
    assert code == 0
    con = the_trace(tmp_path)
    counts = dict(
        con.execute(
            "SELECT model, count(*) FROM sample JOIN run ON run.id = run_id JOIN config ON config.id = config_id "
            "WHERE power_w IS NOT NULL GROUP BY 1"
        ).fetchall()
    )
    assert 8 <= counts["inner"] < counts[Path(sys.executable).name]
    extra = con.execute("SELECT extra FROM run WHERE extra IS NOT NULL").fetchall()
    assert len(json.loads(extra[0][0])["within_run_ids"]) == 1
    assert ("load",) in con.execute("SELECT phase FROM mark").fetchall()
    assert "overlapping_runs" in codes(tmp_path)


def test_a_recorder_that_does_not_start_is_one_clear_error(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECO_MACHINE", "collectors.nowhere:machine")
    with pytest.raises(EcoError, match="the recorder did not start"), recording(tmp_path):
        pass


def test_only_rank_0_of_a_node_records(
    command: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_LOCALID", "1")
    code, out, err = command("--", "echo", "hello").finish()
    assert (code, out) == (0, "hello\n")
    assert "unrecorded" in err
    assert list(tmp_path.iterdir()) == []


def test_only_rank_0_of_a_node_starts_a_recorder_of_its_own(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "3")
    with collectors.record(CONFIG, out=tmp_path) as run:
        run.mark("infer", items=1)
    assert run.path is None
    assert "local rank 3 runs unrecorded" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_read_that_fails_once_costs_one_reading_and_a_dead_thermometer_no_counter(tmp_path: Path) -> None:
    clock = FakeClock()
    hiccups = iter([False, True, False, False, True, True, True, True])

    def fast() -> Reading:
        if next(hiccups):
            raise OSError("try again")
        return Reading(power_w=7.0)

    def slow() -> Reading:
        raise OSError("no thermometer")

    device = Device(1, None, "cpu", "cpu", "package", "scripted", energy_source="power", update_period_s=0.1)
    clocks = Clocks(clock.monotonic_ns, clock.utc_ns, clock.monotonic_ns)
    journal = Journal(
        SegmentWriter(tmp_path / "a.segment"), Recording(7, "here", 0), [device], Policy(), clocks
    )
    slot = Slot(Meter(device, fast, slow), device)
    sampler = Sampler([slot], journal)
    for tick in range(8):
        assert not slot.gone, tick
        sampler.fast()
        sampler.slow()
        clock.advance(0.1)
    assert slot.gone  # the fourth in a row: it is not a hiccup
    journal.close()
    noted = [note.code for note in read_content(tmp_path / "a.segment").notes]
    assert noted == ["sensor_refused", "sensor_partly_lost", "sensor_vanished"]


def test_a_bug_in_a_sensor_ends_the_recording_and_keeps_what_there_is(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    root = Path(__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.setenv("ECO_MACHINE", "tests.collectors.recorder.broken:machine")
    with collectors.record(CONFIG, out=tmp_path, hz=20) as run:
        time.sleep(0.9)
    assert run.path is not None
    con = the_trace(tmp_path)
    assert con.execute("SELECT status FROM run").fetchall() == [("truncated",)]
    counted = con.execute("SELECT count(*) FROM sample WHERE power_w = 1").fetchone()
    assert counted is not None
    assert counted[0] > 5
    assert "recorder_failed" in codes(tmp_path)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_newer_workload_s_unknown_fields_are_passed_over(script: Script, tmp_path: Path) -> None:
    with recording(tmp_path) as host:
        known = {"task": "t", "model": "m", "framework": "f", "precision": "p"}
        message = {
            "do": "begin",
            "run": 5,
            "config": {**known, "colour": "red"},
            "repeat": 0,
            "pid": os.getpid(),
        }
        host.channel.ask({**message, "command": "c", "t": time.monotonic_ns()})
    assert the_trace(tmp_path).execute("SELECT model, status FROM run, config").fetchall() == [
        ("m", "truncated")
    ]
