"""Times that cannot be: in the future of their own import, or away from their window."""

from collections.abc import Iterator

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.store.frame import frame

_RUNS = """
SELECT recording.source_id, recording.started_utc_ns, source.imported_utc_ns FROM recording
JOIN source ON source.id = recording.source_id ORDER BY recording.id
"""
_SLACK_NS = 15 * 60 * 1_000_000_000


def time_zone_offset(facts: Facts) -> Iterator[Note]:
    """Find sources whose measurements begin after they were imported: their zone is another."""
    late = facts.results.filter(pl.col("started_utc_ns") > pl.col("imported_utc_ns") + _SLACK_NS)
    runs = frame(facts.con, _RUNS).filter(pl.col("started_utc_ns") > pl.col("imported_utc_ns") + _SLACK_NS)
    both = pl.concat([late.select("source_id", "started_utc_ns", "imported_utc_ns"), runs])
    for (source,), rows in both.group_by("source_id", maintain_order=True):
        ahead_h = max((rows["started_utc_ns"] - rows["imported_utc_ns"]).to_list()) / 3.6e12
        yield Note(
            "check_time_zone_offset",
            f"{rows.height} times lie up to {ahead_h:.1f} h after their import: local times read in another zone",
            "warning", "import again with --tz", source_id=int(str(source)),
        )  # fmt: skip


def window_energy(facts: Facts) -> Iterator[Note]:
    """Find runs whose integrated energy differs by over 1 % from the one that their source publishes."""
    rows = facts.con.execute(
        """SELECT run.id, recording.source_id, sum(phase_energy.energy_j) AS ours,
               TRY_CAST(json_extract_string(run.extra, '$.window_energy_j') AS DOUBLE) AS theirs
        FROM run JOIN recording ON recording.id = run.recording_id
        JOIN phase_energy ON phase_energy.run_id = run.id AND phase = 'infer' AND chosen
        WHERE json_valid(run.extra) GROUP BY ALL HAVING theirs > 0 AND abs(ours / theirs - 1) > 0.01 ORDER BY run.id"""
    ).fetchall()
    for run, source, ours, theirs in rows:
        yield Note(
            "check_window_energy",
            f"integrated {ours:.6g} J, published {theirs:.6g} J ({ours / theirs - 1:+.1%})",
            "warning",
            "the window or the clock of the log is off",
            run_id=run,
            source_id=source,
        )
