"""Runs that several files tell of, by the id that their tool wrote into each."""

from collections.abc import Iterator

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.store.frame import frame

_ONE_START_NS = 2_000_000_000  # tools write times in whole seconds
_SAME = 6  # digits, of an energy and the sum of its parts
# One row per result, and per device of a run; `tool_run` as importers keep it in `extra`.
_TOLD = """
WITH told AS (
    SELECT extra, source_id, id AS result_id, NULL AS run_id, boundary, energy_j,
        energy_per_item_j IS NOT NULL OR items_count > 0 AS counted, false AS by_counter, started_utc_ns
    FROM result
    UNION ALL
    SELECT run.extra, source_id, NULL, run.id, boundary, NULL, items_count > 0, energy_source = 'counter',
        run.started_utc_ns
    FROM run JOIN recording ON recording.id = run.recording_id JOIN device ON device.recording_id = recording.id)
SELECT told.* EXCLUDE (extra), extra->>'$.tool_run' AS tool_run, source.name, source.path
FROM told JOIN source ON source.id = source_id
WHERE json_valid(extra) AND tool_run IS NOT NULL ORDER BY tool_run, source_id, result_id, run_id
"""


def run_told_twice(facts: Facts) -> Iterator[Note]:
    """Find runs that files of several sources tell of: all but one of them are errors, so that no sum has a run twice.

    In use stays the source that counts items, then the one of most boundaries, of counters, of the most energy (it was
    written last), of the fewest rows (the whole, not its tasks). Files of one id that began at other times are left.
    """
    told = frame(facts.con, _TOLD)
    sources = told.group_by("tool_run", "source_id").agg(
        pl.col("name", "path").first(),
        pl.col("counted").any().alias("counts_items"),
        pl.col("boundary").n_unique().alias("boundaries_count"),
        pl.col("by_counter").sum().alias("counters_count"),
        pl.col("energy_j").sum().round_sig_figs(_SAME).alias("energy_sum_j"),
        pl.len().alias("rows_count"),
        pl.col("started_utc_ns").min().alias("begun_ns"),
    )
    best_first = ("counts_items", "boundaries_count", "counters_count", "energy_sum_j")
    ranked = sources.sort(
        *best_first, "rows_count", "path", descending=[*[True] * len(best_first), False, False]
    )
    kept = ranked.group_by("tool_run", maintain_order=True).first()
    others = told.join(
        kept.select("tool_run", kept="source_id", kept_name="name", kept_ns="begun_ns"), on="tool_run"
    )
    apart = (pl.col("started_utc_ns") - pl.col("kept_ns")).abs() > _ONE_START_NS
    again = others.filter(pl.col("source_id") != pl.col("kept"), ~apart.fill_null(False))
    for row in again.unique(["result_id", "run_id"], maintain_order=True).iter_rows(named=True):
        yield Note(
            "check_run_told_twice",
            f"the same run as in {row['kept_name']}: {row['tool_run']}",
            "error", f"{row['kept_name']} stays in use",
            result_id=row["result_id"], run_id=row["run_id"], source_id=row["source_id"],
        )  # fmt: skip
