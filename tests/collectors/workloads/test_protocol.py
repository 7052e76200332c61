import io
import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from collectors.workloads import child
from collectors.workloads.case import Case, Facts
from collectors.workloads.conductor import Progressed, conduct, programs, rounds, settle
from collectors.workloads.crew import Child, Crew
from collectors.workloads.loaded import Evidence, Loaded, Quality, Stage
from collectors.workloads.neighbours import Ledger, disturbance
from collectors.workloads.precision import PrecisionError, check
from collectors.workloads.progress import repeatability
from collectors.workloads.protocol import Edge, Protocol, perform
from collectors.workloads.repeats import (
    Repeat,
    agreement,
    enough,
    half_width_ratio,
    item_energy_j,
    times_text,
    usable,
    variation_ratio,
    with_times,
)
from collectors.workloads.turns import Limits
from tests.collectors.workloads.fake import Keeper, KeptRun, played

CASE = Case("tabular-classification", "tabular", "f", "ridge", "sklearn", "fp64", 2, "diabetes")
FACTS = Facts(10, 80, "by hand")
FAST = Protocol(idle_s=0, warmup_s=0, warmup_max_s=1, infer_s=1.0, cooldown_s=0, first_idle_s=0, spread_s=0)


class Clock:
    """Moves on 0.1 s with every step of the work, 0.01 s with every burst of the yardstick."""

    def __init__(self, others: float = 0.0) -> None:
        self.now = 0.0
        self.others = others  # cores that other processes use

    def __call__(self) -> float:
        return self.now

    def step(self) -> int:
        self.now += 0.1
        return 2

    def burst(self) -> None:
        self.now += 0.01

    def ledger(self) -> Ledger:
        return Ledger(self.now, self.now * (1.0 + self.others), 0.0)

    def edge(self) -> Edge:
        return Edge(clock=self, sleep=lambda _: None, ledger=self.ledger, burst=self.burst)


def _loaded(step: object, phase: str = "infer") -> Loaded:
    evidence = Evidence({"float64": 80}, ("float64",))
    return Loaded((Stage(phase, step),), lambda: (FACTS, evidence), lambda: Quality(0.5, "accuracy"))  # type: ignore[arg-type]


def _perform(
    clock: Clock, step: object = None, protocol: Protocol = FAST, sliced: bool = True
) -> tuple[Any, Any]:
    keeper = Keeper()
    with keeper.record(None) as run:  # type: ignore[arg-type]
        (timing,) = played(
            perform(lambda: _loaded(step or clock.step), run, protocol, sliced=sliced, edge=clock.edge())
        )
    return run, timing


def test_a_run_marks_its_phases_and_counts_only_the_window() -> None:
    run, timing = _perform(Clock(), sliced=False)
    assert run.marks == [
        ("idle", None), ("load", None), ("warmup", None), ("infer", None), ("infer", 20), ("cooldown", None),
        ("end", None),
    ]  # fmt: skip
    assert timing.item_s == pytest.approx(0.05)
    assert timing.steady
    assert timing.yardstick_s is None


def test_a_run_waits_for_each_slice_and_times_the_yardstick_before_it_apart() -> None:
    run, timing = _perform(Clock(), protocol=replace(FAST, slice_s=0.7))  # two slices of 0.5 s
    one_turn = [
        ("between_turns", None),
        ("yardstick", None),
        ("yardstick", None),
        ("infer", None),
        ("infer", 10),
    ]
    assert run.marks[3:-2] == [*one_turn, *one_turn]
    assert timing.item_s == pytest.approx(0.05)
    assert timing.yardstick_s == pytest.approx(0.01)


def test_what_happens_between_the_turns_of_a_run_is_not_its_own() -> None:
    clock, keeper = Clock(), Keeper()
    with keeper.record(None) as run:  # type: ignore[arg-type]
        turns = perform(lambda: _loaded(clock.step), run, FAST, edge=clock.edge())
        filled = []
        while True:
            try:
                filled.append(next(turns))
            except StopIteration as ended:
                (timing,) = ended.value
                break
            assert run.marks[-1] == ("between_turns", None)
            clock.now, clock.others = clock.now + 5.0, 0.0  # others have the machine for 5 s
    assert filled == pytest.approx([number / 10 for number in range(10)])
    assert (timing.item_s, timing.disturbed) == (pytest.approx(0.05), None)


