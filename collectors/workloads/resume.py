"""What the traces of a folder already hold of a suite: the trace files are the only record of progress."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.trace.errors import EcoError
from collectors.trace.land import find_traces
from collectors.trace.records import BETWEEN_TURNS
from collectors.trace.segment import is_live
from collectors.workloads.conductor import Board, Progressed
from collectors.workloads.repeats import Repeat, item_energy_j, with_times
from collectors.workloads.yardstick import PHASE as YARDSTICK

if TYPE_CHECKING:
    import duckdb

_OURS = ("precision_not_taken", "workload_failed")  # failures that would only fail again
_GIVE_UP_AFTER = 2  # broken-off runs of a case, such as for lack of memory, after which its suite went on
_STOPPED, _DIED = "stopped with its suite", "died by itself"
_PHASES = ("decode", "infer")  # the last window of a run, by which repeats are compared

_RUNS = """
SELECT run.id, config.extra, run.repeat, run.status, run.quality_value,
       coalesce(list(note.code) FILTER (note.code IS NOT NULL), []),
       any_value(note.text) FILTER (note.code = 'repeat_times'),
       any_value(run.policy), any_value(marked.last_phase), any_value(run.end_t_ns < (SELECT max(start_t_ns) FROM run))
FROM run JOIN config ON config.id = run.config_id LEFT JOIN note ON note.run_id = run.id
LEFT JOIN (SELECT run_id, arg_max(phase, t_ns) AS last_phase FROM mark GROUP BY run_id) AS marked
  ON marked.run_id = run.id
WHERE config.extra LIKE '%"case"%' AND run.status <> 'skipped'
GROUP BY ALL ORDER BY run.repeat, run.id
"""
_MARKS = "SELECT run_id, t_ns, phase, items_count FROM mark ORDER BY run_id, t_ns, rowid"


def recorded(folder: Path, board: Board, wait_s: float = 10.0) -> list[str]:
    """Write to the board what the traces of a folder hold of its cases; return the files that cannot be read.

    A repeat counts when its run ended well. A failure of the configuration counts as done. A run that broke off
    is done again: without limit where no run began after its end, for then the suite was stopped, and where it was
    not its turn, for then another run of its process died; at most twice where the suite went on to other runs, for
    then the workload died by itself. The recorder of a suite
    that was killed a moment ago may still be writing: it gets `wait_s` to end.
    """
    by_key = {case.key: done for case, done in board.items()}
    broken: defaultdict[str, int] = defaultdict(int)
    unread = []
    _await_recorders(folder, wait_s)
    for path in find_traces(folder):
        try:
            con = _open(path)
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


def _await_recorders(folder: Path, wait_s: float) -> None:
    """Return when no segment of the folder has a living recorder, or the time is up."""
    until = time.monotonic() + wait_s
    while time.monotonic() < until and any(_living(path) for path in folder.glob("*.segment")):
        time.sleep(0.05)


def _living(segment: Path) -> bool:
    try:
        return is_live(segment)
    except FileNotFoundError:  # it has landed since the folder was listed
        return False


def _open(path: Path) -> "duckdb.DuckDBPyConnection":
    """Open a trace; a segment that has landed since it was listed is opened as the file that it became."""
    from collectors.trace.reader import open_trace

    try:
        return open_trace(path)
    except EcoError:
        landed = path.with_suffix(".duckdb")
        if path == landed or not landed.exists():
            raise
        return open_trace(landed)


def _read(con: "duckdb.DuckDBPyConnection", by_key: dict[str, Progressed], broken: dict[str, int]) -> None:
    for key, number, quality, found in _recorded_runs(con):
        done = by_key.get(key)
        if done is None:
            continue
        if isinstance(found, Repeat):
            done.repeats.setdefault(number, found)
            done.quality = quality
        elif found == _STOPPED:
            continue
        elif found == _DIED:
            broken[key] = broken.get(key, 0) + 1
        else:
            done.failure = found


def read_repeats(con: "duckdb.DuckDBPyConnection") -> dict[str, list[Repeat]]:
    """Return the repeats of each case of a trace that ended well, by the case's key."""
    repeats: defaultdict[str, list[Repeat]] = defaultdict(list)
    for key, _, _, found in _recorded_runs(con):
        if isinstance(found, Repeat):
            repeats[key].append(found)
    return dict(repeats)


def _recorded_runs(con: "duckdb.DuckDBPyConnection") -> Iterator[tuple[str, int, float | None, Repeat | str]]:
    """Yield each run of a suite: case, repeat number, quality, and what was measured or how it ended."""
    seconds = _item_seconds(con.execute(_MARKS).fetchall())
    for run_id, extra, number, status, quality, codes, times, summary, stood_in, went_on in con.execute(
        _RUNS
    ).fetchall():
        phase = next((phase for phase in _PHASES if (run_id, phase) in seconds), None)
        died = status != "truncated" and went_on and stood_in != BETWEEN_TURNS
        found: Repeat | str = _DIED if died else _STOPPED
        if status == "ok" and phase is not None:
            item_s = seconds[run_id, phase]
            pace_s = seconds.get((run_id, YARDSTICK))
            found = Repeat(item_s, None, pace_s, "contended" in codes, "not_steady" not in codes)
            item_j = item_energy_j(json.loads(summary or "{}"), phase, item_s)
            found = replace(with_times(found, times), item_j=item_j)
        elif own := sorted(set(codes) & set(_OURS)):
            found = f"recorded as failed: {', '.join(own)}"
        yield json.loads(extra)["case"], number, quality, found


def _item_seconds(marks: list[tuple[int, int, str, int | None]]) -> dict[tuple[int, str], float]:
    """Return seconds per item by (run, phase): the lengths of all its slices over the items finished in them.

    A slice reaches from the phase's mark to the last of its marks before another phase begins. The yardstick
    counts its bursts, which are its slices.
    """
    spans: defaultdict[tuple[int, str], int] = defaultdict(int)
    counts: defaultdict[tuple[int, str], int] = defaultdict(int)
    here: tuple[int, str] | None = None
    before_ns = 0
    for run_id, t_ns, phase, items in marks:
        place = (run_id, phase)
        if place == here:
            spans[place] += t_ns - before_ns
        elif phase == YARDSTICK:
            counts[place] += 1
        counts[place] += items or 0
        here, before_ns = place, t_ns
    return {place: spans[place] / 1e9 / count for place, count in counts.items() if count}
