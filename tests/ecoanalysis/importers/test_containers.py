"""What a newcomer gives to `eco import` and is no table: each is refused by its name, with the way out."""

import io
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import duckdb
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import CompanionError, read

CODECARBON = (
    "timestamp,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,cpu_model,codecarbon_version\n"
    "2026-11-23T14:29:02,a,10.0,0.001,0.001,0.002,0.0005,0.0035,Some CPU,2.8.0\n"
)


def _zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(
                name, "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else CODECARBON
            )
    return path


def _tar(path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name in ("a.csv", "b.csv"):
            found = tarfile.TarInfo(name)
            found.size = len(CODECARBON)
            archive.addfile(found, io.BytesIO(CODECARBON.encode()))
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_of_tables_is_not_read_as_one_table(tmp_path: Path, mode: str) -> None:
    with pytest.raises(EcoError, match="a tar archive") as raised:
        read(_tar(tmp_path / "runs.tar", mode))
    assert raised.value.hint == (
        f"unpack it, then import the folder: mkdir {tmp_path}/runs; tar xf {tmp_path}/runs.tar -C {tmp_path}/runs; "
        f"eco import {tmp_path}/runs"
    )


def test_a_workbook_is_told_to_be_saved_as_csv(tmp_path: Path) -> None:
    for name, inside, what in (
        ("a.xlsx", "xl/workbook.xml", "an Excel workbook"),
        ("a.ods", "mimetype", "an OpenDocument spreadsheet"),
    ):
        with pytest.raises(EcoError, match=what) as raised:
            read(_zip(tmp_path / name, inside))
        assert (
            raised.value.hint
            == f"save the sheet as CSV (File, Save as, CSV UTF-8), then: eco import {tmp_path}/a.csv"
        )


def test_what_is_no_table_says_what_it_is(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "trace.duckdb")).execute("CREATE TABLE a (b INT)").close()
    with sqlite3.connect(tmp_path / "a.db") as other:
        other.execute("CREATE TABLE a (b INT)")
    (tmp_path / "pointer.csv").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\n")
    (tmp_path / "blob.csv").write_text("<!DOCTYPE html>\n<html><title>emissions.csv at main</title></html>")
    (tmp_path / "noise.bin").write_bytes(bytes(range(128, 256)) * 8)
    for name, what, how in (
        ("trace.duckdb", "a DuckDB file", "eco combine"),
        ("a.db", "an SQLite database", "sqlite3 -header -csv"),
        ("pointer.csv", "a Git LFS pointer", "git lfs pull"),
        ("blob.csv", "a web page", "Raw"),
        ("noise.bin", "a binary file", "export it as CSV"),
    ):
        with pytest.raises(EcoError, match=what) as raised:
            read(tmp_path / name)
        assert how in raised.value.hint, name


def test_pictures_in_a_folder_of_results_raise_no_complaint(tmp_path: Path) -> None:
    (tmp_path / "plot.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(20))
    with pytest.raises(CompanionError, match="a picture or a document"):
        read(tmp_path / "plot.jpg")


def test_a_format_that_the_content_contradicts_is_told(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(CODECARBON)
    said = [
        note.text for note in read(path, Options(format="nvidia_smi")).notes if note.code == "format_said"
    ]
    assert said == ["read as nvidia_smi, as was said; by its content it is codecarbon"]
    assert "format_said" not in {note.code for note in read(path, Options(format="codecarbon")).notes}
    mapped = read(path, Options(columns={"energy_j": "energy_consumed:kWh"}))
    assert {note.code for note in mapped.notes} >= {"column_unused"}
    with pytest.raises(EcoError, match="codecarbo") as raised:
        read(path, Options(format="codecarbo"))
    assert raised.value.hint.startswith("did you mean codecarbon?")
