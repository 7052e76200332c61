"""A run that several files of its tool tell of counts once; files that only look alike all count."""

import csv
from pathlib import Path

import duckdb
import pytest

from ecoanalysis.energy.measurement import build
from ecoanalysis.importers.checks.run import write_checks
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

RUN = "0f9f3a7e-1111-4222-8333-444455556666"
TWICE = "note: check_run_told_twice"
TASKS = "emissions_tasks_741e4a82-41ff-4c78-88e1-40e274151c06.csv"


def landed(*paths: Path, options: Options | None = None) -> duckdb.DuckDBPyConnection:
    con = open_database(":memory:")
    for path in paths:
        ingest(con, read(path, options))
    write_checks(con)
    build(con)
    return con


def reasons(con: duckdb.DuckDBPyConnection) -> dict[str, set[str | None]]:
    """Return what `excluded` says of the energies of each source."""
    rows = con.execute(
        "SELECT source.name, list(DISTINCT coalesce(excluded, '')) FROM measurement "
        "JOIN source ON source.id = source_id GROUP BY ALL"
    ).fetchall()
    return {name: set(said) for name, said in rows}


def row(
    duration_s: float, kwh: float, *, ended: str = "2026-03-01T10:00:10", run: str = RUN
) -> dict[str, object]:
    return {
        "timestamp": ended, "project_name": "codecarbon", "run_id": run, "duration": duration_s,
        "emissions": kwh * 0.05,
        "cpu_energy": kwh / 4, "gpu_energy": kwh / 2, "ram_energy": kwh / 4, "energy_consumed": kwh,
        "codecarbon_version": "2.8.3", "cpu_model": "AMD EPYC", "gpu_count": 1, "gpu_model": "1 x NVIDIA L4",
        "tracking_mode": "machine", "ram_power": 20.0,
    }  # fmt: skip


def written(path: Path, *rows: dict[str, object]) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("whole", "copy", "no_items"),
    [
        ("em2.csv", TASKS, "no energy per item"),
        ("emissions.csv", "boamps_report_fa766a68-244c-48ba-8b1b-e8a5f7b8d452.json", "no energy per item"),
        ("18201.228941_2026-11-23T141815Z_carbontracker.log",
         "18201.228941_2026-11-23T141815Z_carbontracker_output.log", ""),
        ("app.hdf5", "app_2026-11-23T14:26:58.556146.csv", "no items counted"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("whole_first", [True, False])
def test_of_two_files_of_one_run_the_fuller_stays_in_use(
    shared_data: Path, whole: str, copy: str, no_items: str, whole_first: bool
) -> None:
    paths = [shared_data / "peer_formats" / name for name in (whole, copy)]
    con = landed(*paths[:: 1 if whole_first else -1])
    assert reasons(con) == {whole: {no_items}, copy: {TWICE}}


def test_tasks_whose_items_are_told_stay_and_their_whole_goes(shared_data: Path) -> None:
    con = landed(shared_data / "peer_formats" / "em2.csv")
    ingest(con, read(shared_data / "peer_formats" / TASKS, Options(said={"items": "10"})))
    write_checks(con)
    build(con)
    assert reasons(con) == {"em2.csv": {TWICE}, TASKS: {""}}


def test_runs_of_other_ids_and_alone_in_their_file_are_all_in_use(shared_data: Path) -> None:
    peers = shared_data / "peer_formats"
    con = landed(peers / "em2.csv", peers / "emissions.csv", peers / "zeus_log.csv", peers / "pyjoules.csv")
    assert TWICE not in set().union(*reasons(con).values())


def test_a_file_that_was_copied_while_its_run_went_on_gives_way_to_the_later_one(tmp_path: Path) -> None:
    early = written(tmp_path / "early.csv", row(5.0, 2e-4, ended="2026-03-01T10:00:05"))
    late = written(tmp_path / "late.csv", row(10.0, 4e-4))
    assert reasons(landed(early, late)) == {"early.csv": {TWICE}, "late.csv": {"no energy per item"}}


def test_one_id_at_two_times_is_two_runs(tmp_path: Path) -> None:
    one = written(tmp_path / "one.csv", row(10.0, 4e-4))
    other = written(tmp_path / "other.csv", row(10.0, 5e-4, ended="2026-03-02T10:00:10"))
    assert set().union(*reasons(landed(one, other)).values()) == {"no energy per item"}


def test_an_id_that_is_only_a_number_says_nothing(tmp_path: Path) -> None:
    one = written(tmp_path / "one.csv", row(5.0, 2e-4, run="1"))
    other = written(tmp_path / "other.csv", row(5.0, 3e-4, run="1"))
    assert set().union(*reasons(landed(one, other)).values()) == {"no energy per item"}
