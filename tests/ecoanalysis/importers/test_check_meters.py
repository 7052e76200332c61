"""Meters at another outlet, utilisations of two values, boards that idle along: found, and clean rows left alone."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.impact.rebuild import rebuild
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.importers.checks.meters import meter_elsewhere
from ecoanalysis.importers.checks.run import run_checks, write_checks
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.conftest import Published

DOSGROUP = (
    "gpu,model_name,batch_size,dtype,tokens_per_second_mean,power_draw_watts_mean,power_meter_active_power_w_mean,"
    "gpu_utilization_mean\n"
)


def steps(tmp_path: Path, *rows: str) -> list[tuple[str, str, int]]:
    """The findings of a table of training steps: (code, severity, how often)."""
    path = tmp_path / "steps.csv"
    path.write_text(DOSGROUP + "\n".join(rows) + "\n")
    con = open_database(":memory:")
    ingest(con, read(path))
    notes = run_checks(con)
    return sorted({(n.code, n.severity, sum(m.code == n.code for m in notes)) for n in notes})


@pytest.mark.parametrize(("slope", "found"), [(1.1, False), (0.0, True)])
def test_a_wall_meter_that_does_not_follow_the_board_is_out_of_use(
    tmp_path: Path, slope: float, found: bool
) -> None:
    rows = [f"L4,m,{n},float16,100,{20 + 4 * n},{280 + slope * (20 + 4 * n)},{30 + n}" for n in range(12)]
    assert steps(tmp_path, *rows) == ([("check_meter_elsewhere", "error", 1)] if found else [])


def test_one_error_on_a_meter_puts_all_its_results_out_of_use_and_no_board(tmp_path: Path) -> None:
    rows = [f"L4,m,{n},float16,100,{20 + 4 * n},281,{30 + n}" for n in range(12)]
    (tmp_path / "steps.csv").write_text(DOSGROUP + "\n".join(rows) + "\n")
    con = open_database(":memory:")
    ingest(con, read(tmp_path / "steps.csv"))
    write_checks(con)
    rebuild(con, Settings())
    found = con.execute(
        "SELECT boundary, excluded, count(*)::INTEGER FROM measurement GROUP BY ALL ORDER BY boundary"
    ).fetchall()
    assert found == [("board", None, 12), ("wall", "note: check_meter_elsewhere", 12)]


def test_one_board_that_does_not_follow_bars_its_own_results_of_a_shared_meter(tmp_path: Path) -> None:
    """Rows 0 to 11 of one board at an outlet, 12 to 23 of another whose power the meter does not see."""
    rows = [
        (n, boundary, device, meter, watts)
        for n in range(24)
        for boundary, device, meter, watts in (
            ("board", "L4" if n < 12 else "A2", 1 if n < 12 else 2, 20.0 + 4 * (n % 12)),
            ("wall", "plug", 3, 100.0 + (4.4 * n if n < 12 else 0.0)),
        )
    ]
    results = pl.DataFrame(
        [(place, 1, *row) for place, row in enumerate(rows)], orient="row",
        schema=["result_id", "source_id", "row_number", "boundary", "device", "device_id", "mean_power_w"],
    )  # fmt: skip
    notes = list(meter_elsewhere(Facts(open_database(":memory:"), results, pl.DataFrame())))
    assert {note.text.split(":")[0] for note in notes} == {"A2"}
    walls = results.filter((pl.col("boundary") == "wall") & (pl.col("row_number") >= 12))
    assert sorted(note.result_id or 0 for note in notes) == walls["result_id"].to_list()
    assert {note.device_id for note in notes} == {None}


def test_a_board_that_hardly_moves_says_nothing_about_the_meter(tmp_path: Path) -> None:
    rows = [f"L4,m,{n},float16,100,{60 + n / 10},281,{30 + n}" for n in range(12)]
    assert steps(tmp_path, *rows) == []


@pytest.mark.parametrize(("between", "found"), [(100, True), (57, False)])
def test_a_utilisation_of_two_values_is_found_where_power_varies(
    tmp_path: Path, between: int, found: bool
) -> None:
    rows = [
        f"L4,m,{n},float16,100,{20 + 2 * n},,{0 if n < 3 else between if n < 8 else 100}" for n in range(24)
    ]
    assert steps(tmp_path, *rows) == ([("check_binary_utilization", "warning", 1)] if found else [])


def test_the_published_meters_and_the_mi210_are_found_by_their_numbers(published: Published) -> None:
    con = open_database(":memory:")
    ingest(con, published["dosgroup_gpu_power_training/configs.csv.xz"])
    notes = run_checks(con)
    wrong = {n.text.split(":")[0] for n in notes if n.code == "check_meter_elsewhere"}
    binary = {n.text.split(":")[0] for n in notes if n.code == "check_binary_utilization"}
    assert wrong == {"NVIDIA L4", "AMD Instinct MI210"}
    assert binary == {"AMD Instinct MI210"}


@pytest.mark.parametrize(
    ("watts", "second", "found"), [("15 W", "0 %", True), ("15 W", "60 %", False), ("[N/A]", "0 %", False)]
)
def test_boards_that_idle_beside_the_work_are_told(
    tmp_path: Path, watts: str, second: str, found: bool
) -> None:
    """One whose power nobody read charges nothing to the work."""
    path = tmp_path / "gpu.csv"
    path.write_text(
        "timestamp, index, name, power.draw [W], utilization.gpu [%]\n"
        + "".join(
            f"2026/08/17 22:35:{s:02d}.000, {gpu}, NVIDIA L4, {power}, {util}\n"
            for s in range(5)
            for gpu, power, util in ((0, "60 W", "90 %"), (1, watts, second))
        )
    )
    con = open_database(":memory:")
    ingest(con, read(path))
    texts = [n.text for n in run_checks(con) if n.code == "check_all_gpus_charged"]
    assert texts == (["1 of 2 boards idle beside the work, 20% of the boards' power"] if found else [])


def test_a_copied_row_under_another_repetition_is_found_in_the_published_table(published: Published) -> None:
    """Rows 151 and 568 of the table, repetitions 18 and 4 of one run, agree in every digit: 42.02347 s."""
    con = open_database(":memory:")
    ingest(con, published["greenlab_llm_runtables/cain2025_ondevice_vs_remote_run_table.csv"])
    assert [n.code for n in run_checks(con)] == ["check_duplicated_row"] * 2


def test_runs_elsewhere_are_found_under_other_names_of_the_factor(tmp_path: Path) -> None:
    path = tmp_path / "run_table.csv"
    path.write_text(
        "__run_id,__done,model,deployment,energy_usage_J\n"
        "r0,DONE,m:7b,local,10\nr1,DONE,m:7b,Cloud,1\nr2,DONE,m:7b,on_device,9\n"
    )
    notes = [note for note in read(path).notes if note.code == "client_only"]
    assert len(notes) == 1


def test_a_log_in_watts_of_named_columns_has_no_finding(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("when,w\n0,50\n10,60\n")
    con = open_database(":memory:")
    ingest(con, read(path, Options(format="generic", columns={"time": "when:s", "power_w": "w"})))
    assert run_checks(con) == []
