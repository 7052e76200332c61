"""Mutated files, a defect each: refused, unchanged in their totals, told by a finding, or wrong in silence."""

import math
import random
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import SAMPLE_SCHEMA, Imported
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.conftest import SHARED
from tests.ecoanalysis.importers.defects import KINDS, leaves_it_sound
from tests.ecoanalysis.importers.specimens import lay_companions, specimens

_CASES = 10_000
_TABLES = ("note", "sample", "mark", "run", "result", "config", "device", "recording", "ledger", "source")
_TOLERANCE = 1e-9
_IMPORTED_NS = 1_900_000_000 * 10**9
_SUMMED = ("energy_j", "energy_per_item_j", "duration_s", "items_count", "throughput_items_per_s")
_OUTCOMES = ("refused", "same", "told", "silent")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: the totals of its numbers, and the notes and findings on it."""

    totals: dict[str, float]
    notes: frozenset[tuple[str, str]]

    def equals(self, other: "Reading") -> bool:
        """Say whether the totals are the same to a part in 10⁹."""
        return self.totals.keys() == other.totals.keys() and all(
            math.isclose(value, other.totals[name], rel_tol=_TOLERANCE) for name, value in self.totals.items()
        )


@dataclass(slots=True)
class Tally:
    """Outcomes by kind of defect, and where the silent ones and the errors that are no `EcoError` were.

    `sound` are the silent files that are sound in themselves (see `leaves_it_sound`), `seen` those of all silent ones
    that are told when the undamaged file had been imported before.
    """

    counts: dict[str, Counter[str]]
    silent: dict[str, list[str]]
    sound: Counter[str]
    seen: Counter[str]

    def add(self, kind: str, outcome: str, specimen: str, *, is_sound: bool, is_seen: bool) -> None:
        """Count one file."""
        self.counts[kind][outcome] += 1
        if outcome == "silent":
            self.silent[kind].append(specimen)
            self.sound[kind] += is_sound
            self.seen[kind] += is_seen
        elif outcome not in _OUTCOMES:
            self.silent[outcome].append(f"{specimen} ({kind})")


def run(cases: int = _CASES, seed: int = 2026, names: tuple[str, ...] = ()) -> list[str]:
    """Import every mutated file into a database of its own; return the share of each outcome by kind of defect.

    A case is silent where a total changed by more than 10⁻⁹ and neither the import nor a check says anything that it
    does not say of the undamaged file. `names` are parts of the names of specimens to take only those.
    """
    if not SHARED.is_dir():
        return [f"skipped: no data sets at {SHARED}"]
    random_, con = random.Random(seed), open_database(":memory:")
    pool = {
        name: data
        for name, data in specimens(SHARED).items()
        if not names or any(part in name for part in names)
    }
    tally = Tally(defaultdict(Counter), defaultdict(list), Counter(), Counter())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_companions(SHARED, folder)
        read_whole = {specimen: _sound(con, folder / specimen, data) for specimen, data in pool.items()}
        sound = {specimen: found for specimen, found in sorted(read_whole.items()) if found is not None}
        for _ in range(cases):
            specimen, kind = random_.choice(list(sound)), random_.choice(list(KINDS))
            whole, path = pool[specimen], folder / specimen
            data = KINDS[kind](whole, random_)
            outcome = _outcome(con, sound[specimen], path, data)
            is_seen = outcome == "silent" and _is_told_again(con, path, whole, data)
            tally.add(kind, outcome, specimen, is_sound=leaves_it_sound(kind, whole, data), is_seen=is_seen)
    return [f"{len(sound)} specimens of {len(pool)} files", *_report(tally)]


def _report(tally: Tally) -> list[str]:
    """Return a line per kind, the sums, and the specimens that were wrong in silence most often."""
    lines = []
    for kind in KINDS:
        found = tally.counts[kind]
        if not found:
            continue
        parts = ", ".join(f"{found[name] / found.total():.1%} {name}" for name in _OUTCOMES)
        often = ", ".join(f"{name} {count}" for name, count in Counter(tally.silent[kind]).most_common(4))
        seen = found["silent"] - tally.sound[kind]
        lines.append(f"{kind:20} {found.total():5} files: {parts} (visible {seen}) {often}")
    total = sum(tally.counts.values(), Counter[str]())
    outcomes = ", ".join(f"{count} {name}" for name, count in total.most_common())
    silent, sound = total["silent"], tally.sound.total()
    lines += [
        f"{'all':20} {total.total():5} files: {outcomes}",
        f"silent with damage to be seen: {silent - sound}",
        f"silent and sound in themselves (whole lines gone, digits for digits, another unit in the header): {sound}",
        f"told where the undamaged file was imported before: {tally.seen.total()} of the {silent} silent ones",
    ]
    return lines + [f"raised {name}: {where[0]}" for name, where in tally.silent.items() if name not in KINDS]


def _outcome(con: duckdb.DuckDBPyConnection, sound: Reading, path: Path, data: bytes) -> str:
    """Return what became of a file: an error's name where it was no `EcoError`.

    The checks are asked only where the totals changed and the import itself told nothing.
    """
    path.write_bytes(data)
    try:
        found = _read(path)
        if found.equals(sound):
            return "same"
        if found.notes - sound.notes:
            return "told"
        return "told" if _findings(con, path) - sound.notes else "silent"
    except EcoError:
        return "refused"
    except Exception as error:  # noqa: BLE001 - that there is none is what is measured
        return f"{type(error).__name__}: {str(error)[:80]}"
    finally:
        path.unlink()


def _read(path: Path) -> Reading:
    """Return the totals of a file, and what its import notes."""
    imported = read(path)
    return Reading(_totals(imported), frozenset((note.code, note.text) for note in imported.notes))


def _totals(imported: Imported) -> dict[str, float]:
    """Return the sums of the numbers of an import by column, and by boundary where they are samples."""
    samples = pl.concat([pl.DataFrame(schema=SAMPLE_SCHEMA), *imported.samples])
    names = {device.id: device.boundary for device in imported.devices}
    totals = {name: float(imported.results[name].sum() or 0.0) for name in _SUMMED}
    for (device,), rows in samples.group_by("device_id", maintain_order=True):
        boundary = names.get(int(str(device)), "?")
        for name in ("power_w", "energy_j", "t_ns"):
            key = f"{boundary} {name}"
            totals[key] = totals.get(key, 0.0) + float(rows[name].sum() or 0.0)
    return totals


def _empty(con: duckdb.DuckDBPyConnection) -> None:
    """Take everything out of the database."""
    for table in _TABLES:
        con.execute(f"DELETE FROM {table}")


def _findings(con: duckdb.DuckDBPyConnection, path: Path) -> frozenset[tuple[str, str]]:
    """Return what the checks find in a file, landed in an empty database."""
    _empty(con)
    ingest(con, read(path), imported_utc_ns=_IMPORTED_NS)
    return frozenset((note.code, note.text) for note in run_checks(con))


def _is_told_again(con: duckdb.DuckDBPyConnection, path: Path, whole: bytes, data: bytes) -> bool:
    """Say whether a file is found to be another version of the undamaged one that was imported before it."""
    _empty(con)
    try:
        for place, content in enumerate((whole, data)):
            path.write_bytes(content)
            ingest(con, read(path), imported_utc_ns=_IMPORTED_NS + place)
    finally:
        path.unlink()
    return any(note.code == "check_changed_file" for note in run_checks(con))


def _sound(con: duckdb.DuckDBPyConnection, path: Path, data: bytes) -> Reading | None:
    """Return what an undamaged specimen says, with all notes and findings; None where it is no import of its own."""
    path.write_bytes(data)
    try:
        found = _read(path)
        return Reading(found.totals, found.notes | _findings(con, path))
    except EcoError:
        return None
    finally:
        path.unlink()
