"""Tables that no format knows: what their headings say is taken, with its unit; what they do not say is not."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.guess import guess
from ecoanalysis.importers.headings import heading
from ecoanalysis.importers.read import read


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text)
    return path


def powers(imported: Imported) -> dict[str, list[float]]:
    """The readings of each device, by its boundary."""
    samples = pl.concat(list(imported.samples))
    return {
        device.boundary: samples.filter(pl.col("device_id") == device.id)["power_w"].to_list()
        for device in imported.devices
    }


@pytest.mark.parametrize(
    ("name", "words", "unit"),
    [
        ("power_w", "power", "W"),
        ("GPU Power (mW)", "gpu power", "mW"),
        ("gpuPower [W]", "gpu power", "W"),
        ("avg_power_watts", "avg power", "W"),
        ("energy_per_token_joules", "energy per token", "J"),
        ("J/token", "j per token", None),
        ("Energy (MJ)", "energy", "MJ"),
        ("energy_mj", "energy", "mJ"),
        ("latency", "latency", None),
        ("W", "w", None),
        ("gpuPower_mW", "gpu power", "mW"),
        ("total mWh", "total", "mWh"),
        ("powermW", "powermw", None),
        ("energyPerToken (kWh)", "energy per token", "kWh"),
    ],
)
def test_a_heading_parts_its_words_from_its_unit(name: str, words: str, unit: str | None) -> None:
    found = heading(name)
    assert (" ".join(found.words), found.unit) == (words, unit)


def test_a_log_with_several_powers_has_a_device_for_each(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "timestamp_ms,cpu_power_w,GPU Power (mW),wall_watts,gpu_power_limit_w\n"
        "1795443260000,40,100000,200,300\n1795443261000,42,110000,210,300\n",
    )
    imported = read(path)
    assert imported.source.format == "generic"
    assert powers(imported) == {"package": [40, 42], "board": [100, 110], "wall": [200, 210]}
    assert imported.recordings[0].started_utc_ns == 1_795_443_260 * 10**9
    warning = next(note for note in imported.notes if note.code == "guessed_columns")
    assert warning.severity == "warning"
    assert "GPU Power (mW):mW" in warning.text


def test_a_power_beside_volts_is_the_walls_and_one_that_says_nothing_the_machines(tmp_path: Path) -> None:
    plug = "Time,Active Power (W),Voltage (V)\n2026-08-17 22:35:54,120.5,230\n2026-08-17 22:35:55,121.5,230\n"
    assert powers(read(table(tmp_path, plug))) == {"wall": [120.5, 121.5]}
    assert powers(read(table(tmp_path, "time_s,power_w\n0,44\n1,46\n"))) == {"node": [44, 46]}


def test_results_take_their_units_from_the_headings(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "Model Name,GPU,dtype,Batch Size,mWh per image,avg_power_watts,latency_ms\n"
        "stabilityai/sdxl,NVIDIA L4,float16,4,1.5,70,250\n",
    )
    row, config = read(path).results.row(0, named=True), read(path).configs[0]
    assert row["energy_per_item_j"] == pytest.approx(5.4)
    assert (row["item_unit"], row["mean_power_w"], row["latency_s"]) == ("image", 70, 0.25)
    assert (row["basis"], row["boundary"]) == ("estimated", "unknown")  # nobody says more
    assert (config.precision, config.batch_size) == ("fp16", 4)


def test_a_total_energy_keeps_the_boundary_that_its_heading_names(tmp_path: Path) -> None:
    row = read(table(tmp_path, "model,gpu_energy_kwh,runtime_s\nbert,0.001,10\n")).results.row(0, named=True)
    assert (row["boundary"], row["energy_j"], row["duration_s"]) == ("board", 3600, 10)


@pytest.mark.parametrize(
    "header",
    [
        "model,energy,duration",  # no unit
        "timestamp,power",  # no unit
        "timestamp,power_limit_w",  # not a reading
        "model,timestamp,avg_power_w",  # a row a run, without an energy
        "Architecture,Min Watts,Max Watts",
        "time_per_epoch_s,power_w",  # a duration, not a clock
        "timestamp,Package PL1_0(Watt),gpu_tdp_w",  # what may be drawn
        "timestamp,cpu_cores_w,gpu_memory_power_w",  # parts of what is not there
    ],
)
def test_what_a_heading_does_not_say_is_not_guessed(tmp_path: Path, header: str) -> None:
    assert guess(header.split(",")) == {}
    with pytest.raises(EcoError):
        read(table(tmp_path, header + "\n" + ",".join("1" for _ in header.split(",")) + "\n"))


def test_a_constant_stands_for_a_column(tmp_path: Path) -> None:
    columns = {
        "energy_j": "e:kJ",
        "model": "=gpt2",
        "item_unit": "=token",
        "items_count": "n",
        "boundary": "=wall",
    }
    imported = read(table(tmp_path, "e,n\n2,100\n"), Options(format="generic", columns=columns))
    row = imported.results.row(0, named=True)
    assert (row["energy_per_item_j"], row["item_unit"], row["boundary"]) == (20, "token", "wall")
    assert imported.configs[0].model == "gpt2"


def test_local_times_without_a_zone_are_noted(tmp_path: Path) -> None:
    imported = read(table(tmp_path, "datetime,power_w\n2026-08-17 22:35:54,44\n2026-08-17 22:35:55,46\n"))
    assert "naive_time" in {note.code for note in imported.notes}
    berlin = read(Path(imported.source.path), Options(tz="Europe/Berlin"))
    shift = imported.recordings[0].started_utc_ns - berlin.recordings[0].started_utc_ns  # type: ignore[operator]
    assert shift == 2 * 3600 * 10**9


def test_a_spreadsheet_of_another_country_reads_the_same(tmp_path: Path) -> None:
    """Semicolons between the cells and commas in the numbers."""
    path = table(tmp_path, "model;gpu_energy_kwh;runtime_s\nbert;0,001;10,5\n")
    row = read(path).results.row(0, named=True)
    assert (row["energy_j"], row["duration_s"]) == (3600, 10.5)
    header = (
        "timestamp;project_name;run_id;duration;emissions;energy_consumed;cpu_energy;gpu_energy;ram_energy\n"
    )
    row = read(table(tmp_path, header + "2022-03-01T10:00:00;p;r;100,0;0,01;0,05;0;0,05;0\n")).results.row(
        -1, named=True
    )
    assert (row["boundary"], row["energy_j"], row["co2_g_reported"]) == ("node", pytest.approx(180_000), 10)


def test_a_run_table_keeps_its_parts_apart_and_its_units(tmp_path: Path) -> None:
    """The columns of EnergiBridge's plugin: the memory's energy is not the machine's."""
    path = table(
        tmp_path,
        "__run_id,__done,model,quantization,DRAM_ENERGY (J),PACKAGE_ENERGY (J),GPU0_ENERGY (mJ),execution_time (ms)\n"
        "run_0_repetition_0,DONE,llama3:8b,q4_0,10.5,100.5,900000,5000\n",
    )
    imported = read(path)
    energies = dict(imported.results.select("boundary", "energy_j").iter_rows())
    assert energies == {"dram": 10.5, "package": 100.5, "board": 900}
    assert imported.results["duration_s"].to_list() == [5.0] * 3


