"""Mutated files end in an `EcoError` or in an import that lands; nothing else, and no number that cannot be."""

import math
import random
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.formats import IMPORTERS
from ecoanalysis.importers.head import open_head
from ecoanalysis.importers.read import CompanionError, format_of, read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.defects import leaves_it_sound
from tests.ecoanalysis.importers.mutate import mutate
from tests.ecoanalysis.importers.specimens import lay_companions, specimens

_CASES = 120  # thousands: tests/bench/import_fuzz.py


def test_every_format_is_damaged(shared_data: Path, tmp_path: Path) -> None:
    lay_companions(shared_data, tmp_path)
    found = set()
    for name, data in specimens(shared_data).items():
        (tmp_path / name).write_bytes(data)
        try:
            form = format_of(open_head(tmp_path / name), Options())
        except CompanionError:
            continue
        assert form in IMPORTERS
        assert read(tmp_path / name).source.rows_count > 0, name
        found.add(form)
    assert found == set(IMPORTERS)


def test_whole_lines_digits_and_a_unit_of_the_header_leave_a_file_sound() -> None:
    whole = b"power [W],s\n12.5,1\n13.5,2\n"
    assert leaves_it_sound("cut short", whole, b"power [W],s\n12.5,1\n")
    assert leaves_it_sound("bit flipped", whole, whole.replace(b"13.5", b"17.5"))
    assert leaves_it_sound("unit of the header", whole, whole.replace(b"[W]", b"[mW]"))
    assert not leaves_it_sound("cut short", whole, whole[:-2])
    assert not leaves_it_sound("bit flipped", whole, whole.replace(b"13.5", b"13>5"))
    assert not leaves_it_sound("lines shuffled", whole, b"12.5,1\npower [W],s\n13.5,2\n")
    assert not leaves_it_sound("thousandfold cell", whole, whole.replace(b"13.5", b"13500"))


def test_mutated_files_never_crash_an_importer(shared_data: Path, tmp_path: Path) -> None:
    random_ = random.Random(5)
    con = open_database(":memory:")
    pool = specimens(shared_data)
    lay_companions(shared_data, tmp_path)
    landed, refusals = 0, []
    for number in range(_CASES):
        name = random_.choice(sorted(pool))
        path = (tmp_path / name).with_name(f"{number}-{Path(name).name}")
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


def test_a_run_that_stands_twice_is_read_once_and_told(shared_data: Path, tmp_path: Path) -> None:
    lay_companions(shared_data, tmp_path)
    path = tmp_path / "traces" / "runs.csv"
    lines = specimens(shared_data)["traces/runs.csv"].splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[1]]))
    found = read(path)
    assert len(found.runs) == len(lines) - 1
    assert "repeated_run" in {note.code for note in found.notes}
