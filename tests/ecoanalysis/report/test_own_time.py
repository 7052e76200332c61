import numpy as np
import pytest

from ecoanalysis.report.own_time import own_s
from ecoanalysis.report.traces import load_traces
from tests.ecoanalysis.energy.recorded import RAPL, counters, database, marks, run

SECOND = 1_000_000_000


def test_a_runs_own_time_stands_still_between_its_turns() -> None:
    gaps = (np.array([2.0, 8.0]) * SECOND, np.array([5.0, 9.0]) * SECOND)
    times_s = np.array([0.0, 2.0, 3.0, 5.0, 8.0, 8.5, 9.0, 10.0])
    assert own_s(times_s * SECOND, 0, gaps) == pytest.approx([0.0, 2.0, 2.0, 2.0, 5.0, 5.0, 5.0, 6.0])
    assert own_s(times_s * SECOND, SECOND, (np.array([]), np.array([]))) == pytest.approx(times_s - 1.0)


def test_the_viewer_shows_a_runs_turns_one_after_the_other_and_nobody_elses_power() -> None:
    # 100 W in two turns of 2 s; 400 W in the 6 s between them
    points = [(0.0, 0.0), (1.0, 100.0), (2.0, 200.0), (8.0, 2600.0), (9.0, 2700.0), (10.0, 2800.0)]
    turns = marks((0, "infer"), (2, "between_turns"), (8, "infer", 4), (10, "end"))
    con = database(devices=[RAPL], samples=counters(RAPL, points), marks=turns, runs=[run(end_s=10)])
    (trace,) = load_traces(con, [1], {RAPL.id: "cpu"})
    (series,) = trace.series
    assert series.t_s == [0.0, 1.0, 2.0, 2.0, 3.0, 4.0]
    assert series.mean_w == [None, 100.0, 100.0, None, 100.0, 100.0]
    assert trace.phases == (("infer", 0.0, 2.0), ("infer", 2.0, 4.0))
