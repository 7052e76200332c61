"""Ten thousand mutated files: an `EcoError` or an import that lands, never anything else."""

import math
import random
import tempfile
from collections import Counter
from pathlib import Path

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.conftest import SHARED
from tests.ecoanalysis.importers.mutate import mutate, specimens

_CASES = 10_000


def run() -> list[str]:
    """Read and land every mutated file; the goal is no other exception and no infinite number."""
    if not SHARED.is_dir():
        return [f"skipped: no data sets at {SHARED}"]
    random_, pool, con = random.Random(2026), specimens(SHARED), open_database(":memory:")
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        for number in range(_CASES):
            specimen = random_.choice(sorted(pool))
            path = Path(name) / f"{number}-{specimen}"
            path.write_bytes(mutate(pool[specimen], random_))
            outcome = _outcome(path, con)
            counts[outcome] += 1
            examples.setdefault(outcome, specimen)
            path.unlink()
    run_checks(con)
    return [f"{count} {outcome} (first: {examples[outcome]})" for outcome, count in counts.most_common()]


def _outcome(path: Path, con: object) -> str:
    """Return what became of a file, in a word."""
    try:
        imported = read(path)
        for chunk in imported.samples:
            if not all(math.isfinite(value) for value in chunk["power_w"].drop_nulls().to_list()):
                return "infinite power"
        ingest(con, read(path))  # type: ignore[arg-type]
    except EcoError:
        return "refused"
    except Exception as error:  # noqa: BLE001 - that there is none is what is measured
        return f"{type(error).__name__}: {str(error)[:80]}"
    return "imported"
