"""Mutated files end in an `EcoError` or in an import that lands; nothing else, and no number that cannot be."""

import math
import random
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.mutate import mutate, specimens

_CASES = 300


def test_mutated_files_never_crash_an_importer(shared_data: Path, tmp_path: Path) -> None:
    random_ = random.Random(5)
    con = open_database(":memory:")
    pool = specimens(shared_data)
    landed, refusals = 0, []
    for number in range(_CASES):
        name = random_.choice(sorted(pool))
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(mutate(pool[name], random_))
        try:
            imported = read(path)
            samples = list(imported.samples)
        except EcoError as error:
            refusals.append(error)
            continue
        energies = (
            imported.results.select(pl.col("energy_j", "energy_per_item_j"))
            .unpivot()["value"]
            .drop_nulls()
            .to_list()
        )
        assert all(math.isfinite(value) for value in energies), path.name
        for chunk in samples:
            power = chunk["power_w"].drop_nulls().to_list()
            assert all(math.isfinite(value) for value in power), path.name
        landed += ingest(con, imported)
    assert landed > _CASES // 10
    assert all(error.hint and "\n" not in error.message for error in refusals)
    run_checks(con)


@pytest.mark.parametrize(
    "junk", [b"\0" * 1000, b"\xff" * 1000, b"{" * 100_000, b"[" * 100_000, b"," * 10_000, b"a\n" * 10_000]
)
def test_junk_is_refused_in_one_line(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "junk"
    path.write_bytes(junk)
    with pytest.raises(EcoError):
        read(path)


def test_a_cell_larger_than_any_table_has_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "z.csv"
    path.write_text(f"start_time,window_name,elapsed_time,gpu0_energy\n1,{'a' * 200_000},1.0,5\n2,b,1.0,5\n")
    assert read(path).results.height == 2