def test_the_first_of_short_batches_in_each_turn_is_not_counted() -> None:
    run, timing = _perform(Clock(), protocol=replace(FAST, slice_s=1.0))  # ten batches of 0.1 s in a slice
    assert run.marks[3:-2] == [
        ("between_turns", None), ("yardstick", None), ("yardstick", None), ("warmup", None), ("infer", None),
        ("infer", 20),
    ]  # fmt: skip
    assert timing.duration_s == pytest.approx(1.0)


def test_stages_fill_one_after_the_other() -> None:
    clock, keeper = Clock(), Keeper()
    both = _loaded(clock.step).stages + _loaded(clock.step, "decode").stages
    with keeper.record(None) as run:  # type: ignore[arg-type]
        turns = perform(lambda: replace(_loaded(clock.step), stages=both), run, FAST, edge=clock.edge())
        assert list(turns) == pytest.approx([number / 20 for number in range(20)])


def test_the_fastest_batch_is_that_of_the_window_and_unknown_where_calls_return_early() -> None:
    clock = Clock()
    lengths = iter([0.15] * 5 + [0.4, 0.2, 0.5, 0.3] * 9)  # five to warm up

    def varying() -> int:
        clock.now += next(lengths)
        return 2

    _, timing = _perform(clock, varying, replace(FAST, slice_s=1.0))
    assert timing.fastest_item_s == pytest.approx(0.1)  # 0.2 s for 2 items
    assert timing.item_s == pytest.approx(1.1 / 6)  # 0.4 + 0.2 + 0.5 s for 6 items
    assert _perform(Clock(), sliced=False)[1].fastest_item_s is None


def test_a_warm_up_that_never_settles_ends_and_is_noted() -> None:
    clock = Clock()
    lengths = iter([0.01 * 2**number for number in range(60)])

    def growing() -> int:
        clock.now += next(lengths)
        return 1

    run, timing = _perform(clock, growing)
    assert [code for code, _ in run.notes] == ["not_steady"]
    assert not timing.steady


def test_a_window_in_which_others_use_the_machine_is_flagged() -> None:
    run, timing = _perform(Clock(others=0.5))
    assert [code for code, _ in run.notes] == ["contended"]
    assert "0.50 cores" in timing.disturbed
    assert _perform(Clock(others=0.05))[0].notes == []


def test_a_disturbance_is_too_little_for_us_too_much_for_others_or_time_stolen() -> None:
    assert disturbance(Ledger(0.8, 0.8, 0.0), 1.0) == "the workload got 80% of a core"
    assert disturbance(Ledger(1.0, 1.3, 0.0), 1.0) == "other processes used 0.30 cores beside the workload"
    assert disturbance(Ledger(0.95, 1.0, 0.2), 1.0) == "the hypervisor took 0.20 cores away"
    assert disturbance(Ledger(1.9, 1.95, 0.0), 1.0) is None  # two threads of our own


def _repeats(*item_s: float, **other: Any) -> list[Repeat]:
    return [Repeat(value, **other) for value in item_s]


def test_the_interval_decides_how_often_to_repeat() -> None:
    # mean 10, s = 1: CV 10 %; t(0.975, 2) = 4.303, half-width 4.303 / sqrt 3 = 24.84 %
    assert variation_ratio([9.0, 10.0, 11.0]) == pytest.approx(0.1)
    assert half_width_ratio([9.0, 10.0, 11.0]) == pytest.approx(0.24843, abs=1e-4)
    assert not enough(_repeats(9.0, 10.0, 11.0), 3, 5, 0.05)
    assert enough(_repeats(10.0, 10.0, 10.0), 3, 5, 0.05)
    assert not enough(_repeats(10.0, 10.0), 3, 5, 0.05)
    assert enough(_repeats(9.0, 10.0, 11.0, 9.0, 10.0), 3, 5, 0.05)
    assert enough(_repeats(10.0), 1, 5, 0.05)


