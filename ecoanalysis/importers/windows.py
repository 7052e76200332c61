"""Marks of a recording that has one measured window: what came before, the inference, what came after."""

from collectors.trace.records import Mark

LEAD_NS = 3_600_000_000_000  # added to times relative to the window, so that readings before it stay positive


def window_marks(
    run_id: int, first_s: float, last_s: float, window_s: float, items: int | None
) -> list[Mark]:
    """Return the marks of a run whose window is [0, window_s] and whose readings span [first_s, last_s].

    Before the window is `load`, not `idle`: the benchmark already prepares.
    """
    begin, end = LEAD_NS, LEAD_NS + round(window_s * 1e9)
    marks = [Mark(run_id, LEAD_NS + round(first_s * 1e9), "load")] if first_s < 0 else []
    marks.append(Mark(run_id, begin, "infer"))
    if end > begin:
        marks.append(Mark(run_id, end - 1, "infer", items))
    if last_s > window_s:
        marks.append(Mark(run_id, end, "cooldown"))
    marks.append(Mark(run_id, max(end, LEAD_NS + round(last_s * 1e9)), "end"))
    return marks
