"""`eco combine` as a user meets it."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from collectors.trace import EcoError
from ecoanalysis.commands.combine import combine
from ecoanalysis.store.database import open_database
from ecoanalysis.store.queries import measurements
from tests.ecoanalysis.store.test_combine import trace


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> str:
    outcome = CliRunner().invoke(combine, arguments, catch_exceptions=False, standalone_mode=False)
    return outcome.output


def test_the_default_folder_is_gathered_and_measured() -> None:
    trace(Path("data/traces/a.duckdb"), 1)
    assert run() == (
        "data/traces/a.duckdb: 2 new\ndata/eco.duckdb: 2 runs added, 12 samples\nnext: eco report\n"
    )
    con = open_database("data/eco.duckdb", read_only=True)
    assert measurements(con)["energy_j"].to_list() == pytest.approx([500.0, 500.0])
    con.close()
    assert run().startswith("data/traces/a.duckdb: 2 known\ndata/eco.duckdb: 0 runs added")


@pytest.mark.parametrize("traces", ["kept", "gone"])
def test_a_database_that_lost_what_it_derived_is_worked_out_again(traces: str) -> None:
    trace(Path("data/traces/a.duckdb"), 1)
    run()
    con = open_database("data/eco.duckdb")
    for table in ("derived_from", "phase_energy", "measurement"):  # as a new schema leaves them
        con.execute(f"DELETE FROM {table}")
    con.close()
    if traces == "gone":
        shutil.rmtree("data/traces")
    run()
    con = open_database("data/eco.duckdb", read_only=True)
    assert measurements(con)["energy_j"].to_list() == pytest.approx([500.0, 500.0])
    con.close()


def test_nothing_to_gather_makes_no_database() -> None:
    with pytest.raises(EcoError, match="no traces at data/traces"):
        run()
    with pytest.raises(EcoError, match="no traces at nowhere"):
        run("nowhere")
    assert not Path("data").exists()


def test_a_bad_trace_is_named_the_good_one_comes_in_and_the_exit_says_so() -> None:
    trace(Path("t/a.duckdb"), 1)
    Path("t/b.duckdb").write_bytes(b"")
    with pytest.raises(EcoError, match="1 of 2 traces could not be read"):
        run("t")
    con = open_database("data/eco.duckdb", read_only=True)
    assert measurements(con).height == 2
