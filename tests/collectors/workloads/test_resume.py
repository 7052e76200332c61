import json
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.trace.records import Device, Mark, Note, Recording, Run, Sample, new_id
from collectors.trace.writer import write_trace
from collectors.workloads.case import Case, Facts, config
from collectors.workloads.conductor import Progressed
from collectors.workloads.resume import _item_seconds, recorded

CASE = Case("tabular-classification", "tabular", "f", "knn", "sklearn", "fp64", 2, "digits")
OTHER = Case("tabular-classification", "tabular", "f", "knn", "sklearn", "fp64", 4, "digits")
FAILED = Case("tabular-classification", "tabular", "f", "knn", "sklearn", "fp32", 4, "digits")

# what a recorder says of a run: 80 J in the phase's 2 s
SUMMARY = json.dumps({
    "devices": {"1": {"in_node": True}}, "phases": {"infer": {"duration_s": 2.0, "energy_j": {"1": 80.0}}}
})  # fmt: skip


def _trace(
    path: Path, runs: list[tuple[Case, int, str, str | None]], text: str = "x", stood_in: str = "end"
) -> None:
    recording = Recording(id=new_id(), host="h", started_utc_ns=1)
    device = Device(new_id(), recording.id, "cpu", "c", "package", "procfs")
    rows, marks, notes, samples = [], [], [], []
    for number, (case, repeat, status, code) in enumerate(runs):
        what = config(case, Facts(1, 8, "x")).id
        run = Run(new_id(), recording.id, what, repeat, status=status, policy=SUMMARY)
        run = replace(run, start_t_ns=10 * number, end_t_ns=10 * number + 9)
        rows.append(run)
        second = 1_000_000_000
        marks += [
            Mark(run.id, 0, "warmup"),
            Mark(run.id, second, "infer"),
            Mark(run.id, 3 * second, "infer", 10),
        ]
        marks += [Mark(run.id, 4 * second, stood_in)]
        samples.append(Sample(run.id, device.id, 0, util_ratio=0.5))
        if code:
            notes.append(Note(code, text, run_id=run.id))
    configs = list({config(case, Facts(1, 8, "x")) for case, *_ in runs})
    write_trace(
        path,
        recording=recording,
        devices=[device],
        configs=configs,
        runs=rows,
        marks=marks,
        samples=samples,
        notes=notes,
    )


def test_what_ended_well_is_done_and_what_broke_off_is_not(tmp_path: Path) -> None:
    _trace(
        tmp_path / "a.duckdb",
        [(CASE, 0, "ok", None), (CASE, 1, "truncated", None), (OTHER, 0, "failed", "failed")],
    )
    _trace(tmp_path / "b.duckdb", [(CASE, 2, "ok", None), (FAILED, 0, "failed", "precision_not_taken")])
    board = {case: Progressed() for case in (CASE, OTHER, FAILED)}
    assert recorded(tmp_path, board) == []
    assert set(board[CASE].repeats) == {0, 2}
    assert [one.item_s for one in board[CASE].in_order()] == pytest.approx([0.2, 0.2])  # 2 s for 10 items
    assert board[CASE].next_repeat() == 1
    assert board[OTHER].next_repeat() == 0
    assert board[OTHER].failure is None
    assert board[FAILED].failure is not None


def test_what_breaks_off_twice_while_the_suite_goes_on_is_given_up(tmp_path: Path) -> None:
    _trace(tmp_path / "a.duckdb", [(CASE, 0, "failed", "failed"), (OTHER, 0, "ok", None)])
    _trace(tmp_path / "b.duckdb", [(CASE, 0, "failed", "workload_died"), (OTHER, 1, "ok", None)])
    board = {CASE: Progressed()}
    recorded(tmp_path, board)
    assert "broke off 2 times" in (board[CASE].failure or "")


def test_what_broke_off_because_the_suite_was_stopped_is_done_again_however_often(tmp_path: Path) -> None:
    for name in "abc":
        _trace(tmp_path / f"{name}.duckdb", [(OTHER, 0, "ok", None), (CASE, 0, "truncated", None)])
    board = {CASE: Progressed()}
    recorded(tmp_path, board)
    assert (board[CASE].failure, board[CASE].next_repeat()) == (None, 0)


def test_what_broke_off_while_another_run_had_its_turn_is_done_again_however_often(tmp_path: Path) -> None:
    runs = [(CASE, 0, "failed", "workload_died"), (OTHER, 0, "ok", None)]
    for name in "abc":
        _trace(tmp_path / f"{name}.duckdb", runs, stood_in="between_turns")
    board = {CASE: Progressed()}
    recorded(tmp_path, board)
    assert (board[CASE].failure, board[CASE].next_repeat()) == (None, 0)


def test_a_damaged_file_in_the_folder_is_named_and_does_not_stop_the_suite(tmp_path: Path) -> None:
    (tmp_path / "bad.duckdb").write_bytes(b"not a trace")
    (problem,) = recorded(tmp_path, {CASE: Progressed()})
    assert "bad.duckdb" in problem


def test_the_time_of_a_sliced_window_is_that_of_its_slices_and_the_yardstick_has_its_own() -> None:
    ms = 1_000_000
    marks = [
        (7, 0, "warmup", None),
        *[(7, 100 * ms, "yardstick", None), (7, 104 * ms, "yardstick", None)],
        *[(7, 105 * ms, "infer", None), (7, 205 * ms, "infer", 10)],
        *[(7, 206 * ms, "yardstick", None), (7, 212 * ms, "yardstick", None)],
        *[(7, 213 * ms, "infer", None), (7, 263 * ms, "infer", None), (7, 313 * ms, "infer", 10)],
        (7, 314 * ms, "end", None),
    ]
    # 200 ms in two slices for 20 items; 4 ms and 6 ms for two bursts
    assert _item_seconds(marks) == {
        (7, "infer"): pytest.approx(0.010),
        (7, "yardstick"): pytest.approx(0.005),
    }


def test_processor_time_fastest_batch_and_energy_are_known_after_a_resume(tmp_path: Path) -> None:
    text = "per item: processor time 0.19 s, fastest batch 0.18 s"
    _trace(tmp_path / "a.duckdb", [(CASE, 0, "ok", "repeat_times")], text)
    board = {CASE: Progressed()}
    recorded(tmp_path, board)
    (repeat,) = board[CASE].in_order()
    assert (repeat.cpu_item_s, repeat.fastest_item_s) == (0.19, 0.18)
    assert repeat.item_j == pytest.approx(8.0)  # 80 J in 2 s for 10 items


def test_a_disturbed_repeat_is_known_as_such_after_a_resume(tmp_path: Path) -> None:
    _trace(tmp_path / "a.duckdb", [(CASE, 0, "ok", "contended"), (CASE, 1, "ok", None)])
    board = {CASE: Progressed()}
    recorded(tmp_path, board)
    assert [one.contended for one in board[CASE].in_order()] == [True, False]
