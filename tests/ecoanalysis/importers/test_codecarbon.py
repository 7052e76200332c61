"""CodeCarbon files as they are found: short runs, lost places, several GPUs, resaved tables."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

# One run of 2 s: the GPU 100 J, the processor 85 J by the constant of 42.5 W, the memory 20 J at 10 W.
ROW: dict[str, object] = {
    "timestamp": "2025-03-04T10:00:02", "project_name": "codecarbon", "run_id": "r1", "duration": 2.0001234,
    "emissions": 2e-5, "cpu_power": 42.5, "gpu_power": 50, "ram_power": 10, "cpu_energy": 85 / 3.6e6,
    "gpu_energy": 100 / 3.6e6, "ram_energy": 20 / 3.6e6, "energy_consumed": 205 / 3.6e6, "country_iso_code": "FRA",
    "region": "", "codecarbon_version": "2.8.3", "cpu_model": "Intel(R) Core(TM) i5-9300H CPU @ 2.40GHz",
    "gpu_count": 1, "gpu_model": "1 x Tesla T4", "longitude": "", "latitude": "", "tracking_mode": "machine",
}  # fmt: skip


def imported(tmp_path: Path, *rows: Mapping[str, object], separator: str = ",") -> Imported:
    path = tmp_path / "emissions.csv"
    lines = [
        separator.join(ROW),
        *(separator.join(str({**ROW, **row}[name]) for name in ROW) for row in rows),
    ]
    path.write_text("\n".join(lines) + "\n")
    return read(path)


def part(found: Imported, boundary: str) -> dict[str, Any]:
    return found.results.filter(pl.col("boundary") == boundary).row(0, named=True)


def device(found: Imported, boundary: str) -> str:
    id_ = part(found, boundary)["device_id"]
    return next(one.name for one in found.devices if one.id == id_)


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes}


def test_memory_that_was_read_for_a_shorter_time_does_not_raise_the_constant_of_the_processor(
    tmp_path: Path,
) -> None:
    """2.1 counts the processor from the start on, GPU and memory later: 8 J at 10 W are 0.8 s of the 2 s."""
    found = imported(tmp_path, {"ram_energy": 8 / 3.6e6, "energy_consumed": 193 / 3.6e6, "gpu_power": 125})
    watts = [part(found, name)["mean_power_w"] for name in ("package", "dram", "board", "node")]
    assert watts == pytest.approx([42.5, 10, 100 / 0.8, 193 / 2], rel=1e-3)
    assert "duration_not_of_energy" in codes(found)


def test_a_gpu_that_was_counted_from_start_to_end_has_the_power_that_the_tool_says(tmp_path: Path) -> None:
    """3.x starts the GPU's counter with the run, and the memory's clock after warming up: 100 J, 50 W, 2 s."""
    found = imported(tmp_path, {"ram_energy": 8 / 3.6e6, "energy_consumed": 193 / 3.6e6})
    assert part(found, "board")["mean_power_w"] == pytest.approx(50, rel=1e-3)


@pytest.mark.parametrize(
    ("row", "region"),
    [
        ({"country_iso_code": "CAN", "region": "quebec", "longitude": -71.2, "latitude": 46.8}, None),
        ({"country_iso_code": "CAN", "region": "quebec"}, None),
        ({"country_iso_code": "CAN"}, None),  # before 2.2
        ({"country_iso_code": "CAN", "region": "quebec", "longitude": -72.61, "latitude": 46.36}, "CAN"),
        ({"country_iso_code": "CAN", "region": "alberta", "longitude": -114.02, "latitude": 51.09}, "CAN"),
        ({"country_iso_code": "DEU"}, "DEU"),
    ],
)
def test_quebec_is_a_lost_place_only_where_no_other_coordinates_say_so(
    tmp_path: Path, row: dict[str, object], region: str | None
) -> None:
    found = imported(tmp_path, row)
    assert part(found, "node")["region"] == region
    assert ("failed_geolocation" in codes(found)) == (region is None)


def test_cells_padded_to_columns_are_read_as_without_padding(tmp_path: Path) -> None:
    padded = {name: f" {value}   " for name, value in ROW.items()} | {"region": "quebec  "}
    found = imported(tmp_path, {**padded, "country_iso_code": "CAN  "})
    assert part(found, "board")["energy_j"] == pytest.approx(100)
    assert {"machine_scope", "failed_geolocation"} <= codes(found)


def test_runs_without_an_id_are_runs_of_their_own(tmp_path: Path) -> None:
    """A file of three runs says "None" where their id would be: none is a running total of another."""
    rows = [{"run_id": "None", "duration": span} for span in (2.5, 2.6, 2.7)]
    found = imported(tmp_path, *rows)
    assert found.results.filter(pl.col("boundary") == "node").height == 3
    assert "cumulative_rows" not in codes(found)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("2 x Tesla T4", "NVIDIA T4"),
        ("1 x Some Board 9", "Some Board 9"),
        (
            "1 x NVIDIA GeForce RTX 40601 x NVIDIA GeForce RTX 3080 Ti",
            "NVIDIA GeForce RTX 4060 + NVIDIA GeForce RTX 3080 Ti",
        ),
    ],
)
def test_gpus_are_named_without_their_count(tmp_path: Path, said: str, name: str) -> None:
    found = imported(tmp_path, {"gpu_model": said})
    assert device(found, "board") == name


def test_apples_gpu_is_no_measurement(tmp_path: Path) -> None:
    apple = {"cpu_model": "Apple M2", "gpu_model": "Apple M2", "cpu_power": 4.8892394, "gpu_power": 3.5044}
    assert part(imported(tmp_path, apple), "board")["basis"] == "estimated"
    assert part(imported(tmp_path, {}), "board")["basis"] == "measured"


def test_the_default_project_is_no_model_and_another_may_say_its_precision(tmp_path: Path) -> None:
    assert imported(tmp_path, {}).configs[0].model == "unknown"
    named = imported(tmp_path, {"project_name": "Qwen3-8B-AWQ"}).configs[0]
    assert (named.model, named.precision) == ("Qwen3-8B-AWQ", "int4")


@pytest.mark.parametrize(
    "text",
    [
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4071\n",
        "../.git/annex/objects/63/vZ/MD5E-s773--54f1.csv/MD5E-s773--54f1.csv",
    ],
)
def test_a_pointer_to_a_file_is_refused_with_the_command_that_fetches_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(text)
    with pytest.raises(EcoError, match="pointer") as refused:
        read(path)
    assert "git lfs pull" in str(refused.value.hint)


def test_a_file_of_two_machines_is_neither_damaged_nor_off_in_its_energies(tmp_path: Path) -> None:
    """One has no GPU, a number for its experiment and a memory read for half of the time: all of it is honest."""
    cpu_only = {"gpu_count": "", "gpu_model": "", "gpu_energy": 0, "longitude": 9.2, "latitude": 45.5}
    found = imported(
        tmp_path, {}, {**cpu_only, "run_id": "120", "ram_energy": 10 / 3.6e6, "energy_consumed": 95 / 3.6e6}
    )
    con = open_database(":memory:")
    ingest(con, found)
    assert not {"empty_cells", "not_a_number"} & codes(found)
    assert not {"check_energy_not_power_times_time", "check_sum_of_parts"} & {
        note.code for note in run_checks(con)
    }


def test_a_spreadsheets_decimal_commas_are_read_with_their_exponents(tmp_path: Path) -> None:
    """Excel writes 2.5E-05 kWh as 2,5E-05: 90 J."""
    said = {
        "cpu_energy": "2,5E-05",
        "gpu_energy": "0,00003",
        "ram_energy": "5E-06",
        "energy_consumed": "6,0E-05",
    }
    found = imported(tmp_path, {**said, "duration": "2,0001234", "cpu_power": "45,0"}, separator=";")
    energies = [part(found, name)["energy_j"] for name in ("package", "board", "dram", "node")]
    assert energies == pytest.approx([90, 108, 18, 216])


OLD = [name for name in ROW if name not in ("codecarbon_version", "gpu_power")]
NEW = ["timestamp", "experiment_id", *list(ROW)[1:]]


def lines(columns: list[str], **values: object) -> str:
    cells = {**ROW, "experiment_id": "5b0fa12a", **values}
    return ",".join(str(cells[name]) for name in columns) + "\n"


def test_files_of_two_versions_put_together_are_read_each_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    old, new = lines(OLD, run_id="a"), lines(NEW, run_id="b", gpu_energy=50 / 3.6e6)
    path.write_text(f"{','.join(OLD)}\n{old}{','.join(NEW)}\n{new}")
    boards = read(path).results.filter(pl.col("boundary") == "board")
    assert boards["energy_j"].to_list() == pytest.approx([100, 50])


@pytest.mark.parametrize(("header", "foreign"), [(OLD, NEW), (NEW, OLD)])
def test_rows_of_another_version_under_a_header_are_left_out(
    tmp_path: Path, header: list[str], foreign: list[str]
) -> None:
    path = tmp_path / "all.csv"
    path.write_text(f"{','.join(header)}\n{lines(header, run_id='a')}{lines(foreign, run_id='b')}")
    found = read(path)
    assert found.results.filter(pl.col("boundary") == "node")["energy_j"].to_list() == pytest.approx([205])
    assert "shifted_rows" in codes(found)


def test_a_row_of_nothing_but_modelled_memory_is_told_without_a_share_of_nothing(tmp_path: Path) -> None:
    only = {"cpu_energy": 0, "gpu_energy": 0, "gpu_count": "", "energy_consumed": 20 / 3.6e6}
    notes = {note.code: note.text for note in imported(tmp_path, only).notes}
    assert notes["modelled_ram_large"] == "of some rows modelled RAM is all"
    half = {note.code: note.text for note in imported(tmp_path, {"ram_energy": 92.5 / 3.6e6}).notes}
    assert half["modelled_ram_large"] == "modelled RAM reaches 50% of CPU and GPU together"


def test_columns_that_a_user_added_name_the_work(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "model,task,dtype,batch_size,duration,emissions,energy_consumed,gpu_energy\n"
        "bert-base-uncased,text-classification,float16,8,2,0.001,0.01,0.004\n"
    )
    found = read(path)
    config = found.configs[0]
    assert (config.model, config.task, config.precision) == (
        "bert-base-uncased",
        "text-classification",
        "fp16",
    )
    assert (config.batch_size, part(found, "board")["energy_j"]) == (8, pytest.approx(14_400))


def test_a_time_that_may_be_of_two_days_is_left_open_with_a_word(tmp_path: Path) -> None:
    found = imported(tmp_path, {"timestamp": "03/04/2025 10:00"})
    assert part(found, "node")["started_utc_ns"] is None
    assert "unknown_time" in codes(found)


@pytest.mark.parametrize("shape", ["object", "indented", "array", "lines"])
def test_the_tools_json_is_the_same_as_its_table(tmp_path: Path, shape: str) -> None:
    """What `EmissionsData` holds, as its loggers write it: two runs where the shape has room for two."""
    first, second = ({**ROW, "run_id": run, "longitude": None} for run in ("r1", "r2"))
    texts = {
        "object": json.dumps(first), "indented": json.dumps(first, indent=2), "array": json.dumps([first, second]),
        "lines": f"{json.dumps(first)}\n{json.dumps(second)}\n",
    }  # fmt: skip
    path = tmp_path / "emissions.json"
    path.write_text(texts[shape])
    boards = read(path).results.filter(pl.col("boundary") == "board")
    assert boards["energy_j"].to_list() == pytest.approx([100] * (2 if shape in ("array", "lines") else 1))


def test_json_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "emissions.json"
    path.write_text(json.dumps(ROW)[:-20])
    with pytest.raises(EcoError, match="not valid JSON"):
        read(path)


@pytest.mark.parametrize(
    ("processor", "watts", "found"),
    [
        ("12th Gen Intel(R) Core(TM) i7-1255U", 55, False),  # 15 W, and 55 of turbo by Intel's data sheet
        ("12th Gen Intel(R) Core(TM) i7-1255U", 70, True),
        (
            "Intel(R) Core(TM) i7-5820K CPU @ 3.30GHz",
            840,
            True,
        ),  # 140 W times six cores, as 3.0 books it on Windows
    ],
)
def test_a_processor_may_draw_its_turbo_and_not_a_multiple_of_its_cores(
    tmp_path: Path, processor: str, watts: float, found: bool
) -> None:
    energy = {"cpu_energy": watts * 2 / 3.6e6, "energy_consumed": (120 + watts * 2) / 3.6e6}
    row = {**energy, "cpu_model": processor, "cpu_power": watts, "duration": 2.00001}
    con = open_database(":memory:")
    ingest(con, imported(tmp_path, row))
    assert ("check_implausible_watts" in {note.code for note in run_checks(con)}) == found
