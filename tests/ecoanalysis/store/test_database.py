"""Opening the analysis database."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from collectors.trace import EcoError
from collectors.trace.schema import migrate
from ecoanalysis.store import queries
from ecoanalysis.store.database import open_database
from ecoanalysis.store.frame import frame


def test_a_database_is_made_with_its_folder_and_reopens(tmp_path: Path) -> None:
    path = tmp_path / "data" / "eco.duckdb"
    con = open_database(path)
    con.execute("INSERT INTO source (id, path) VALUES (1, 'a')")
    con.close()
    con = open_database(path, read_only=True)
    assert queries.sources(con)["path"].to_list() == ["a"]
    with pytest.raises(duckdb.Error, match="read-only"):
        con.execute("DELETE FROM source")


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"not a database " * 1000, "not a DuckDB database")]
)
@pytest.mark.parametrize("read_only", [True, False])
def test_a_bad_file_is_one_line_with_a_hint_and_stays_as_it_was(
    tmp_path: Path, content: bytes, message: str, read_only: bool
) -> None:
    path = tmp_path / "eco.duckdb"
    path.write_bytes(content)
    with pytest.raises(EcoError, match=message) as caught:
        open_database(path, read_only=read_only)
    assert caught.value.hint
    assert path.read_bytes() == content


def test_a_damaged_database_is_refused_with_the_way_to_rebuild(tmp_path: Path) -> None:
    path = tmp_path / "eco.duckdb"
    open_database(path).close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(bytes(content))
    with pytest.raises(EcoError) as caught:
        open_database(path)
    assert "eco combine" in caught.value.hint


def test_a_missing_database_to_read_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EcoError, match="no database"):
        open_database(tmp_path / "eco.duckdb", read_only=True)
    with pytest.raises(EcoError, match="folder"):
        open_database(tmp_path)


def test_a_trace_is_not_turned_into_a_database(tmp_path: Path) -> None:
    path = tmp_path / "trace.duckdb"
    con = duckdb.connect(str(path))
    migrate(con)
    con.close()
    before = path.read_bytes()
    with pytest.raises(EcoError, match="is a trace") as caught:
        open_database(path)
    assert caught.value.hint == f"gather it: eco combine {path}"
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    con = duckdb.connect(str(path))
    con.execute("CREATE TABLE customers (id INTEGER)")
    con.close()
    with pytest.raises(EcoError, match="something else"):
        open_database(path)


@pytest.mark.parametrize("table", ["trace_schema", "store_schema"])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_schema_asks_for_an_update(tmp_path: Path, table: str, read_only: bool) -> None:
    path = tmp_path / "eco.duckdb"
    con = open_database(path)
    con.execute(f"INSERT INTO {table} VALUES (99, 'from the future')")
    con.close()
    with pytest.raises(EcoError) as caught:
        open_database(path, read_only=read_only)
    assert "upgrade" in caught.value.hint


def test_derived_tables_of_an_older_shape_are_remade_and_raw_rows_stay(tmp_path: Path) -> None:
    path = tmp_path / "eco.duckdb"
    con = open_database(path)
    con.execute("INSERT INTO source (id, path) VALUES (1, 'a')")
    con.execute("CREATE OR REPLACE TABLE measurement (id BIGINT)")
    con.execute("UPDATE derived_schema SET digest = 'older'")
    con.close()
    with pytest.raises(EcoError, match="older version"):
        open_database(path, read_only=True)
    con = open_database(path)
    assert queries.measurements(con).schema == pl.Schema(queries.MEASUREMENT_SCHEMA)
    assert queries.sources(con).height == 1


def test_a_database_that_another_process_holds_is_named(tmp_path: Path) -> None:
    path = tmp_path / "eco.duckdb"
    open_database(path).close()
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        with pytest.raises(EcoError, match="in use"):
            open_database(path)
        holder.stdin.write("\n")
        holder.stdin.close()


def test_a_database_whose_end_is_missing_is_told_with_the_way_to_rebuild(tmp_path: Path) -> None:
    path = tmp_path / "eco.duckdb"
    with open_database(path) as con:
        con.execute(
            "INSERT INTO mark (run_id, t_ns, phase) SELECT hash(i) >> 2, i, 'infer' FROM range(300000) t(i)"
        )
    with open_database(path, read_only=True) as con:
        os.truncate(path, 20_000)  # its columns are read when they are asked for
        with pytest.raises(EcoError, match="its end is missing") as caught:
            frame(con, "SELECT * FROM mark")
    assert str(path) in caught.value.message
    assert "eco combine" in (caught.value.hint or "")
