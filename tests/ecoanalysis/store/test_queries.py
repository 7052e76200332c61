"""The frames read from the database."""

import subprocess
import sys

import polars as pl

from ecoanalysis.store import queries
from ecoanalysis.store.database import open_database
from ecoanalysis.store.frame import frame


def test_a_measurement_is_one_flat_row_with_its_config_and_source() -> None:
    con = open_database(":memory:")
    con.execute(
        "INSERT INTO config (id, task, model, framework, precision, batch_size, dataset, extra) "
        "VALUES (5, 't', 'm', 'f', 'fp32', 8, 'iris', '{}')"
    )
    con.execute("INSERT INTO source (id, name, licence, path) VALUES (6, 's', 'CC BY 4.0', 'x.csv')")
    con.execute(
        "INSERT INTO measurement (id, config_id, source_id, dataset, batch_size, energy_per_item_j) "
        "VALUES (1, 5, 6, 'published', 7.5, 2.0), (2, 5, NULL, NULL, NULL, 3.0)"
    )
    found = queries.measurements(con)
    assert found.schema == pl.Schema(queries.MEASUREMENT_SCHEMA)
    first = found.row(0, named=True)
    assert (first["batch_size"], first["nominal_batch_size"]) == (7.5, 8.0)
    assert (first["dataset"], first["task_dataset"], first["licence"]) == ("published", "iris", "CC BY 4.0")
    assert found["licence"].to_list() == ["CC BY 4.0", None]
    assert queries.measurements(con, "energy_per_item_j > ?", [2.5])["id"].to_list() == [2]


def test_the_measurement_schema_has_every_column_of_the_table() -> None:
    con = open_database(":memory:")
    columns = frame(con, "SELECT * FROM measurement").columns
    assert list(queries.MEASUREMENT_SCHEMA)[: len(columns)] == columns
    config = {"nominal_batch_size": "batch_size", "task_dataset": "dataset", "config_extra": "extra"}
    named = {config.get(name, name) for name in queries.MEASUREMENT_SCHEMA}
    wanted = set(frame(con, "SELECT * FROM config").columns) - {"id"}
    assert wanted <= named


def test_every_frame_of_an_empty_database_is_empty_and_typed() -> None:
    con = open_database(":memory:")
    for found in (
        queries.runs(con),
        queries.notes(con),
        queries.devices(con),
        queries.recordings(con),
        queries.samples(con, 1),
        queries.samples(con, 1, 2),
        queries.marks(con, 1),
        queries.phase_energies(con),
        queries.phase_energies(con, 1),
    ):
        assert found.height == 0
        assert found.width > 0


def test_a_frame_leaves_no_leak_report_when_the_process_ends() -> None:
    code = (
        "import duckdb; from ecoanalysis.store.frame import frame; "
        "print(frame(duckdb.connect(), 'SELECT 42 AS answer').item())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("42", "")
