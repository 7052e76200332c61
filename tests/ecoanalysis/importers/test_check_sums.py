"""Numbers of one row that must agree, and the findings where they do not."""

from pathlib import Path

import pytest

from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from tests.ecoanalysis.importers.conftest import Published

CODECARBON = (
    "timestamp,project_name,run_id,duration,emissions,cpu_power,cpu_energy,gpu_energy,ram_energy,energy_consumed,"
    "country_iso_code,region,gpu_count,cpu_model,gpu_model,codecarbon_version\n"
)


def records(tmp_path: Path, *rows: str) -> dict[str, str]:
    """The findings of a CodeCarbon file, code -> text, notes of the import included."""
    path = tmp_path / "emissions.csv"
    path.write_text(CODECARBON + "\n".join(rows) + "\n")
    con = open_database(":memory:")
    imported = read(path)
    ingest(con, imported)
    return {note.code: note.text for note in (*imported.notes, *run_checks(con))}


def record(
    run: str = "r", energy: float = 0.004, kg: float = 0.001, cpu: str = "Xeon", cpu_w: float = 50.0,
    place: str = "FRA,",
) -> str:  # fmt: skip
    """100 s, 1 Wh of CPU, 2 Wh of GPU, 1 Wh of memory."""
    return f"2026-01-01T00:00:00,m,{run},100,{kg},{cpu_w},0.001,0.002,0.001,{energy},{place},1,{cpu},NVIDIA L4,3.3.2"


def test_a_total_that_is_not_the_sum_of_its_parts_is_found(tmp_path: Path) -> None:
    assert "check_sum_of_parts" not in records(tmp_path, record())
    assert "1.8e+04 J against 1.44e+04 J" in records(tmp_path, record(energy=0.005))["check_sum_of_parts"]


def test_co2_on_differing_grid_factors_is_told(tmp_path: Path) -> None:
    """0.001 kg over 0.004 kWh are 250 g per kWh, 0.002 kg are 500."""
    assert "check_grid_factor" not in records(tmp_path, record("a"), record("b", cpu_w=51))
    text = records(tmp_path, record("a"), record("b", kg=0.002))["check_grid_factor"]
    assert "from 250 to 500 g per kWh" in text


def test_co2_that_no_grid_gives_is_told(tmp_path: Path) -> None:
    assert "up to 2.5e+05 g per kWh" in records(tmp_path, record(kg=1.0))["check_grid_factor"]


@pytest.mark.parametrize(
    ("place", "kg", "failed"),
    [
        ("CAN,quebec", 0.004 * 0.00394, True),
        ("CAN,ontario", 0.004 * 0.03, False),
        ("FRA,", 0.004 * 0.056, False),
    ],
)
def test_a_failed_geolocation_leaves_the_region_open(
    tmp_path: Path, place: str, kg: float, failed: bool
) -> None:
    assert ("failed_geolocation" in records(tmp_path, record(kg=kg, place=place))) is failed


def test_a_constant_is_found_for_each_processor_of_a_file_of_many_machines(tmp_path: Path) -> None:
    rows = [record(f"a{n}", cpu="EPYC", cpu_w=60.0) for n in range(3)]
    metered = [record(f"b{n}", cpu="Xeon", cpu_w=50.0 + n) for n in range(3)]
    assert "60 W in every row of EPYC" in records(tmp_path, *rows, *metered)["constant_cpu_power"]
    assert "constant_cpu_power" not in records(tmp_path, *metered)


def generic(tmp_path: Path, row: str) -> list[str]:
    path = tmp_path / "t.csv"
    path.write_text("j,w,s,gpu,model\n" + row + "\n")
    names = {"energy_j": "j", "mean_power_w": "w", "duration_s": "s", "device": "gpu", "model": "model"}
    con = open_database(":memory:")
    ingest(con, read(path, Options(format="generic", columns=names)))
    return [note.code for note in run_checks(con)]


def test_an_energy_that_is_not_power_times_duration_is_found(tmp_path: Path) -> None:
    """60 W for 10 s are 600 J: 600 is right, 2160 is 600 mWh read as joules."""
    assert generic(tmp_path, "600,60,10,NVIDIA L4,m") == []
    assert generic(tmp_path, "2160,60,10,NVIDIA L4,m") == ["check_energy_not_power_times_time"]


def test_answers_of_one_token_are_told_by_their_number(published: Published) -> None:
    con = open_database(":memory:")
    ingest(con, published["alejandroldz_gguf_quant_energy/clean_3machines_7quants.csv"])
    texts = [note.text for note in run_checks(con) if note.code == "check_few_tokens"]
    assert len(texts) == 1
    assert texts[0].startswith("mmlu: 1 tokens per answer")


@pytest.mark.parametrize(("rate", "told"), [(200, True), (100, False)])
def test_a_rate_that_counts_the_prompt_is_told_by_its_number(tmp_path: Path, rate: int, told: bool) -> None:
    """Batch 1, 1,000 output tokens in 10 s are 100 tokens per second."""
    path = tmp_path / "p.csv"
    path.write_text(
        "Hardware,Num of Hardware,Framework,Model,Input Output Length,Batch Size,Latency,Throughput,avg_power\n"
        f"A100,1,vLLM,LLaMA-2-7B,1000,1,10,{rate},222120\n"
    )
    assert ("throughput_counts_prompt" in {note.code for note in read(path).notes}) is told
