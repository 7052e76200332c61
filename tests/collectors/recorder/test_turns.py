"""Runs of one process that take turns: each is read in its own turns only."""

import time
from pathlib import Path

import collectors
from collectors import Config
from collectors.host import recording
from tests.collectors.recorder.conftest import the_trace
from tests.collectors.recorder.test_faults import Script, codes

TURN_S = 0.15


def test_a_run_between_its_turns_is_read_at_their_edges_only(script: Script, tmp_path: Path) -> None:
    script({"watts": 50, "update_s": 0.02})
    one, other = (Config(task="t", model=name, framework="f", precision="p") for name in ("one", "other"))
    with recording(tmp_path, hz=50), collectors.record(one) as first:
        first.mark("between_turns")
        with collectors.record(other) as second:
            second.mark("between_turns")
            for run in (first, second) * 2:
                run.mark("infer")
                time.sleep(TURN_S)
                run.mark("infer", items=1)
                run.mark("between_turns")
    con = the_trace(tmp_path)
    inside = con.execute(
        "SELECT phase, count(*) FROM (SELECT sample.run_id, arg_max(phase, mark.t_ns) AS phase FROM sample JOIN mark "
        "ON mark.run_id = sample.run_id AND mark.t_ns < sample.t_ns WHERE power_w IS NOT NULL "
        "GROUP BY sample.run_id, sample.t_ns) GROUP BY phase"
    )
    counts = dict(inside.fetchall())
    # Read 50 times a second: 7 times in each of four turns. The reading at an edge falls just behind it.
    assert counts["infer"] > 4 * 4
    assert counts["between_turns"] <= 8
    assert "overlapping_runs" not in codes(tmp_path)
