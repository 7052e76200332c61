"""What a file says twice must agree: turns, products, names, counters; sound files are silent."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.read import read
from ecoanalysis.importers.turns import out_of_turn
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.specimen_logs import LOGS
from tests.ecoanalysis.importers.specimen_results import RESULTS
from tests.ecoanalysis.importers.specimens import lay_companions, specimens

FILES = {**LOGS, **RESULTS}


@pytest.mark.parametrize(
    ("devices", "breaks"),
    [
        ([0, 1] * 10, 0),
        ([0, 1] * 5 + [1] + [0, 1] * 5, 1),  # a line of 0 is missing
        ([0, 1] * 5 + [0, 1, 1] + [0, 1] * 5, 1),  # a line of 1 is there twice
        ([3, 1, 2] * 9 + [3, 2] + [3, 1, 2] * 3, 1),
        ([0] * 9, 0),
        ([0, 1] * 6 + [0, 7] + [0, 1] * 6, 2),  # a device that is none: its line, and the one after
        ([0, 0, 1, 0, 1, 1, 0, 1, 1, 1], 0),  # in no order
        ([], 0),
    ],
)
def test_lines_out_of_turn(devices: list[int], breaks: int) -> None:
    assert out_of_turn(pl.Series(devices, dtype=pl.Int64)) == breaks


def found(path: Path, data: bytes) -> set[str]:
    """Return the codes of the notes and findings on a file."""
    path.write_bytes(data)
    con, imported = open_database(":memory:"), read(path)
    ingest(con, imported)
    return {note.code for note in (*imported.notes, *run_checks(con))}


def without(data: bytes, line: int) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(lines[:line] + lines[line + 1 :])


@pytest.mark.parametrize(
    ("name", "damaged", "code"),
    [
        ("gpu.csv", without(FILES["gpu.csv"], 8), "out_of_turn"),
        ("dmon.txt", without(FILES["dmon.txt"], 8), "out_of_turn"),
        ("amd_smi.csv", without(FILES["amd_smi.csv"], 8), "out_of_turn"),
        ("alumet.csv", without(FILES["alumet.csv"], 8), "out_of_turn"),
        ("uprof.csv", without(FILES["uprof.csv"], 9), "missing_readings"),
        (
            "uprof.csv",
            FILES["uprof.csv"].replace(b"\n3,22:35:3:450,", b"\n3,22:3593:450,"),
            "unreadable_lines",
        ),
        (
            "uprof.csv",
            FILES["uprof.csv"].replace(b"\n12,22:35:4:350,", b"\n12,22:35:4:350,1,"),
            "ragged_rows",
        ),
        (
            "spl.txt",
            FILES["spl.txt"].replace(b"Watts,394.700000", b"Watts,397,700000"),
            "contradicting_numbers",
        ),
        ("spl.txt", FILES["spl.txt"].replace(b"Watts,394.70", b"Watts,494.70"), "contradicting_numbers"),
        (
            "zeus_log_of_two.csv",
            FILES["zeus_log_of_two.csv"].replace(b"gpu0_energy", b"cpu0_energy"),
            "unknown_columns",
        ),
        (
            "leaderboard.json",
            FILES["leaderboard.json"].replace(b'"num_gpus": 1,', b'"num_gpus": 1, "num_gpus": 2,'),
            "repeated_key",
        ),
        (
            "energy_score.csv",
            FILES["energy_score.csv"].replace(b"total_duration_seconds", b"tgtal_duration_seconds"),
            "unknown_columns",
        ),
    ],
)
def test_a_file_that_denies_itself_is_told(tmp_path: Path, name: str, damaged: bytes, code: str) -> None:
    assert damaged != FILES[name]
    assert code not in found(tmp_path / name, FILES[name])
    assert code in found(tmp_path / name, damaged)


def test_keys_of_zeus_that_it_does_not_write_are_told(tmp_path: Path) -> None:
    text = '{"time": 0.5, "gpu_energy": {"0": 50.0}, "cpu_energy": {"0": 25.6}, "soc_energy": null}'
    assert "unknown_columns" not in found(tmp_path / "m.json", text.encode())
    assert "unknown_columns" in found(tmp_path / "m.json", text.replace("cpu_energy", "cpu_e").encode())


def test_a_counter_that_jumps_is_a_spike(tmp_path: Path) -> None:
    """18 W for 200 ms are 3.6 J; the last step of the damaged file is over 40 MJ."""
    data = FILES["energibridge.csv"]
    last = data.rstrip().split(b"\n")[-1].split(b",")
    last[4] = b"%.2f" % (float(last[4]) * 1000)
    damaged = b"\n".join([*data.rstrip().split(b"\n")[:-1], b",".join(last)]) + b"\n"
    assert "check_spike" not in found(tmp_path / "e.csv", data)
    assert "check_spike" in found(tmp_path / "e.csv", damaged)


def test_one_power_hundreds_of_times_the_others_is_told(tmp_path: Path) -> None:
    """4.2 J in 2.5 s are 1.7 W of memory, a thousand times that is below what any memory draws."""
    data = FILES["pyjoules_of_eight.csv"]
    damaged = data.replace(b";4231000.0;", b";4231000000.0;")
    assert damaged != data
    assert "check_power_outlier" not in found(tmp_path / "p.csv", data)
    assert "check_power_outlier" in found(tmp_path / "p.csv", damaged)


@pytest.mark.parametrize(
    ("batch", "stages", "told"), [(64, 1, False), (128, 2, False), (32, 1, True), (128, 1, True)]
)
def test_a_row_whose_columns_are_not_those_of_its_label_is_told(
    shared_data: Path, tmp_path: Path, batch: int, stages: int, told: bool
) -> None:
    """The batch of the label counts in each stage of a pipeline: bs64+pp2 runs 128 at once."""
    header, first, *_ = (shared_data / "mlenergy_v2" / "llm_text_generation_code.csv").read_text().split("\n")
    row = dict(zip(header.split(","), first.split(","), strict=True))
    row |= {"config_file": f"bs64+tp1+pp{stages}", "TP": "1", "PP": str(stages), "Max BS (reqs)": str(batch)}
    data = f"{header}\n{','.join(row.values())}\n".encode()
    assert ("contradicting_numbers" in found(tmp_path / "t.csv", data)) is told


def test_a_number_cut_at_its_point_is_told(tmp_path: Path) -> None:
    head, row = "start_time,window_name,elapsed_time,gpu0_energy\n", "17954441{0:02d}.5,w{0},1.0,{1:.5f}\n"
    rows = [row.format(place, 100 + place / 3) for place in range(12)]
    assert "cut_number" not in found(tmp_path / "z.csv", (head + "".join(rows)).encode())
    rows[5] = rows[5].rsplit(".", 1)[0] + "\n"
    assert "cut_number" in found(tmp_path / "z.csv", (head + "".join(rows)).encode())


def test_a_stray_quote_costs_a_cell_and_not_a_line(tmp_path: Path) -> None:
    path = tmp_path / "uprof.csv"
    path.write_bytes(FILES["uprof.csv"].replace(b"\n5,22:35:3:650,", b'\n5,22:35:3:650,"'))
    assert read(path).rows.kept_count == 20


def test_a_run_without_readings_in_the_traces_is_told(shared_data: Path, tmp_path: Path) -> None:
    lay_companions(shared_data, tmp_path)
    data = specimens(shared_data)["traces/runs.csv"]
    assert "lost_readings" not in found(tmp_path / "traces" / "runs.csv", data)
    assert "lost_readings" in found(
        tmp_path / "traces" / "runs.csv", data.replace(b"\nmlperf10-0005,", b"\nnan,")
    )


def test_numbers_that_a_few_results_lack_are_told(tmp_path: Path) -> None:
    rows = [f"179544413{n}.5,w{n},1.{n},10{n}.5" for n in range(6)]
    head = "start_time,window_name,elapsed_time,gpu0_energy\n"
    assert "values_missing" not in found(tmp_path / "z.csv", (head + "\n".join(rows) + "\n").encode())
    rows[2] = rows[2].replace("1.2,", "nan,")
    assert "values_missing" in found(tmp_path / "z.csv", (head + "\n".join(rows) + "\n").encode())


def test_a_report_that_does_not_say_its_tokens_says_so(tmp_path: Path) -> None:
    data = FILES["optimum.json"]
    assert "no_items" not in found(tmp_path / "o.json", data)
    assert "no_items" in found(tmp_path / "o.json", data.replace(b"max_new_tokens", b"max_nEw_tokens"))


def test_an_infinite_cell_is_told_in_any_column_of_numbers(tmp_path: Path) -> None:
    rows = [f"179544413{n}.5,w{n},1.{n},10{n}.5,{n}" for n in range(10)] * 2
    head = "start_time,window_name,elapsed_time,gpu0_energy,other\n"
    assert "not_a_number" not in found(tmp_path / "z.csv", (head + "\n".join(rows) + "\n").encode())
    rows[2] = rows[2].rsplit(",", 1)[0] + ",-inf"
    assert "not_a_number" in found(tmp_path / "z.csv", (head + "\n".join(rows) + "\n").encode())
