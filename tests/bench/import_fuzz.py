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
from ecoanalysis.importers.contract import SAMPLE_SCHEMA
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.conftest import SHARED
from tests.ecoanalysis.importers.defects import KINDS
from tests.ecoanalysis.importers.mutate import specimens

_CASES = 10_000
_TABLES = ("note", "sample", "mark", "run", "result", "config", "device", "recording", "source")
_TOLERANCE = 1e-9
_IMPORTED_NS = 1_900_000_000 * 10**9
_SUMMED = ("energy_j", "energy_per_item_j", "duration_s", "items_count", "throughput_items_per_s")


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


def run(cases: int = _CASES, seed: int = 2026) -> list[str]:
    """Import every mutated file into a database of its own; return the share of each outcome by kind of defect."""
    if not SHARED.is_dir():
        return [f"skipped: no data sets at {SHARED}"]
    random_, pool, con = random.Random(seed), specimens(SHARED), open_database(":memory:")
    with tempfile.TemporaryDirectory() as name:
        read_whole = {specimen: _sound(con, Path(name) / specimen, data) for specimen, data in pool.items()}
        sound = {specimen: found for specimen, found in sorted(read_whole.items()) if found is not None}
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        silent: dict[str, list[str]] = defaultdict(list)
        for number in range(cases):
            specimen, kind = random_.choice(list(sound)), random_.choice(list(KINDS))
            data = KINDS[kind](pool[specimen], random_)
            outcome = _outcome(con, sound[specimen], Path(name) / specimen, data)
            counts[kind][outcome] += 1
            if outcome == "silent":
                silent[kind].append(specimen)
            elif outcome not in ("refused", "same", "told"):
                silent[outcome].append(f"{specimen} ({kind}, case {number})")
    return _report(counts, silent)


def _report(counts: dict[str, Counter[str]], silent: dict[str, list[str]]) -> list[str]:
    """Return a line per kind, and the specimens that were wrong in silence most often."""
    lines = []
    for kind in KINDS:
        found = counts[kind]
        parts = ", ".join(
            f"{found[name] / max(found.total(), 1):.1%} {name}" for name in ("refused", "same", "told")
        )
        often = ", ".join(f"{name} {count}" for name, count in Counter(silent[kind]).most_common(4))
        wrong = found["silent"]
        lines.append(
            f"{kind:20} {found.total():5} files: {parts}, {wrong / max(found.total(), 1):.1%} silent {often}"
        )
    total = sum((found for found in counts.values()), Counter[str]())
    lines.append(
        f"{'all':20} {total.total():5} files: " + ", ".join(f"{n} {name}" for name, n in total.most_common())
    )
    return lines + [f"raised {name}: {where[0]}" for name, where in silent.items() if name not in KINDS]


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
    samples = pl.concat([pl.DataFrame(schema=SAMPLE_SCHEMA), *imported.samples])
    names = {device.id: device.boundary for device in imported.devices}
    totals = {name: float(imported.results[name].sum() or 0.0) for name in _SUMMED}
    for (device,), rows in samples.group_by("device_id", maintain_order=True):
        boundary = names.get(int(str(device)), "?")
        for name in ("power_w", "energy_j", "t_ns"):
            key = f"{boundary} {name}"
            totals[key] = totals.get(key, 0.0) + float(rows[name].sum() or 0.0)
    return Reading(totals, frozenset((note.code, note.text) for note in imported.notes))


def _findings(con: duckdb.DuckDBPyConnection, path: Path) -> frozenset[tuple[str, str]]:
    """Return what the checks find in a file, landed in an empty database."""
    for table in _TABLES:
        con.execute(f"DELETE FROM {table}")
    ingest(con, read(path), imported_utc_ns=_IMPORTED_NS)
    return frozenset((note.code, note.text) for note in run_checks(con))


def _sound(con: duckdb.DuckDBPyConnection, path: Path, data: bytes) -> Reading | None:
    """Return what an undamaged specimen says, with all notes and findings; None where it is no import of its own."""
    path.write_bytes(data)
    try:
        found = _read(path)
        return Reading(found.totals, found.notes | _findings(con, path))
    except EcoError:
        return None