def test_a_run_tables_energy_without_a_unit_is_no_energy(tmp_path: Path) -> None:
    imported = read(table(tmp_path, "__run_id,__done,llm,energy,runtime\nrun_0,DONE,phi3:mini,12.5,30\n"))
    assert imported.results["energy_j"].to_list() == [None]
    note = next(note for note in imported.notes if note.code == "no_energy")
    assert "energy say no unit" in note.text


def test_codecarbons_plugin_writes_kwh(tmp_path: Path) -> None:
    header = "__run_id,__done,llm,codecarbon__energy_consumed,codecarbon__gpu_energy,codecarbon__duration\n"
    imported = read(table(tmp_path, header + "run_0,DONE,phi3:mini,0.001,0.0006,30\n"))
    rows = {row["boundary"]: (row["energy_j"], row["basis"], row["duration_s"])
            for row in imported.results.iter_rows(named=True)}  # fmt: skip
    assert rows == {"node": (3600, "estimated", 30), "board": (pytest.approx(2160), "measured", 30)}


def test_a_log_without_a_readable_power_is_refused_with_an_example(tmp_path: Path) -> None:
    """Two numbers in each cell, as a script wrote them that read two GPUs."""
    path = tmp_path / "gpu.csv"
    path.write_text("elapsed_sec,gpu_util_pct,power_w\n" + "".join(f'{s}.1,5,"26.11\n0"\n' for s in range(4)))
    with pytest.raises(EcoError, match=r"no number in column power_w, as '26.11\\n0'"):
        read(path)


def test_a_power_beside_a_gpus_load_is_the_gpus(tmp_path: Path) -> None:
    path = tmp_path / "gpu.csv"
    path.write_text("elapsed_sec,gpu_util_pct,power_w\n" + "".join(f"{s}.1,5,60\n" for s in range(4)))
    assert [device.boundary for device in read(path).devices] == ["board"]


def test_a_log_may_have_energies_beside_its_powers(tmp_path: Path) -> None:
    path = tmp_path / "gpu.csv"
    rows = "".join(f"2025-07-03T08:43:0{s}.98,49.0,0.0013\n" for s in range(5))
    path.write_text("timestamp,gpu_power_w,gpu_energy_kwh\n" + rows)
    assert pl.concat(list(read(path).samples))["power_w"].to_list() == [49.0] * 5


def test_an_energy_of_which_nothing_is_said_is_an_estimate_of_an_unknown_part(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("e,m,scope,how\n1,a,GPU,measured\n2,b,whole system,modelled\n3,c,ours,derived\n")
    columns = {"energy_j": "e", "model": "m"}
    silent = read(path, Options(format="generic", columns=columns))
    assert {"boundary_not_stated", "basis_not_stated"} <= {note.code for note in silent.notes}
    assert silent.results.select("boundary", "basis").unique().rows() == [("unknown", "estimated")]
    said = read(path, Options(format="generic", columns=columns | {"boundary": "scope", "basis": "how"}))
    assert said.results.select("boundary", "basis").rows() == [
        ("board", "measured"), ("node", "estimated"), ("unknown", "derived"),
    ]  # fmt: skip
    assert "boundary_not_stated" not in {note.code for note in said.notes}
