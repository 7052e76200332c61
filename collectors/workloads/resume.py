"""What the traces of a folder already hold of a suite: the trace files are the only record of progress."""

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.trace.errors import EcoError
from collectors.workloads.conductor import Board, Progressed

if TYPE_CHECKING:
    import duckdb

_OURS = ("precision_not_taken", "workload_failed")  # failures that would only fail again
_GIVE_UP_AFTER = 2  # runs of a case that broke off for another reason, such as lack of memory
_PHASES = ("infer", "decode")

_RUNS = """
SELECT run.id, config.extra, run.repeat, run.status, run.quality_value,
       coalesce(list(note.code) FILTER (note.code IS NOT NULL), [])
FROM run JOIN config ON config.id = run.config_id LEFT JOIN note ON note.run_id = run.id
WHERE config.extra LIKE '%"case"%' AND run.status <> 'skipped'
GROUP BY ALL ORDER BY run.repeat, run.id
"""
_MARKS = "SELECT run_id, t_ns, phase, items_count FROM mark ORDER BY run_id, t_ns"


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
        if count >= _GIVE_UP_AFTER and not done.item_s:
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
        if status == "ok" and run_id in seconds:
            if repeat not in done.repeats:
                done.repeats.add(repeat)
                done.item_s.append(seconds[run_id])
                done.quality = quality
        elif set(codes) & set(_OURS):
            done.failure = f"recorded as failed: {', '.join(set(codes) & set(_OURS))}"
        else:
            broken[key] = broken.get(key, 0) + 1


def _item_seconds(marks: list[tuple[int, int, str, int | None]]) -> dict[int, float]:
    """Return seconds per item of each run's last window: from the phase's first mark to its last."""
    begun: dict[tuple[int, str], int] = {}
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    for run_id, t_ns, phase, items in marks:
        if phase not in _PHASES:
            continue
        place = (run_id, phase)
        begun.setdefault(place, t_ns)
        if items:
            before = spans.get(place, (0, 0))[0]
            spans[place] = (before + items, t_ns - begun[place])
    found = {}
    for (run_id, _), (items, span_ns) in sorted(spans.items(), key=lambda pair: pair[0][1], reverse=True):
        found[run_id] = span_ns / 1e9 / items  # infer sorts before decode, and wins where both are there
    return found
