"""eco2AI tables: how many devices, a fork without CO2, a unit slip, what nobody said."""

from pathlib import Path

import pytest

from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

HEADER = (
    "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
    "CPU_name,GPU_name,OS,region/country,cost\n"
)


def imported(tmp_path: Path, gpu: str = "", project: str = "Toy-3B-AWQ", said: str = "answering") -> Imported:
    path = tmp_path / "emission.csv"
    cpu = '"AMD Ryzen 7 2700 Eight-Core Processor/1 device(s), TDP:65.0"'
    path.write_text(
        f"{HEADER}a,{project},{said},N/A,2025-01-20 20:20:07,50,0.001,0.0004,{cpu},{gpu},Linux,FR,\n"
    )
    return read(path)


@pytest.mark.parametrize(
    ("gpu", "name", "count"),
    [
        ("NVIDIA A100 80GB PCIe 2 device(s)", "NVIDIA A100 PCIe 80GB", 2),
        (" 2 device(s)", "unknown GPU", 2),
        (" 0 device(s)", "AMD Ryzen 7 2700", 1),
    ],
)
def test_the_device_and_its_count_are_of_the_gpus_else_of_the_processor(
    tmp_path: Path, gpu: str, name: str, count: int
) -> None:
    found = imported(tmp_path, gpu)
    assert found.devices[0].name.startswith(name)
    assert f'"devices_count": {count}' in found.results["extra"][0]


@pytest.mark.parametrize(
    ("project", "said", "expected"),
    [
        ("Toy-3B-AWQ", "training many", ("Toy-3B-AWQ", "training", "int4")),
        ("Default project name", "no experiment description", ("unknown", "unknown", "unknown")),
        ("Deafult project name", "summarization", ("unknown", "summarization", "unknown")),
    ],
)
def test_what_nobody_said_is_unknown_and_training_is_training(
    tmp_path: Path, project: str, said: str, expected: tuple[str, str, str]
) -> None:
    config = imported(tmp_path, project=project, said=said).configs[0]
    assert (config.model, config.task, config.precision) == expected


def test_a_fork_without_co2_is_read_and_its_slip_of_unit_found(tmp_path: Path) -> None:
    """1.5 kWh in 6.6 s would be 818 kW."""
    path = tmp_path / "emission.csv"
    path.write_text(
        "id,project_name,start_time,duration(s),cpu_power_consumption(kWh),ram_power_consumption(kWh),"
        "power_consumption(kWh),CPU_name,OS\n"
        "a,Default project name,2024-10-23 23:12:36,6.6,1.3,0.2,1.5,AMD Ryzen 5 3500U,Windows\n"
    )
    con = open_database(":memory:")
    ingest(con, read(path))
    assert "check_beyond_any_device" in {note.code for note in run_checks(con)}
