"""Hugging Face model cards: a number, a block, a list; grams, kilograms, nothing."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.exporters.huggingface import block_of
from ecoanalysis.importers.checks.run import run_checks
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

BLOCK = """co2_eq_emissions:
  emissions: 1250.5  # grams
  source: "CodeCarbon"
  training_type: fine-tuning
  geographical_location: Oslo, Norway
  hardware_used: 4 x NVIDIA A100-SXM4-80GB
"""


def card(tmp_path: Path, front: str, body: str = "# Toy-1B\n") -> Imported:
    path = tmp_path / "README.md"
    path.write_text(f"---\nlicense: mit\n{front}pipeline_tag: text-generation\n---\n{body}")
    return read(path)


def result(found: Imported) -> dict[str, Any]:
    return found.results.row(0, named=True)


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes}


def test_a_block_is_a_training_of_so_many_grams_and_of_no_energy(tmp_path: Path) -> None:
    found = card(tmp_path, BLOCK)
    row, config = result(found), found.configs[0]
    assert (row["co2_g_reported"], row["energy_j"], row["basis"]) == (1250.5, None, "estimated")
    assert (row["region"], row["method"]) == ("Oslo, Norway", "model card: CodeCarbon")
    assert (config.task, config.model, config.modality) == ("training", "Toy-1B", "text")
    assert (config.accelerators_count, found.devices[0].name) == (4, "NVIDIA A100 SXM4 80GB")
    assert "no_energy" in codes(found)


@pytest.mark.parametrize(
    ("front", "grams"),
    [
        ("co2_eq_emissions: 25.4\n", 25.4),
        ("co2_eq_emissions: {emissions: 25.4, source: CodeCarbon}\n", 25.4),
        ("co2_eq_emissions:\n- emissions: 1.2g CO2\n- source: CodeCarbon\n", 1.2),
        ("co2_eq_emissions:\n  emissions: '3.5 kg'\n", 3500),
        ("co2_eq_emissions: 5.6 tons CO2\n", 5_600_000),
        ("co2_eq_emissions: 2 Kilograms\n", 2000),
        ("co2_eq_emissions: 12 grams of CO2\n", 12),
        ("co2_eq_emissions:\n    emissions: 1,710\n", 1710),
    ],
)
def test_the_mass_is_read_as_people_write_it(tmp_path: Path, front: str, grams: float) -> None:
    assert result(card(tmp_path, front))["co2_g_reported"] == pytest.approx(grams)


def test_kilograms_in_the_field_for_grams_are_told_by_the_text_below(tmp_path: Path) -> None:
    found = card(tmp_path, "co2_eq_emissions: 5.6\n", "# Toy\n- **Emissions:** 5.6 KgCO2 (Germany)\n")
    assert result(found)["co2_g_reported"] == pytest.approx(5600)
    assert "not_grams" in codes(found)
    assert "not_grams" not in codes(card(tmp_path, "co2_eq_emissions: 5.6\n", "# Toy\n15.6 kg, 5.65 kg\n"))


def test_less_than_a_gram_is_doubted(tmp_path: Path) -> None:
    assert "small_co2" in codes(card(tmp_path, "co2_eq_emissions: 0.0334\n"))
    assert "small_co2" not in codes(card(tmp_path, "co2_eq_emissions: 33.4\n"))


@pytest.mark.parametrize(("grams", "doubted"), [(195.0, False), (0.195, True)])
def test_an_energy_is_kwh_and_tells_kilograms_by_the_grid(
    tmp_path: Path, grams: float, doubted: bool
) -> None:
    """0.5 kWh in 2 h are 1.8 MJ at 250 W; 195 g are 390 g/kWh, 0.195 g no grid's."""
    found = card(
        tmp_path, f"co2_eq_emissions:\n  emissions: {grams}\n  energy_consumed: 0.5\n  hours_used: 2\n"
    )
    assert (result(found)["energy_j"], result(found)["mean_power_w"]) == (1.8e6, 250)
    con = open_database(":memory:")
    ingest(con, found)
    assert ("check_grid_factor" in {note.code for note in run_checks(con)}) == doubted


@pytest.mark.parametrize("said", ["TBD", "0", ""])
def test_a_card_without_a_number_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(EcoError, match="states no emissions"):
        card(tmp_path, f"co2_eq_emissions:\n  emissions: {said}\n  source: none\n")


def test_a_text_that_only_shows_such_a_block_is_no_card(tmp_path: Path) -> None:
    path = tmp_path / "how_to.md"
    path.write_text(f"# How to write cards\n```yaml\n---\n{BLOCK}---\n```\n")
    with pytest.raises(EcoError):
        read(path)


def test_our_own_block_reads_back_and_stays_inference(tmp_path: Path) -> None:
    """2 g per item, 1000 items: 2000 g."""
    exported = pl.DataFrame(
        {
            "boundary": ["node"], "item_unit": ["image"], "items_count": [1000.0], "task": ["image-classification"],
            "co2_g": [2000.0], "basis": ["estimated"], "co2_g_per_kwh": [400.0], "site_pue": [1.2],
            "region": ["DEU"], "devices_count": [8], "device": ["NVIDIA H100 SXM5 80GB"],
        }
    )  # fmt: skip
    path = tmp_path / "co2_eq_emissions-toy.yaml"
    path.write_text(block_of(exported))
    found = read(path)
    assert (result(found)["co2_g_reported"], result(found)["region"]) == (2000, "DEU")
    assert (found.configs[0].task, found.configs[0].accelerators_count) == ("unknown", 8)
    assert found.devices[0].name == "NVIDIA H100 SXM5 80GB"