def test_where_energy_is_metered_its_interval_decides() -> None:
    varying = [Repeat(value, item_j=3.0) for value in (9.0, 10.0, 11.0)]
    assert enough(varying, 3, 5, 0.05)
    assert not enough([Repeat(10.0, item_j=value) for value in (9.0, 10.0, 11.0)], 3, 5, 0.05)
    assert not enough([*varying[:2], Repeat(11.0)], 3, 5, 0.05)  # one without an energy: time decides
    assert "energy per item by 0.0%" in str(agreement(varying, 3))


def test_the_energy_per_item_is_the_nodes_power_times_the_time_per_item(ridge: dict[str, Loaded]) -> None:
    devices = {"1": {"in_node": True}, "2": {"in_node": True}, "3": {"in_node": False}}
    booked = {"duration_s": 2.0, "energy_j": {"1": 100.0, "2": 20.0, "3": 70.0}}
    summary = {"devices": devices, "phases": {"infer": booked}}
    assert item_energy_j(summary, "infer", 0.5) == 30.0  # (100 + 20) J / 2 s is 60 W
    assert item_energy_j(summary, "decode", 0.5) is None
    assert item_energy_j({}, "infer", 0.5) is None
    keeper = Keeper(summary=summary)
    answer = played(child.do(CASE, 0, False, replace(FAST, infer_s=0.01), Path(), keeper.record, {}))
    assert answer["measured"]["item_j"] == pytest.approx(60.0 * answer["measured"]["item_s"])


def test_disturbed_repeats_are_made_again_until_the_cap_and_do_not_judge() -> None:
    quiet, disturbed = _repeats(10.0, 10.0), _repeats(30.0, contended=True)
    assert not enough([*quiet, *disturbed], 3, 5, 0.05)
    assert enough([*quiet, *disturbed, *_repeats(10.0)], 3, 5, 0.05)
    assert enough([*quiet, *disturbed * 3], 3, 5, 0.05)
    assert usable([*quiet, *disturbed, *_repeats(10.0)], 3) == _repeats(10.0, 10.0, 10.0)
    assert len(usable([*quiet, *disturbed], 3)) == 3  # too few undisturbed ones: all of them judge


def test_a_machine_that_slows_down_is_told_from_a_configuration_that_does_not_repeat() -> None:
    # both slow down by the same tenth: CV of (10, 11, 12) = 1 / 11; their ratio does not move
    machine = agreement([Repeat(10.0, 10.0, 1.0), Repeat(11.0, 11.0, 1.1), Repeat(12.0, 12.0, 1.2)], 3)
    assert machine.wall_ratio == machine.cpu_ratio == pytest.approx(1 / 11)
    assert machine.machine_ratio == pytest.approx(1 / 11)
    assert machine.paced_ratio == pytest.approx(0.0)
    assert machine.of_the_machine
    own = agreement([Repeat(10.0, 10.0, 1.0), Repeat(11.0, 11.0, 1.0), Repeat(12.0, 12.0, 1.0)], 3)
    assert (own.noisy, own.of_the_machine, own.paced_ratio) == (True, False, pytest.approx(1 / 11))
    undisturbed = agreement([Repeat(wall, fastest_item_s=9.0) for wall in (10.0, 11.0, 12.0)], 3)
    assert (undisturbed.fastest_ratio, undisturbed.of_the_machine) == (0.0, True)
    unknown = agreement(_repeats(10.0, 11.0, 12.0), 3)
    assert (unknown.noisy, unknown.of_the_machine, unknown.paced_ratio) == (True, False, None)


def test_times_that_the_marks_cannot_tell_survive_in_a_note() -> None:
    repeat = Repeat(2.0, 1.25e-05, fastest_item_s=9.5e-06)
    assert times_text(repeat) == "per item: processor time 1.25e-05 s, fastest batch 9.5e-06 s"
    assert with_times(Repeat(2.0), times_text(repeat)) == repeat
    assert with_times(Repeat(2.0), None) == Repeat(2.0)


