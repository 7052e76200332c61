"""A report of other people's files only: nothing of them is lost, counted twice, taken unasked or left uncited."""

import dataclasses
import hashlib
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.commands.import_ import refresh
from ecoanalysis.errors import EcoError
from ecoanalysis.impact.factor import UNKNOWN
from ecoanalysis.importers.landing import land
from ecoanalysis.records import Quantity
from ecoanalysis.report.citations import references
from ecoanalysis.report.compose import compose
from ecoanalysis.report.context import Context, _told_apart, load_context
from ecoanalysis.report.model import Callout, Table
from ecoanalysis.report.sections import provenance, summary, uncounted
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database

# CodeCarbon 2: no PUE in it. 0.001 kWh of CPU, 0.002 of GPU, 0.0005 of RAM: 3.6, 7.2 and 1.8 kJ, 12.6 in all.
_ROWS = (
    "timestamp,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,country_iso_code,cpu_model,"
    "gpu_model,gpu_count,tracking_mode,codecarbon_version\n"
    "2025-11-23T14:29:02,a,10.0,0.001,0.001,0.002,0.0005,0.0035,FRA,Some CPU,1 x Some GPU,1,machine,2.8.0\n"
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "emissions.csv").write_text(_ROWS)
    # the same but for a total that is not the sum of its parts
    (folder / "other.csv").write_text(_ROWS.replace(",a,", ",b,").replace("0.0035", "0.0045"))
    return folder


@pytest.fixture(scope="module")
def context(files: Path) -> Context:
    settings = Settings(database=files / "eco.duckdb")
    landing = land([files / "emissions.csv", files / "other.csv"], settings.database)
    assert landing.con is not None
    with landing.con as con:
        refresh(con, settings)
        return load_context(con, settings)


def test_energies_without_items_are_reported_with_boundary_basis_interval_and_impact(
    context: Context,
) -> None:
    rows = {row["boundary"]: row for row in uncounted.totals(context).iter_rows(named=True)}
    assert {name: row["energy_per_item_j"] for name, row in rows.items()} == pytest.approx(
        {"board": 14400, "package": 7200, "dram": 3600, "node": 12600 + 16200}
    )
    assert {name: row["basis"] for name, row in rows.items()} == {
        "board": "measured", "package": "estimated", "dram": "estimated", "node": "estimated",
    }  # fmt: skip
    node = rows["node"]
    assert (node["low_per_item_j"], node["high_per_item_j"]) == pytest.approx(
        (14400, 43200)
    )  # an estimate: ±50 %
    assert node["co2_g_per_item"] == pytest.approx(28800 / 3.6e6 * node["pue"] * node["co2_g_per_kwh"])
    report = compose(context)
    assert "Energies without items" in [section.title for section in report.sections]
    assert "skill" not in [section.id for section in report.sections]
    assert report.subtitle == "Energy, carbon and water of whole records on RAM, Some CPU, Some GPU"


def test_the_energy_of_records_without_items_counts_each_record_once_at_its_widest_boundary(
    context: Context,
) -> None:
    cards = {card.label: card.value for card in summary._cards(context)}
    total = cards["Energy of all records"]
    assert isinstance(total, Quantity)
    assert cards["Records"] == 2
    assert (total.value, total.low, total.high) == pytest.approx((28800, 14400, 43200))
    assert "the energy of 2 records (codecarbon)" in summary.abstract(context)


def test_a_place_that_a_file_names_is_told_and_not_taken(context: Context) -> None:
    assert context.place.region == UNKNOWN
    said = [block.text for block in summary._warnings(context) if isinstance(block, Callout)]
    assert any("The imported files name FRA, which is not taken unasked." in text for text in said)


def test_what_the_checks_found_stands_in_the_summary(context: Context) -> None:
    said = [block for block in summary._warnings(context) if isinstance(block, Callout)]
    found = next(block.text for block in said if block.title == "What the checks found")
    assert "In use, with a warning: sum of parts" in found


def test_a_source_is_cited_with_its_licence_and_a_digest_of_all_its_files(
    context: Context, files: Path
) -> None:
    table = next(
        block
        for block in provenance.build(context)[0].blocks
        if isinstance(block, Table) and block.id == "sources"
    )
    sums = sorted(
        hashlib.sha256((files / name).read_bytes()).hexdigest() for name in ("emissions.csv", "other.csv")
    )
    both = hashlib.sha256("".join(f"{one}\n" for one in sums).encode()).hexdigest()
    assert table.rows == (("codecarbon", "codecarbon", 2, 2, "not stated", None, both[:16]),)
    devices = next(
        block
        for block in provenance.build(context)[0].blocks
        if isinstance(block, Table) and block.id == "devices"
    )
    assert {row[4] for row in devices.rows} == {"as its source states"}
    cited = context.sources.with_columns(citation=pl.lit("A. Author, 2025"), licence=pl.lit("CC BY 4.0"))
    named = references(dataclasses.replace(context, sources=cited))
    assert "data set codecarbon, licence: CC BY 4.0" in [reference.where for reference in named]


def test_a_database_of_nothing_says_to_import(tmp_path: Path) -> None:
    con = open_database(":memory:")
    with pytest.raises(EcoError, match="nothing to report") as raised:
        load_context(con, Settings(database=tmp_path / "none.duckdb"))
    assert raised.value.hint.startswith("eco import FILE")


def test_devices_of_one_name_in_one_recording_are_told_apart() -> None:
    devices = pl.DataFrame(
        {"id": [1, 2, 3, 4], "recording_id": [7, 7, 7, 8], "name": ["L4", "L4", "Xeon", "L4"],
         "boundary": ["board", "board", "package", "board"], "index": [0, 1, 0, 0]}
    )  # fmt: skip
    assert _told_apart(devices) == {1: "L4, board 0", 2: "L4, board 1", 3: "Xeon", 4: "L4"}
