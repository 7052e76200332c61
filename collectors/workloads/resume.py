"""What the traces of a folder already hold of a suite: the trace files are the only record of progress."""

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.trace.errors import EcoError
from collectors.workloads.conductor import Board, Progressed
from collectors.workloads.repeats import Repeat
from collectors.workloads.yardstick import PHASE as YARDSTICK

if TYPE_CHECKING:
    import duckdb

_OURS = ("precision_not_taken", "workload_failed")  # failures that would only fail again
_GIVE_UP_AFTER = 2  # runs of a case that broke off for another reason, such as lack of memory
_PHASES = ("decode", "infer")  # the last window of a run, by which repeats are compared

_RUNS = """
SELECT run.id, config.extra, run.repeat, run.status, run.quality_value,
       coalesce(list(note.code) FILTER (note.code IS NOT NULL), [])
FROM run JOIN config ON config.id = run.config_id LEFT JOIN note ON note.run_id = run.id
WHERE config.extra LIKE '%"case"%' AND run.status <> 'skipped'
GROUP BY ALL ORDER BY run.repeat, run.id
"""
_MARKS = "SELECT run_id, t_ns, phase, items_count FROM mark ORDER BY run_id, t_ns, rowid"


def recorded(folder: Path, board: Board) -> list[str]:
    """Write to the board what the traces of a folder hold of its cases; return the files that cannot be read.

    A repeat counts when its run ended well. A failure of the configuration counts as done; a run that broke
    off is done again, at most twice.
    """
    from collectors.trace.reader import open_trace

    by_key = {case.key: done for case, done in board.items()}
    broken: defaultdict[str, int] = defaultdict(int)
    unread = []
    for path in sorted(traces(folder)):
        try:
            con = open_trace(path)
        except EcoError as error:
            unread.append(f"{path}: {error.message}")
            continue
        try:
            _read(con, by_key, broken)
        finally:
            con.close()
    for key, count in broken.items():
        done = by_key[key]
        if count >= _GIVE_UP_AFTER and not done.repeats:
            done.failure = done.failure or f"broke off {count} times"
    return unread


def traces(folder: Path) -> list[Path]:
    """Return the traces of a folder: landed files, and segments whose recorder was killed."""
    landed = set(folder.glob("*.duckdb"))
    return [
        *landed,
        *(path for path in folder.glob("*.segment") if path.with_suffix(".duckdb") not in landed),
    ]


def _read(con: "duckdb.DuckDBPyConnection", by_key: dict[str, Progressed], broken: dict[str, int]) -> None:
    seconds = _item_seconds(con.execute(_MARKS).fetchall())
    for run_id, extra, repeat, status, quality, codes in con.execute(_RUNS).fetchall():
        key = json.loads(extra).get("case")
        done = by_key.get(key)
        if done is None:
            continue
        item_s = next((seconds[run_id, phase] for phase in _PHASES if (run_id, phase) in seconds), None)
        if status == "ok" and item_s is not None:
            done.repeats.setdefault(
                repeat,
                Repeat(
                    item_s,
                    yardstick_s=seconds.get((run_id, YARDSTICK)),
                    contended="contended" in codes,
                    steady="not_steady" not in codes,
                ),
            )
            done.quality = quality
        elif set(codes) & set(_OURS):
            done.failure = f"recorded as failed: {', '.join(set(codes) & set(_OURS))}"
        else:
            broken[key] = broken.get(key, 0) + 1


def _item_seconds(marks: list[tuple[int, int, str, int | None]]) -> dict[tuple[int, str], float]:
    """Return seconds per item by (run, phase): the lengths of all its slices over the items finished in them.

    A slice reaches from the phase's mark to the last of its marks before another phase begins.
    """
    spans: defaultdict[tuple[int, str], int] = defaultdict(int)
    counts: defaultdict[tuple[int, str], int] = defaultdict(int)
    here: tuple[int, str] | None = None
    before_ns = 0
    for run_id, t_ns, phase, items in marks:
        place = (run_id, phase)
        if place == here:
            spans[place] += t_ns - before_ns
        counts[place] += items or 0
        here, before_ns = place, t_ns
    return {place: spans[place] / 1e9 / count for place, count in counts.items() if count}
