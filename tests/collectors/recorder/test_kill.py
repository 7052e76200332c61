"""Whatever is killed, at most 1.5 s of samples are lost, nobody is left behind, and the run says what happened."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.trace.land import land_abandoned
from tests.collectors.recorder.conftest import Command, alive, state, the_trace, until

Start = Callable[..., Command]
WORKLOAD = "echo $$; exec sleep 30"
RECORDED_S = 1.2


def recording(command: Start, *options: str) -> tuple[Command, int]:
    """A recording of a sleeping workload that has gone on for a while, and the workload's process id."""
    running = command("--idle", "0", "--hz", "20", *options, "--", "sh", "-c", WORKLOAD)
    assert running.process.stdout is not None
    workload = int(running.process.stdout.readline())
    time.sleep(RECORDED_S)
    until(lambda: written_count(running.out))
    return running, workload


def written_count(folder: Path) -> int:
    """How many samples are on disk; on a busy machine there may be none after a second."""
    [(count,)] = the_trace(folder).execute("SELECT count(*) FROM sample").fetchall()
    return int(count)


def lost_s(folder: Path, killed_ns: int) -> float:
    [(last,)] = the_trace(folder).execute("SELECT max(t_ns) FROM sample").fetchall()
    return (killed_ns - last) / 1e9


def status(folder: Path) -> tuple[str, int | None, set[str]]:
    con = the_trace(folder)
    [(found, code)] = con.execute("SELECT status, exit_code FROM run").fetchall()
    notes = con.execute(
        "SELECT DISTINCT code FROM note WHERE code NOT IN ('second_recorder', 'resolution')"
    ).fetchall()
    return found, code, {row[0] for row in notes}


def test_kill_9_of_the_recorder_costs_a_second_and_leaves_the_workload_to_its_owner(
    command: Start, tmp_path: Path
) -> None:
    running, workload = recording(command)
    recorder = running.recorder()
    killed_ns = time.monotonic_ns()
    os.kill(recorder, signal.SIGKILL)
    time.sleep(0.1)
    assert lost_s(tmp_path, killed_ns) < 1.5  # readable at once, unlanded
    assert alive(workload)
    os.kill(workload, signal.SIGTERM)
    code, _, err = running.finish()
    assert code == 128 + signal.SIGTERM
    assert "the recorder died" in err
    assert status(tmp_path)[0] == "truncated"
    assert lost_s(tmp_path, killed_ns) < 1.5
    assert list(tmp_path.glob("*.segment")) == []


def test_kill_9_of_the_workload_makes_a_failed_run(command: Start, tmp_path: Path) -> None:
    running, workload = recording(command)
    os.kill(workload, signal.SIGKILL)
    code, _, _ = running.finish()
    assert code == 128 + signal.SIGKILL
    assert status(tmp_path) == ("failed", 137, {"exit_code"})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_eco_collect_reaches_the_workload_and_ends_well(
    command: Start, tmp_path: Path, number: signal.Signals
) -> None:
    running, workload = recording(command)
    recorder, killed_ns = running.recorder(), time.monotonic_ns()
    running.process.send_signal(number)
    code, _, _ = running.finish()
    assert code == 128 + number
    assert not alive(workload)
    assert not alive(recorder)
    assert status(tmp_path) == ("failed", code, {"stopped"})
    assert lost_s(tmp_path, killed_ns) < 0


def test_kill_9_of_eco_collect_ends_its_workload_and_lands_the_trace(command: Start, tmp_path: Path) -> None:
    running, workload = recording(command)
    recorder, killed_ns = running.recorder(), time.monotonic_ns()
    running.process.kill()
    until(lambda: not alive(workload))
    until(lambda: not alive(recorder))
    assert status(tmp_path) == ("failed", None, {"owner_died"})
    assert lost_s(tmp_path, killed_ns) < 1.5
    assert list(tmp_path.glob("*.segment")) == []


def test_kill_9_of_both_leaves_a_segment_that_lands_later_and_no_orphan(
    command: Start, tmp_path: Path
) -> None:
    running, workload = recording(command)
    recorder, killed_ns = running.recorder(), time.monotonic_ns()
    running.process.send_signal(
        signal.SIGSTOP
    )  # or it may notice that the recorder died, and land its segment
    until(lambda: state(running.process.pid) == "T")
    os.kill(recorder, signal.SIGKILL)
    running.process.kill()
    until(lambda: not any(map(alive, (recorder, running.process.pid, workload))))
    assert len(land_abandoned(tmp_path)) == 1
    assert status(tmp_path)[0] == "truncated"
    assert lost_s(tmp_path, killed_ns) < 1.5


def test_sigterm_of_the_recorder_lands_what_it_has(command: Start, tmp_path: Path) -> None:
    running, workload = recording(command)
    recorder = running.recorder()
    os.kill(recorder, signal.SIGTERM)
    until(lambda: not alive(recorder))
    os.kill(workload, signal.SIGTERM)
    running.finish()
    found, _, notes = status(tmp_path)
    assert (found, notes) == ("truncated", {"signal"})


def test_a_workload_that_ignores_sigterm_is_killed_after_the_grace(
    command: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECO_GRACE_S", "0.5")
    running = command("--idle", "0", "--", "sh", "-c", "trap '' TERM; echo $$; sleep 30 & wait; sleep 30")
    assert running.process.stdout is not None
    workload = int(running.process.stdout.readline())
    running.process.terminate()
    code, _, _ = running.finish()
    assert code == 137
    assert not alive(workload)
