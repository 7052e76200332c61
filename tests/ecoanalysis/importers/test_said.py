"""What the user says of a file at import: it joins what the file says, and a note keeps it."""

from pathlib import Path

import pytest

from ecoanalysis.commands.import_ import refresh
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.landing import land
from ecoanalysis.importers.read import read
from ecoanalysis.settings import Settings
from ecoanalysis.store.queries import measurements

_ECO2AI = (
    "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
    "CPU_name,GPU_name,OS,region/country,cost\n"
    'a,p,d,N/A,2026-11-27 15:15:23,20,0.0001,0.00005,"AMD EPYC/1 device(s), TDP:500.0", 0 device(s),Linux,FR,0\n'
)
_SMI = (
    "timestamp, index, name, power.draw [W]\n"
    "2026/11/27 12:00:00.000, 0, NVIDIA A2, 50.00 W\n"
    "2026/11/27 12:00:01.000, 0, NVIDIA A2, 50.00 W\n"
    "2026/11/27 12:00:02.000, 0, NVIDIA A2, 50.00 W\n"
)
_SAID = {"items": "100", "model": "bert-base-uncased", "precision": "float16", "batch_size": "8"}


def _file(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text)
    return path


def test_an_energy_is_parted_by_the_items_that_the_user_says(tmp_path: Path) -> None:
    imported = read(_file(tmp_path, _ECO2AI), Options(said=_SAID))
    row = imported.results.row(0, named=True)
    assert row["energy_per_item_j"] == pytest.approx(0.0001 * 3.6e6 / 100)
    config = next(config for config in imported.configs if config.id == row["config_id"])
    assert (config.model, config.precision, config.batch_size) == ("bert-base-uncased", "fp16", 8.0)
    assert config.params_count is not None  # known of the model that was said
    assert "items=100" in next(note.text for note in imported.notes if note.code == "said_at_import")


def test_a_log_with_items_said_becomes_a_measurement_in_use(tmp_path: Path) -> None:
    # 50 W over 2 s, 100 items: 1 J each
    landing = land(
        [_file(tmp_path, _SMI)], tmp_path / "eco.duckdb", Options(tz="UTC", said={**_SAID, "task": "t"})
    )
    assert landing.con is not None
    refresh(landing.con, Settings(database=tmp_path / "eco.duckdb"))
    used = measurements(landing.con)
    landing.con.close()
    assert used["excluded"].to_list() == [None]
    assert used["energy_per_item_j"].to_list() == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("said", "word"),
    [({"itmes": "3"}, "did you mean items"), ({"items": "2.5"}, "whole"), ({"batch_size": "-1"}, "above 0")],
)
def test_what_is_no_name_or_no_number_is_refused(tmp_path: Path, said: dict[str, str], word: str) -> None:
    with pytest.raises(EcoError) as caught:
        read(_file(tmp_path, _ECO2AI), Options(said=said))
    assert word in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("said", "precision"),
    [
        ({"model": "Qwen/Qwen3-8B-AWQ"}, "int4"),
        ({"model": "Qwen/Qwen3-8B"}, "unknown"),
        ({"model": "Qwen/Qwen3-8B-AWQ", "precision": "fp16"}, "fp16"),
    ],
)
def test_a_models_name_says_the_precision_that_nobody_else_says(
    tmp_path: Path, said: dict[str, str], precision: str
) -> None:
    config = read(_file(tmp_path, _ECO2AI), Options(said=said)).configs[0]
    assert (config.precision, config.family) == (precision, "Qwen")
