"""The recordings that we publish: as many, as often, as small as promised, with their precision proved."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from collectors.trace.reader import open_trace
from collectors.workloads.grid import read_suite

FOLDER = Path(__file__).parents[3] / "data" / "reference"
TRACES = sorted(FOLDER.glob("*.duckdb"))


@pytest.fixture(scope="module")
def runs() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("CREATE TABLE ran (config BIGINT, framework VARCHAR, modality VARCHAR, precision VARCHAR, repeat INT, "
                "items BIGINT, proof VARCHAR, trace VARCHAR)")  # fmt: skip
    for path in TRACES:
        trace = open_trace(path)
        rows = trace.execute(
            "SELECT config_id, framework, modality, precision, repeat, run.items_count, "
            "(SELECT any_value(text) FROM note WHERE run_id = run.id AND code = 'precision_evidence') "
            "FROM run JOIN config ON config.id = config_id WHERE status = 'ok'"
        ).fetchall()
        con.executemany(
            "INSERT INTO ran VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(*row, path.name) for row in rows]
        )
        trace.close()
    yield con
    con.close()


def test_at_least_400_configurations_ran_three_times_each(runs: duckdb.DuckDBPyConnection) -> None:
    found = runs.execute(
        "SELECT count(*) FROM (SELECT config FROM ran GROUP BY config HAVING count(DISTINCT repeat) >= 3)"
    ).fetchone()
    assert found is not None
    assert found[0] >= 400


def test_no_repeat_is_in_a_recording_twice_and_every_run_counted_items(
    runs: duckdb.DuckDBPyConnection,
) -> None:
    twice = runs.execute("SELECT trace, config, repeat FROM ran GROUP BY ALL HAVING count(*) > 1").fetchall()
    assert twice == []
    assert runs.execute("SELECT count(*) FROM ran WHERE items IS NULL OR items < 1").fetchone() == (0,)


def test_every_kind_that_a_processor_can_run_of_the_paper_suite_is_there_with_its_proof(
    runs: duckdb.DuckDBPyConnection,
) -> None:
    asked = {
        (case.framework, case.modality, case.precision)
        for case in read_suite("paper", 2).cases
        if case.device == "cpu"
    }
    proved = runs.execute(
        "SELECT DISTINCT framework, modality, precision FROM ran WHERE proof IS NOT NULL"
    ).fetchall()
    assert asked - set(proved) == set()


def test_every_configuration_carries_the_proof_of_its_precision(runs: duckdb.DuckDBPyConnection) -> None:
    assert runs.execute("SELECT config FROM ran GROUP BY config HAVING count(proof) = 0").fetchall() == []
    wrong = runs.execute(
        "SELECT DISTINCT proof FROM ran WHERE precision = 'fp64' AND proof NOT LIKE '%float64%' "
        "OR precision = 'bf16' AND proof NOT LIKE '%bfloat16%' "
        "OR precision = 'int4-weight' AND proof NOT LIKE '%int4%' "
        "OR precision = 'nf4' AND proof NOT LIKE '%nf4-packed%'"
    ).fetchall()
    assert wrong == []


def test_the_folder_stays_small_and_says_how_it_was_made() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 25_000_000
    text = (FOLDER / "README.md").read_text()
    assert "eco-collect suite cpu --out data/reference" in text
    assert runpy.run_path(str(FOLDER / "describe.py"))["tables"]() in text
