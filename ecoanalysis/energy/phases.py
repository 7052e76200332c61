"""The phases of a run, from its marks."""

from collections import defaultdict
from dataclasses import dataclass

import duckdb
import numpy as np

from collectors.trace.records import BETWEEN_TURNS
from ecoanalysis.energy.integral import Flags, Floats

# The phases whose energy is the inference itself; the others surround it.
INFER_PHASES = ("infer", "prefill", "decode", "run")
UNMARKED = "unmarked"  # before the first mark
WHOLE = "run"  # a run without marks


@dataclass(frozen=True, slots=True)
class Phases:
    """The phases of one run, in the order of time, without holes.

    `origin_ns` is the run's start; `edges_s` are K+1 edges [s] from it; `names` names the K spans between them;
    a name may come again. `items` counts the items finished in each phase, None where nobody counted.
    """

    origin_ns: int
    edges_s: Floats
    names: tuple[str, ...]
    items: dict[str, int | None]

    @property
    def waits(self) -> Flags:
        """In which spans the run waits for its turn, and is not read."""
        return np.array([name == BETWEEN_TURNS for name in self.names], dtype=bool)

    def span_ns(self, phase: str) -> tuple[int, int]:
        """Return when a phase first starts and last ends [ns]."""
        spans = [k for k, name in enumerate(self.names) if name == phase]
        first, last = self.edges_s[spans[0]], self.edges_s[spans[-1] + 1]
        return self.origin_ns + round(first * 1e9), self.origin_ns + round(last * 1e9)


def read_phases(con: duckdb.DuckDBPyConnection) -> dict[int, Phases]:
    """Return the phases of every run of the database that has a time at all.

    A run starts at its start, its first mark or its first sample, whichever it has, and ends likewise. Before
    the first mark it is `unmarked`; without marks, or when all are of before it starts, it is one phase `run`.
    """
    rows = con.execute(
        """SELECT run.id, coalesce(start_t_ns, marked.first, sampled.first),
                  coalesce(end_t_ns, greatest(marked.last, sampled.last)), items_count
        FROM run
        LEFT JOIN (SELECT run_id, min(t_ns) AS first, max(t_ns) AS last FROM mark GROUP BY run_id) AS marked
          ON marked.run_id = run.id
        LEFT JOIN (SELECT run_id, min(t_ns) AS first, max(t_ns) AS last FROM sample GROUP BY run_id) AS sampled
          ON sampled.run_id = run.id"""
    ).fetchall()
    marks: dict[int, list[tuple[int, str, int | None]]] = defaultdict(list)
    for run_id, t_ns, phase, items in con.execute(
        "SELECT run_id, t_ns, phase, items_count FROM mark ORDER BY run_id, t_ns, rowid"
    ).fetchall():
        marks[run_id].append((t_ns, phase, items))
    return {
        run_id: phases_of(start, end, marks[run_id], items)
        for run_id, start, end, items in rows
        if start is not None and end is not None and end >= start
    }


def phases_of(
    start_ns: int, end_ns: int, marks: list[tuple[int, str, int | None]], items_count: int | None = None
) -> Phases:
    """Return the phases between start and end from marks (t_ns, phase, items finished), sorted by time.

    A mark of the phase that holds already only counts its items. The run's `items_count` stands in where no
    mark counts any, for its one inference phase.
    """
    names: list[str] = []
    edges: list[int] = []
    items: dict[str, int | None] = {}
    for t_ns, phase, finished in marks:
        if finished is not None:
            items[phase] = (items.get(phase) or 0) + finished
        if names and names[-1] == phase:
            continue
        if not names and t_ns > start_ns:
            names, edges = [UNMARKED], [start_ns]
        names.append(phase)
        edges.append(min(max(t_ns, start_ns), end_ns))
    if not names:
        names, edges = [WHOLE], [start_ns]
    inferring = [name for name in dict.fromkeys(names) if name in INFER_PHASES]
    if items_count is not None and len(inferring) == 1 and not any(items.get(name) for name in inferring):
        items[inferring[0]] = items_count
    edges_s = (np.array([*edges, end_ns], dtype=np.int64) - start_ns) / 1e9
    return Phases(start_ns, np.maximum.accumulate(edges_s), tuple(names), items)
