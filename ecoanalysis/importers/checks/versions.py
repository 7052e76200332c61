"""Files that were imported before with other content: what was in them then, and what is now."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.store.imported import Entry
from ecoanalysis.store.ledger import KEPT, LEFT_OUT, READINGS, RESULTS, entries_of, in_words

_PACKED = (".xz", ".gz", ".bz2")
_SHARED = 0.5  # of the results of the smaller file, from which on two files elsewhere are versions of one
_SOURCES = """
WITH times AS (
    SELECT source_id, recording.started_utc_ns AS begun_ns, recording.started_utc_ns + run.end_t_ns AS ended_ns
    FROM recording JOIN run ON run.recording_id = recording.id
    UNION ALL
    SELECT source_id, started_utc_ns, started_utc_ns + coalesce(duration_s * 1e9, 0)::BIGINT FROM result)
SELECT source.id, path, format, imported_utc_ns, min(begun_ns), max(ended_ns) FROM source
LEFT JOIN times ON times.source_id = source.id GROUP BY ALL ORDER BY imported_utc_ns, source.id
"""
# What a source says, row by row, whatever its ids are.
_RESULT = """boundary, label, started_utc_ns, duration_s, items_count, energy_j, energy_per_item_j, mean_power_w,
    throughput_items_per_s, latency_s, batch_size_mean, co2_g_reported"""
_ROWS = {
    RESULTS: f"SELECT row_number, {_RESULT} FROM result WHERE source_id = ?",
    READINGS: """SELECT device.boundary, device.index, device.name, recording.started_utc_ns, t_ns, power_w, energy_j
        FROM sample JOIN device ON device.id = device_id JOIN recording ON recording.id = device.recording_id
        WHERE recording.source_id = ?""",
}
_DIGEST = "SELECT count(*), sum(hash(t)::HUGEINT) FROM ({rows}) AS t"
_ALIKE = f"""
WITH rows AS (SELECT source_id, hash(({_RESULT})) AS row, count(*) AS times FROM result GROUP BY ALL),
sizes AS (SELECT source_id, sum(times) AS results_count FROM rows GROUP BY ALL)
SELECT one.source_id, other.source_id FROM rows AS one JOIN rows AS other USING (row)
JOIN source ON source.id = one.source_id JOIN source AS their ON their.id = other.source_id
JOIN sizes ON sizes.source_id = one.source_id JOIN sizes AS their_size ON their_size.source_id = other.source_id
WHERE source.format = their.format AND one.source_id <> other.source_id
GROUP BY ALL HAVING sum(least(one.times, other.times))
    >= {_SHARED} * least(any_value(sizes.results_count), any_value(their_size.results_count))
"""


@dataclass(frozen=True, slots=True)
class _File:
    """An imported file, and when what is in it began and ended, None where it does not say [ns since the epoch]."""

    source: int
    path: str
    format: str
    imported_ns: int
    begun_ns: int | None
    ended_ns: int | None

    def is_version_of(self, earlier: "_File", alike: set[tuple[int, int]]) -> bool:
        """Say whether it is another version of an earlier one: at the same place of the same time, or nearly a copy."""
        if self.path == earlier.path:
            times = (self.begun_ns, earlier.ended_ns)
            return None in times or times[0] <= times[1]  # type: ignore[operator]
        starts_with_it = self.begun_ns is not None and self.begun_ns == earlier.begun_ns
        return (self.source, earlier.source) in alike or starts_with_it


def changed_file(facts: Facts) -> Iterator[Note]:
    """Find sources that are another version of a file imported before: its format, its name, and its place or rows.

    A version in which rows were added is a log that went on: that is said, and no doubt. Else rows were lost or numbers
    changed, in the file then or in the file now.
    """
    before: dict[tuple[str, str], list[_File]] = defaultdict(list)
    files = [_File(*row) for row in facts.con.execute(_SOURCES).fetchall()]
    namesakes = len({(one.format, _name(one.path)) for one in files}) < len(files)
    alike = set(facts.con.execute(_ALIKE).fetchall()) if namesakes else set()
    for now in files:
        others = before[now.format, _name(now.path)]
        then = next((one for one in reversed(others) if now.is_version_of(one, alike)), None)
        others.append(now)
        if then is not None:
            yield from _difference(facts, then, now)


def _difference(facts: Facts, then: _File, now: _File) -> Iterator[Note]:
    """Yield what is other in a version of a file, nothing where its rows say the same."""
    ledgers = [entries_of(facts.con, one.source) for one in (then, now)]
    if not all(ledgers) or all(
        _digest(facts, rows, then) == _digest(facts, rows, now) for rows in _ROWS.values()
    ):
        return
    when = datetime.fromtimestamp(then.imported_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M")
    grown = _kept(ledgers[1]) > _kept(ledgers[0])
    yield Note(
        "check_changed_file",
        f"{PurePath(now.path).name} was imported on {when} UTC: {_said(ledgers[0])} then, {_said(ledgers[1])} now",
        "info" if grown else "warning",
        "it grew" if grown else "rows were lost or numbers changed, then or now: compare the two files",
        source_id=now.source,
    )


def _name(path: str) -> str:
    """Return a file's name without the suffix of its compression."""
    name = PurePath(path).name
    return next((name.removesuffix(suffix) for suffix in _PACKED if name.endswith(suffix)), name)


def _digest(facts: Facts, rows: str, file: _File) -> object:
    """Return the number of rows of a source and a sum over them, which their order does not change."""
    return facts.con.execute(_DIGEST.format(rows=rows), [file.source]).fetchall()[0]


def _kept(entries: list[Entry]) -> int:
    """Return the rows of a file that became something."""
    return sum(entry.rows_count for entry in entries if entry.entry == KEPT)


def _said(entries: list[Entry]) -> str:
    """Return a ledger in words: '12 rows, 1 left out (board: 12 results, 3.14159 kWh)'."""
    left = sum(entry.rows_count for entry in entries if entry.entry == LEFT_OUT)
    sums = "; ".join(in_words(entry) for entry in entries if entry.entry in _ROWS)
    return f"{_kept(entries)} rows" + (f", {left} left out" if left else "") + f" ({sums})"
