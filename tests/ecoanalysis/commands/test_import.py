"""`eco import` in a newcomer's eyes: what was read, what it covers, what is open, and the next command."""

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from ecoanalysis.cli import group
from ecoanalysis.commands import telling
from ecoanalysis.errors import EcoError

# 0.001 kWh of CPU, 0.002 of GPU, 0.0005 of RAM: 3.6, 7.2 and 1.8 kJ with a PUE of 1.5 in each
_CODECARBON = (
    "timestamp,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,country_iso_code,cpu_model,"
    "gpu_model,gpu_count,tracking_mode,codecarbon_version,pue\n"
    "2026-11-23T14:29:02,a,10.0,0.001,0.001,0.002,0.0005,0.0035,FRA,Some CPU,1 x Some GPU,1,machine,3.2.0,1.5\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "emissions.csv"
    path.write_text(_CODECARBON)
    return path


def _eco(*words: object) -> Result:
    return CliRunner().invoke(group, ["import", *map(str, words)])


def test_an_import_says_each_energy_with_boundary_and_basis_what_is_open_and_the_next_command(
    file: Path,
) -> None:
    database = file.parent / "eco.duckdb"
    said = _eco(file, "--database", database).output
    assert "codecarbon: 1 × board, measured: 4.80 kJ in 10 s in all, items not counted" in said
    assert "codecarbon: 1 × node, estimated: ≈ 8.40 kJ in 10 s in all, items not counted" in said
    command = (
        f"eco import --set items=1000 --set model=NAME --set precision=fp16 {file} --database {database}"
    )
    assert f"say it, for each record alike: {command}" in said
    assert said.rstrip().endswith(
        f"next: eco report --region FRA --pue 1.5 --database {database} (the file says so)"
    )


def test_what_is_said_of_a_known_file_later_takes_the_place_of_what_was_read(file: Path) -> None:
    database = file.parent / "eco.duckdb"
    said = (file, "--database", database, "--set", "items=1000", "--set", "model=bert-base-uncased")
    _eco(file, "--database", database)
    assert "1 imported (1 anew, by what is said of it now), 0 already there" in _eco(*said).output
    assert "0 imported, 1 already there" in _eco(*said).output  # the same words change nothing
    assert "0 imported, 1 already there" in _eco(file, "--database", database).output  # nor does silence
    other = _eco(file, "--database", database, "--set", "items=500").output
    assert "no longer: stated at import, not by the file: items=1000, model=bert-base-uncased" in other
    _eco(*said)
    with duckdb.connect(str(database), read_only=True) as con:
        rows = con.execute(
            "SELECT boundary, energy_j, energy_per_item_j FROM measurement ORDER BY boundary"
        ).fetchall()
    assert [name for name, _, _ in rows] == ["board", "dram", "node", "package"]
    assert [per_item for _, _, per_item in rows] == pytest.approx([4.8, 1.2, 8.4, 2.4])
    assert [joules for _, joules, _ in rows] == pytest.approx([4800, 1200, 8400, 2400])


def test_a_dry_run_tells_the_energies_and_the_findings_and_writes_nothing(file: Path) -> None:
    other = file.with_name("edited.csv")
    other.write_text(_CODECARBON.replace("0.0035", "0.0045"))
    said = _eco("--dry-run", file, other, "--database", file.parent / "eco.duckdb").output
    assert (
        "2 × board, measured: 4.80 kJ in 10 s in all, items not counted; 1 out of use (duplicated row)"
        in said
    )
    assert "check_sum_of_parts" in said
    assert "2 files would be imported; nothing written" in said
    assert sorted(path.name for path in file.parent.iterdir()) == ["edited.csv", "emissions.csv"]


def test_a_wrong_path_is_told_the_name_that_is_there(file: Path) -> None:
    wrong = _eco(file.with_name("emision.csv")).exception
    assert isinstance(wrong, EcoError)
    assert wrong.hint == f"did you mean {file}?"
    empty = file.parent / "empty"
    empty.mkdir()
    assert "no file in" in str(_eco(empty).exception)


def test_notes_that_are_alike_but_for_their_numbers_are_told_once(file: Path) -> None:
    from dataclasses import replace

    from collectors.trace.records import Note
    from ecoanalysis.importers.read import read

    notes = tuple(Note("duplicate_row", f"row {n + 200} repeats row {n}", "error") for n in range(168))
    lines = telling.noted(replace(read(file), notes=(*notes, Note("other", "one thing", "info"))))
    assert lines == ["error: 168 × row 200 repeats row 0", "info: one thing"]
