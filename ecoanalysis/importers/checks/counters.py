"""Counters of energy that jump: a power between two readings far above that between all others."""

from collections.abc import Iterator

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.importers.checks.power import MOST_W

_FEW, _JUMP = 4, 50.0  # steps of a series; times the median power
_STEPS = """
WITH step AS (
    SELECT run_id, device_id, energy_j - lag(energy_j) OVER series AS energy_j,
        (t_ns - lag(t_ns) OVER series) / 1e9 AS span_s
    FROM sample WHERE energy_j IS NOT NULL WINDOW series AS (PARTITION BY run_id, device_id ORDER BY t_ns)),
power AS (
    SELECT run_id, device_id, max(energy_j / span_s) AS most_w, median(energy_j / span_s) AS middle_w, count(*) AS steps
    FROM step WHERE span_s > 0 GROUP BY ALL)
SELECT run_id, device_id, device.name, device.boundary, recording.source_id, most_w, middle_w
FROM power JOIN device ON device.id = device_id JOIN recording ON recording.id = device.recording_id
WHERE steps >= ? AND recording.source_id IS NOT NULL ORDER BY 1, 2
"""


def jumps(facts: Facts) -> Iterator[Note]:
    """Find counters of imported logs with a step of a power that no such device draws, and none of its other steps."""
    for run, device, name, boundary, source, most, middle in facts.con.execute(_STEPS, [_FEW]).fetchall():
        limit = MOST_W.get(boundary)
        if limit is not None and most > limit and most > _JUMP * middle:
            yield Note(
                "check_spike",
                f"{name}: its counter rises by {most:.4g} W between two readings, by {middle:.4g} W in the middle",
                "error", "a damaged line, or another counter: take it out and import again",
                run_id=run, device_id=device, source_id=source,
            )  # fmt: skip