def test_rounds_go_forwards_then_backwards_so_that_drift_falls_on_all_arms() -> None:
    arms = [replace(CASE, batch_size=number) for number in (1, 2, 3)]
    board = {arm: Progressed() for arm in arms}
    order = []
    for group in rounds(arms, replace(FAST, repeats_min=2, repeats_max=2), board, Limits(2, math.inf)):
        order.append([case.batch_size for case in group])
        for case in group:
            settle(board[case], {"status": "ok", "measured": {"item_s": 1.0}})
    assert order == [[1, 2], [3], [3, 2], [1]]


def test_each_model_has_a_process_of_its_own() -> None:
    other = replace(CASE, model="mlp")
    assert programs([CASE, other, replace(CASE, precision="fp32")]) == [
        [CASE, replace(CASE, precision="fp32")], [other],
    ]  # fmt: skip


class FakeChild:
    """Answers from a script, each run in three turns: cases that fail, cases that kill the process."""

    started = 0
    asked: list[tuple[Case, int]]  # at the last turn of each run
    turns: list[Case]
    idled: list[Case]  # who was asked for the long idle phase, and surveyed

    def __init__(self, *_: object) -> None:
        type(self).started += 1
        self.alive = True
        self.filled: dict[Case, float] = {}

    def ask(self, case: Case, repeat: int, first: bool, previous: object) -> dict[str, object]:
        self.turns.append(case)
        if case.precision == "int8":
            return {"status": "failed", "reason": "not taken"}
        if first:
            self.idled.append(case)
        self.filled[case] = self.filled.get(case, -2.0) + 1.0
        if self.filled[case] < 1.0:
            return {"status": "open", "filled_ratio": self.filled[case]}
        if case.model == "knn" and case.batch_size == 4:
            self.alive = False
            return {"status": "failed", "died": True, "reason": "killed by signal 9"}
        del self.filled[case]
        self.asked.append((case, repeat))
        return {"status": "ok", "measured": {"item_s": 1.0}}

    def close(self) -> None:
        pass


@pytest.fixture
def fake_child() -> type[FakeChild]:
    FakeChild.started, FakeChild.asked, FakeChild.turns, FakeChild.idled = 0, [], [], []
    return FakeChild


def _conduct(
    cases: list[Case], board: dict[Case, Progressed], start: type[FakeChild] = FakeChild, **other: Any
) -> bool:
    return conduct(cases, FAST, Path(), board, env={}, start=start, sleep=lambda _: None, **other)  # type: ignore[arg-type]


def test_a_failure_or_a_dead_process_costs_its_case_and_nothing_else(fake_child: type[FakeChild]) -> None:
    dies = replace(CASE, model="knn")
    cases = [
        replace(CASE, precision="int8"),
        CASE,
        dies,
        replace(dies, batch_size=4),
        replace(CASE, model="mlp"),
    ]
    board = {case: Progressed() for case in cases}
    assert _conduct(cases, board)
    assert [board[case].failure is None for case in cases] == [False, True, True, False, True]
    assert sorted(board[CASE].repeats) == sorted(board[dies].repeats) == [0, 1, 2]
    # One for each of three models, and one after each of the two deaths: once in company, once alone.
    assert fake_child.started == 5


class CrowdedChild(FakeChild):
    """In a memory that holds one model: whoever goes on is why the kernel ends those that wait."""

    living: list["CrowdedChild"]

    def __init__(self, *settings: object) -> None:
        super().__init__(*settings)
        self.living.append(self)

    def ask(self, case: Case, repeat: int, first: bool, previous: object) -> dict[str, object]:
        assert len(self.turns) < 100, "no end"
        if not self.alive:
            self.turns.append(case)
            return {"status": "failed", "died": True, "reason": "killed by signal 9"}
        for other in self.living:
            other.alive = other is self or (other.alive and not other.filled)
        return super().ask(case, repeat, first, previous)


def test_a_process_that_dies_while_it_waits_is_not_replaced_before_its_case_is_suspect(
    fake_child: type[FakeChild],
) -> None:
    CrowdedChild.living = []
    cases = [CASE, replace(CASE, model="mlp")]
    board = {case: Progressed() for case in cases}
    assert _conduct(cases, board, start=CrowdedChild)
    assert board[CASE].suspect
    assert [sorted(board[case].repeats) for case in cases] == [[0, 1, 2], [0, 1, 2]]


