"""A run's own time: what lies between its turns is cut out, so that the viewer shows one run and not its neighbours."""

from typing import TYPE_CHECKING

import numpy as np

from collectors.trace.records import BETWEEN_TURNS
from ecoanalysis.energy.integral import Floats

if TYPE_CHECKING:
    import duckdb

Gaps = tuple[Floats, Floats]  # begin and end of each time between turns [ns], ascending

_GAPS = """
SELECT t_ns, next_ns FROM (
    SELECT t_ns, phase, lead(t_ns) OVER (ORDER BY t_ns, rowid) AS next_ns FROM mark WHERE run_id = ?)
WHERE phase = ? AND next_ns > t_ns ORDER BY t_ns"""


def between_turns(con: "duckdb.DuckDBPyConnection", run_id: int) -> Gaps:
    """Return the times in which a run waited for its turn; none where it took no turns."""
    begin, end = con.execute(_GAPS, [run_id, BETWEEN_TURNS]).fetchnumpy().values()
    return np.asarray(begin, dtype=np.float64), np.asarray(end, dtype=np.float64)


def own_s(t_ns: Floats, start_ns: int, gaps: Gaps) -> Floats:
    """Return times as seconds of the run's own since `start_ns`; a time between turns is where the last one ended."""
    begin, end = gaps
    waited = np.concatenate(([0.0], np.cumsum(end - begin)))
    at = np.searchsorted(begin, t_ns, side="right")  # how many gaps have begun
    within = np.where(at > 0, np.maximum(0.0, np.concatenate(([0.0], end))[at] - t_ns), 0.0)
    elapsed: Floats = (t_ns - start_ns - waited[at] + within) / 1e9
    return elapsed
