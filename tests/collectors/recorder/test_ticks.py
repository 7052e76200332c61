from collectors.recorder.ticks import Ticks


def test_lateness_is_counted_from_1_ms_on_and_missed_ticks_were_asked_for() -> None:
    ticks = Ticks()
    before = ticks.copy()
    for late_ms in (0.02, 0.08, 0.3, 0.9, 1.5, 30.0):
        ticks.deliver(int(late_ms * 1e6), missed=0)
    ticks.deliver(int(250e6), missed=2)
    found = ticks.since(before)
    assert (found["asked"], found["got"], found["missed"], found["late"]) == (9, 7, 2, 3)
    assert found["median_late_ms"] == 1.0  # 0.9 ms lies in the bin that ends at 1 ms
    assert found["p99_late_ms"] == 1000.0
    assert ticks.worst_ms == 250.0
    assert ticks.since(ticks.copy())["median_late_ms"] is None
