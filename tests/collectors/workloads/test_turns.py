import math
from dataclasses import replace

import pytest

from collectors.workloads.case import Case
from collectors.workloads.catalogue import catalogue
from collectors.workloads.protocol import Protocol
from collectors.workloads.turns import Answer, Limits, groups, rest_s, sections, take_turns

CASE = Case("tabular-classification", "tabular", "f", "ridge", "sklearn", "fp64", 1, "diabetes")
ARMS = [replace(CASE, batch_size=number) for number in range(1, 6)]
PROTOCOL = Protocol(infer_s=1.0, spread_s=0.0)


def _turns(
    group: list[Case], steps: dict[Case, float], sleeps: list[float], spread_s: float = 0.0
) -> list[Case]:
    """Give turns to arms of which each fills its window by its step; return who had which turn."""
    filled = dict.fromkeys(group, 0.0)

    def turn(case: Case) -> tuple[Answer, bool]:
        filled[case] += steps[case]
        if filled[case] > 1.0 - 1e-9:
            return {"status": "ok"}, True
        return {"status": "open", "filled_ratio": filled[case]}, True

    protocol = replace(PROTOCOL, spread_s=spread_s)
    return [case for case, _ in take_turns(group, protocol, turn, sleeps.append)]


def test_arms_of_long_batches_take_their_few_turns_over_the_whole_time() -> None:
    short, long = ARMS[:2]
    order = _turns([short, long], {short: 1 / 16, long: 1 / 4}, [])
    assert order.count(short) == 16
    places = [place for place, case in enumerate(order) if case == long]
    assert places == [1, 5, 10, 15]  # whenever the other has done as much


def test_a_small_group_rests_until_its_windows_span_the_time_asked_for() -> None:
    assert rest_s(2, replace(PROTOCOL, spread_s=5.0)) == 3.0  # two windows of 1 s
    assert rest_s(7, replace(PROTOCOL, spread_s=5.0)) == 0.0
    sleeps: list[float] = []
    _turns(ARMS[:2], dict.fromkeys(ARMS, 0.1), sleeps, spread_s=5.0)
    assert sum(sleeps) == pytest.approx(3.0 * 0.9)  # nobody waits after the last slice
    assert max(sleeps) == pytest.approx(0.15)


def test_a_process_that_dies_takes_its_other_cases_out_of_the_group() -> None:
    other = replace(CASE, model="mlp")

    def turn(case: Case) -> tuple[Answer, bool]:
        return ({"status": "ok"}, True) if case == other else ({"status": "failed", "died": True}, False)

    asked = [case for case, _ in take_turns([*ARMS, other], PROTOCOL, turn)]
    assert asked == [ARMS[0], other]


def test_groups_are_of_like_size_and_keep_their_order() -> None:
    assert list(groups(ARMS, Limits(4, math.inf))) == [ARMS[:3], ARMS[3:]]
    assert list(groups(ARMS, Limits(5, math.inf))) == [ARMS]
    assert list(groups([], Limits(5, math.inf))) == []


def test_what_takes_turns_fits_in_memory_together() -> None:
    big = replace(CASE, model="gpt2-small")
    bigs = [replace(big, batch_size=number) for number in (1, 2, 3)]
    each = 8.0 * catalogue()["gpt2-small"].params_approx  # float32 weights, twice
    assert list(groups(bigs, Limits(9, 0.5e9 + 2.5 * each))) == [bigs[:2], bigs[2:]]
    assert list(groups(bigs, Limits(9, 0.0))) == [[case] for case in bigs]  # alone however large


def test_programs_take_turns_together_where_all_their_cases_may() -> None:
    first, second, third = (
        [replace(case, model=name) for case in ARMS[:2]] for name in ("ridge", "mlp", "knn")
    )
    assert list(sections([first, second, third], Limits(4, math.inf))) == [[*first, *second], third]
    assert list(sections([first, second], Limits(1, math.inf))) == [first, second]


def test_an_accelerator_is_nobodys_but_one_arms() -> None:
    on_gpu = [replace(case, device="cuda") for case in ARMS[:2]]
    assert list(groups(on_gpu, Limits(9, math.inf))) == [[on_gpu[0]], [on_gpu[1]]]
    assert list(sections([on_gpu, ARMS], Limits(9, math.inf))) == [on_gpu, ARMS]
