"""The ledger of a source: rows read, kept and left out, then what landed, summed by boundary."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple
from math import isclose
from typing import TYPE_CHECKING

from ecoanalysis.errors import EcoError
from ecoanalysis.store.imported import Entry, Rows
from ecoanalysis.units import J_PER_KWH

if TYPE_CHECKING:
    import duckdb

READ, KEPT, LEFT_OUT, RESULTS, READINGS = "read", "kept", "left out", "results", "readings"
_TOLERANCE = 1e-9
_SUMS = {
    RESULTS: f"""
SELECT source_id, '{RESULTS}', boundary, count(*), fsum(energy_j), fsum(duration_s)
FROM read_parquet(?) WHERE source_id IS NOT NULL GROUP BY ALL ORDER BY ALL""",
    READINGS: f"""
WITH series AS (
    SELECT run_id, device_id, count(*) AS readings_count, (max(t_ns) - min(t_ns)) / 1e9 AS span_s,
        favg(power_w) AS power_w, max(energy_j) - min(energy_j) AS counted_j
    FROM read_parquet(?) GROUP BY ALL)
SELECT recording.source_id, '{READINGS}', device.boundary, sum(readings_count)::BIGINT,
    fsum(CASE WHEN device.energy_source = 'counter' AND counted_j IS NOT NULL THEN counted_j ELSE power_w * span_s END),
    fsum(span_s)
FROM series JOIN device ON device.id = device_id JOIN run ON run.id = run_id
JOIN recording ON recording.id = run.recording_id WHERE recording.source_id IS NOT NULL GROUP BY ALL ORDER BY ALL""",
}


def row_entries(source_id: int, rows: Rows) -> list[Entry]:
    """Return the entries of a file's rows: read = kept + all that is left out."""
    left = [Entry(source_id, LEFT_OUT, reason, count) for reason, count in rows.left_out]
    return [
        Entry(source_id, READ, None, rows.read_count),
        Entry(source_id, KEPT, None, rows.kept_count),
        *left,
    ]


def landed_entries(con: "duckdb.DuckDBPyConnection", results: list[str], samples: list[str]) -> list[Entry]:
    """Return the sums by boundary of the results and samples in Parquet files, by source; the devices are landed."""
    found = ((entry, files) for entry, files in ((RESULTS, results), (READINGS, samples)) if files)
    return [Entry(*row) for entry, files in found for row in con.execute(_SUMS[entry], [files]).fetchall()]


def write_entries(con: "duckdb.DuckDBPyConnection", entries: Iterable[Entry]) -> None:
    """Insert entries."""
    columns = list(zip(*map(astuple, entries), strict=True))
    if columns:
        con.execute(
            f"INSERT INTO ledger SELECT {', '.join('unnest(?)' for _ in columns)}",
            [list(column) for column in columns],
        )


def entries_of(con: "duckdb.DuckDBPyConnection", source_id: int) -> list[Entry]:
    """Return the entries of a source, none where it was imported before there was a ledger."""
    rows = con.execute(
        "SELECT source_id, entry, name, rows_count, energy_j, span_s FROM ledger WHERE source_id = ? ORDER BY rowid",
        [source_id],
    ).fetchall()
    return [Entry(*row) for row in rows]


def in_words(entry: Entry) -> str:
    """Return the sum at a boundary in words, with the digits of a checksum: 'board: 12 results, 3.14159 kWh'."""
    energy = entry.energy_j
    if energy is None:
        said = "no energy stated"
    else:
        said = f"{energy / J_PER_KWH:.6g} kWh" if abs(energy) >= J_PER_KWH / 10 else f"{energy:.6g} J"
    what = entry.entry.removesuffix("s") if entry.rows_count == 1 else entry.entry
    return f"{entry.name}: {entry.rows_count} {what}, {said}"


def refuse_other_sums(landed: list[Entry], stated: Iterable[Entry]) -> None:
    """Raise `EcoError` where what landed is not what an export states of the same source."""
    ours: dict[int, dict[tuple[str, str | None], Entry]] = defaultdict(dict)
    for entry in landed:
        ours[entry.source_id][entry.entry, entry.name] = entry
    for one in stated:
        if one.entry not in (RESULTS, READINGS):
            continue
        other = ours.get(one.source_id, {}).get((one.entry, one.name))
        if other is None or not _alike(one, other):
            have = "none" if other is None else f"{other.rows_count} of {other.energy_j or 0.0:.9g} J"
            raise EcoError(
                f"the export states {one.rows_count} {one.entry} of {one.energy_j or 0.0:.9g} J at the {one.name}, "
                f"its tables have {have}",
                "the export is damaged: export again",
            )


def _alike(one: Entry, other: Entry) -> bool:
    """Say whether two entries state the same counts and sums."""
    numbers = ((one.energy_j, other.energy_j), (one.span_s, other.span_s))
    same = all(
        a == b or (a is not None and b is not None and isclose(a, b, rel_tol=_TOLERANCE)) for a, b in numbers
    )
    return same and one.rows_count == other.rows_count