def test_a_process_that_does_not_answer_in_time_is_gone_with_its_answer(tmp_path: Path) -> None:
    hung = Child(replace(FAST, case_timeout_s=0.001), tmp_path, {})  # less than Python needs to start
    try:
        answer = hung.ask(CASE, 0, False, [])
        assert (answer["status"], answer["reason"]) == ("failed", "no answer within 0.001 s")
        assert not hung.alive
    finally:
        hung.close()


def test_a_process_that_cannot_be_waited_for_leaves_none_of_the_others_behind() -> None:
    closed: list[str] = []

    class Held(FakeChild):
        def close(self) -> None:
            closed.append("")
            raise KeyboardInterrupt

    crew = Crew(Held)  # type: ignore[arg-type]
    for model in ("ridge", "mlp", "knn"):
        crew.child(replace(CASE, model=model))
    with pytest.raises(KeyboardInterrupt):
        crew.close()
    assert len(closed) == 3


def test_a_case_whose_turn_killed_a_process_full_of_models_runs_once_more_alone() -> None:
    died = {"status": "failed", "died": True, "reason": "killed by signal 9"}
    done, other = Progressed(), replace(CASE, batch_size=8)
    settle(done, died, alone=False)
    assert (done.suspect, done.failure) == (True, None)
    board = {CASE: done, other: Progressed()}
    two = list(zip(range(2), rounds([CASE, other], FAST, board, Limits(9, math.inf)), strict=False))
    assert [group for _, group in two] == [[other], [CASE]]
    settle(done, died)
    assert done.failure == "killed by signal 9"


def test_a_suite_stopped_and_resumed_anywhere_runs_every_repeat_once(fake_child: type[FakeChild]) -> None:
    cases = [replace(CASE, model=model, batch_size=size) for model in ("ridge", "mlp") for size in (1, 2, 3)]
    for stop in range(1, 19):
        fake_child.asked = []
        board = {case: Progressed() for case in cases}
        for limit in (stop, 99):
            ticks = iter(range(1000))
            _conduct(cases, board, deadline_s=limit, clock=ticks.__next__, memory_bytes=0.0)
        assert len(fake_child.asked) == len(set(fake_child.asked)) == len(cases) * 3


def test_the_long_idle_phase_is_that_of_the_first_run_that_begins(fake_child: type[FakeChild]) -> None:
    cases = [replace(CASE, precision="int8"), CASE, replace(CASE, model="mlp")]  # the first fails its survey
    for memory_bytes in (math.inf, 0.0):  # in company, and each alone
        fake_child.idled = []
        assert _conduct(cases, {case: Progressed() for case in cases}, memory_bytes=memory_bytes)
        assert fake_child.idled == [CASE]


def test_the_cases_of_several_models_take_turns(fake_child: type[FakeChild]) -> None:
    cases = [replace(CASE, model=model, batch_size=size) for model in ("ridge", "mlp") for size in (1, 2)]
    _conduct(cases, {case: Progressed() for case in cases})
    assert fake_child.turns[:12] == cases * 3  # surveyed, loaded, measured: each time all of them
    assert fake_child.turns[12:16] == cases[::-1]
    assert fake_child.started == 2


@pytest.fixture
def ridge(monkeypatch: pytest.MonkeyPatch) -> dict[str, Loaded]:
    clock = Clock()
    shelf = {"fp64": _loaded(lambda: 2)}
    del clock
    monkeypatch.setattr(child, "loader", lambda case: lambda case, cache: shelf[case.precision])
    return shelf


def _job(case: Case, repeat: int) -> str:
    return json.dumps({"case": asdict(case), "repeat": repeat, "first": False, "previous": []}) + "\n"


def test_the_child_answers_each_job_and_records_facts_quality_and_evidence(ridge: dict[str, Loaded]) -> None:
    quick = replace(FAST, infer_s=0.01)
    settings = json.dumps({"protocol": asdict(replace(quick, steps_min=1)), "cache": "."}) + "\n"
    jobs = io.StringIO(settings + _job(CASE, 0) * 3 + _job(CASE, 1) * 3)  # to survey, to load, to measure
    answers, keeper = io.StringIO(), Keeper()
    child.serve(jobs, answers, keeper.record)
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [answer["status"] for answer in told] == ["open", "open", "ok"] * 2
    first: KeptRun = keeper.runs[0]
    assert (first.config.params_count, first.score, first.repeat) == (10, (0.5, "accuracy"), 0)
    assert "precision_evidence" in [code for code, _ in first.notes]


def test_a_precision_that_was_not_taken_is_a_failed_run_with_its_name(ridge: dict[str, Loaded]) -> None:
    case = replace(CASE, precision="int8-dynamic")
    ridge["int8-dynamic"] = ridge["fp64"]
    keeper = Keeper()
    answer = played(child.do(case, 0, False, FAST, Path(), keeper.record, {}))
    assert answer["status"] == "failed"
    assert keeper.runs[0].status == "failed"
    ((code, text),) = keeper.runs[0].notes
    assert code == "precision_not_taken"
    assert "ridge" in text
    assert "asked for int8-dynamic" in text


def test_how_repeats_agree_is_told_in_the_trace(ridge: dict[str, Loaded]) -> None:
    quick = replace(FAST, infer_s=0.01)

    def notes(*previous: Repeat) -> dict[str, str]:
        keeper = Keeper()
        played(child.do(CASE, 2, False, quick, Path(), keeper.record, {}, previous))
        return dict(keeper.runs[0].notes)

    told = notes(Repeat(100.0, 1.0, 1.0), Repeat(200.0, 1.0, 1.0))
    assert "over 3 repeats" in told["not_repeatable"]
    assert "machine's own speed" in told["not_repeatable"]
    assert not {"not_repeatable", "repeatable", "machine_varied"} & set(notes(Repeat(100.0)))


def test_stored_int8_without_an_int8_kernel_is_refused() -> None:
    check(
        "int8-dynamic",
        Evidence({"qint8": 50, "float32": 50}, ("float32",), ("quantized::linear_dynamic",)),
        "m",
    )
    with pytest.raises(PrecisionError, match="no such kernel"):
        check("int8-dynamic", Evidence({"qint8": 50, "float32": 50}, ("float32",), ("aten::linear",)), "m")
    with pytest.raises(PrecisionError, match="0 of 100"):
        check("int4-weight", Evidence({"float32": 100}, ("float32",), ("aten::linear",)), "m")
    with pytest.raises(PrecisionError, match="computed in"):
        check("fp16", Evidence({"float16": 100}, ("float32",)), "m")
    with pytest.raises(PrecisionError, match="unknown precision"):
        check("fp7", Evidence({"float16": 100}), "m")


def test_the_summary_counts_steady_and_repeatable_configurations_and_names_the_machine() -> None:
    steady = [Repeat(10.0, 10.0, 1.0), Repeat(10.1, 10.0, 1.0), Repeat(10.0, 10.0, 1.0)]
    slowed = [
        Repeat(10.0, 10.0, 1.0, fastest_item_s=9.0),
        Repeat(12.0, 12.0, 1.2, fastest_item_s=9.0),
        Repeat(14.0, 14.0, 1.4, contended=True, fastest_item_s=9.1),
    ]
    unsettled = [Repeat(1.0, 1.0, 1.0, steady=False), Repeat(2.0, 2.0, 1.0), Repeat(3.0, 3.0, 1.0)]
    first, second, third = repeatability([steady, slowed, unsettled, [Repeat(1.0)]], 3)
    assert first == (
        "2 of 3 configurations reached a steady state; between repeats vary by at most 5% (coefficient of variation): "
        "the mean time per item of 1, the fastest batch's of 1, the mean divided by the machine's own speed of 2"
    )
    # yardsticks vary by 0, by 1 / 6 and by 0: their median is 0
    assert (
        second
        == "the machine's own speed varied by 0.0% between repeats (median); 1 of 10 runs were disturbed by other work"
    )
    assert "machine_varied" in third
    assert repeatability([[Repeat(1.0)]], 3) == []
