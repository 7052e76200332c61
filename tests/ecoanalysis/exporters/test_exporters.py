"""Exports: hashes, schemas, units, and the way back."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import jsonschema
import polars as pl
import pytest
from click.testing import CliRunner

from collectors.trace.records import Config, Device, Mark, Recording, Run, Sample
from collectors.trace.writer import write_trace
from ecoanalysis.cli import group
from ecoanalysis.errors import EcoError
from ecoanalysis.exporters import boamps
from ecoanalysis.exporters.formats import EXPORTERS
from ecoanalysis.exporters.selected import Selection, select
from ecoanalysis.exporters.tables import write_tables
from ecoanalysis.impact.rebuild import rebuild
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.settings import Settings
from ecoanalysis.store.combine import combine
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from ecoanalysis.store.queries import measurements

SETTINGS = Settings(region="FRA", pue=1.2)
RESULTS = "gpu,model,j,n,s,unit\nNVIDIA H100 SXM5 80GB,meta-llama/Llama-2-7b-hf,3600000,1000,3600,request\n"
COLUMNS = {
    "device": "gpu",
    "model": "model",
    "energy_j": "j",
    "items_count": "n",
    "duration_s": "s",
    "item_unit": "unit",
    "boundary": "=board",
    "basis": "=measured",
}


@cache
def _database() -> bytes:
    with TemporaryDirectory() as name:
        folder = Path(name)
        con = open_database(folder / "eco.duckdb")
        (folder / "r.csv").write_text(RESULTS)
        ingest(con, read(folder / "r.csv", Options(format="generic", columns=COLUMNS)))
        (folder / "results.json").write_text(
            '{"steady_state_energy": 500.0, "steady_state_energy_per_token": 0.5, '
            '"timeline": {"steady_state_start_time": 1795443002,'
            '"steady_state_end_time": 1795443007, "power": {"device_instant": {"0": ['
            + ", ".join(f"[{1_795_443_000 + second}, 100.0]" for second in range(11)) + "]}}}}"
        )  # fmt: skip
        ingest(con, read(folder / "results.json"))
        rebuild(con, SETTINGS)
        con.close()
        return (folder / "eco.duckdb").read_bytes()


def database(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """1 kWh for 1,000 requests on one H100 in an hour, and a log of 100 W for 10 s; each caller has its own copy."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "eco.duckdb").write_bytes(_database())
    return open_database(tmp_path / "eco.duckdb")


def test_a_package_read_back_gives_equal_measurements(tmp_path: Path) -> None:
    con = database(tmp_path)
    write_tables(con, tmp_path / "out", "parquet", now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    before = measurements(con)
    other = open_database(tmp_path / "other.duckdb")
    imported = read(tmp_path / "out" / "datapackage.json")
    assert ingest(other, imported)
    assert not ingest(other, read(tmp_path / "out" / "datapackage.json"))
    rebuild(other, SETTINGS)
    after = measurements(other)
    assert before.height == 2
    assert before.equals(after)
    assert not ingest(con, imported) or measurements(con).equals(
        before
    )  # read into its own origin: nothing twice


def test_an_own_trace_exported_and_imported_gives_equal_measurements(tmp_path: Path) -> None:
    recording = Recording(1, "host", started_utc_ns=1_795_443_000_000_000_000)
    device = Device(2, 1, "datacenter_gpu", "NVIDIA H100 SXM5 80GB", "board", "nvml", energy_source="power")
    config = Config("text-generation", "gpt2", "transformers", "fp16", batch_size=8, threads=4)
    run = Run(3, 1, config.id, status="ok", start_t_ns=0, end_t_ns=10**10, items_count=50, quality_value=0.5)
    marks = [
        Mark(3, 0, "idle"),
        Mark(3, 2 * 10**9, "infer"),
        Mark(3, 10**10 - 1, "infer", 50),
        Mark(3, 10**10, "end"),
    ]
    samples = [Sample(3, 2, second * 10**9, power_w=100.0 + 200 * (second >= 2)) for second in range(11)]
    rows = {"devices": [device], "configs": [config], "runs": [run], "marks": marks, "samples": samples}
    path = write_trace(tmp_path / "own.duckdb", recording=recording, **rows)
    con, other = open_database(":memory:"), open_database(":memory:")
    combine(con, [path])
    rebuild(con, SETTINGS)
    write_tables(con, tmp_path / "out", "parquet")
    ingest(other, read(tmp_path / "out" / "datapackage.json"))
    rebuild(other, SETTINGS)
    before = measurements(con)
    assert before.filter(pl.col("energy_per_item_j").is_not_null()).height >= 1
    assert before.equals(measurements(other))


def test_a_changed_package_is_refused(tmp_path: Path) -> None:
    write_tables(database(tmp_path), tmp_path / "out", "parquet")
    path = tmp_path / "out" / "result.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(EcoError, match="not the bytes"):
        read(tmp_path / "out" / "datapackage.json")


def test_the_manifest_counts_and_hashes_every_table(tmp_path: Path) -> None:
    write_tables(database(tmp_path), tmp_path / "out", "csv", now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    manifest = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert {one["name"]: one["rows"] for one in manifest["resources"]}["measurement"] == 2
    assert all(len(one["hash"]) == len("sha256:") + 64 for one in manifest["resources"])
    assert manifest["created"] == "2026-01-01T00:00:00+00:00"


def test_boamps_passes_the_schema_and_comes_back(tmp_path: Path) -> None:
    paths = EXPORTERS["boamps"](select(database(tmp_path), None), tmp_path / "out")
    assert len(paths) == 2
    reports = [json.loads(path.read_text()) for path in paths]
    assert all(abs(datetime.now(UTC) - published(report)).total_seconds() < 600 for report in reports)
    for report in reports:
        jsonschema.Draft4Validator(boamps.schema()).validate(report)
    kwh = sorted(report["measures"][0]["powerConsumption"] for report in reports)
    assert kwh == pytest.approx([500 / 3.6e6, 1.0])
    back = pl.concat([read(path).results for path in paths]).sort("energy_j")
    assert back["energy_j"].to_list() == pytest.approx([500, 3.6e6])
    assert back["boundary"].to_list() == ["board", "board"]
    assert back["basis"].to_list() == ["measured", "measured"]
    assert back["items_count"].to_list() == [1000, 1000]
    assert back["item_unit"].to_list() == ["token", "request"]


@pytest.mark.parametrize(
    ("boundary", "basis"),
    [
        ("package", "estimated"),
        ("node", "measured"),
        ("wall", "derived"),
        ("dram", "estimated"),
        ("module", "derived"),
    ],
)
def test_a_boamps_report_comes_back_with_its_boundary_basis_and_item(
    tmp_path: Path, boundary: str, basis: str
) -> None:
    selection = select(database(tmp_path), "item_unit = 'request'")
    said = {"boundary": boundary, "basis": basis, "item_unit": "image"}
    rows = selection.rows.with_columns(
        started_utc_ns=10**18, **{name: pl.lit(text) for name, text in said.items()}
    )
    back = read(boamps.write_boamps(Selection(selection.con, rows), tmp_path / "out")[0]).results
    assert back.select(*said).rows() == [(boundary, basis, "image")]
    assert back["started_utc_ns"].to_list() == [10**18]


def published(report: dict[str, dict[str, str]]) -> datetime:
    """When a report says that it was published."""
    return datetime.fromisoformat(report["header"]["reportDatetime"]).replace(tzinfo=UTC)


def test_a_boamps_report_of_an_unknown_place_has_no_environment(tmp_path: Path) -> None:
    con = database(tmp_path)
    rebuild(con, Settings())
    report = json.loads(EXPORTERS["boamps"](select(con, None), tmp_path / "out")[0].read_text())
    assert "environment" not in report


@pytest.mark.parametrize(("high", "grade"), [(1.1, "high"), (1.5, "medium"), (2.0, "low"), (2.1, None)])
def test_boamps_grades_an_interval_and_has_no_grade_for_a_wide_one(
    high: float, grade: str | None, tmp_path: Path
) -> None:
    """The standard: high within 10 %, medium within 25 %, low within 50 %."""
    row = select(database(tmp_path), "item_unit = 'request'").rows.row(0, named=True)
    row |= {"energy_per_item_j": 1.0, "low_per_item_j": 1.0, "high_per_item_j": high}
    assert boamps.report_of(row, "2026-01-01 00:00:00").get("quality") == grade


def test_boamps_schema_refuses_what_the_standard_does() -> None:
    checker = jsonschema.Draft4Validator(boamps.schema())
    assert not checker.is_valid({"task": {}, "measures": [], "infrastructure": {}})


def test_boamps_schema_has_the_published_measure_and_enumerations() -> None:
    """`measure_schema.json`, `dataset_schema.json` and `report_schema.json` of BoAmps' main branch, format 0.1."""
    properties = boamps.schema()["properties"]
    measure = properties["measures"]["items"]
    assert measure["required"] == ["measurementMethod", "powerConsumption"]
    texts = "measurementMethod manufacturer version cpuTrackingMode gpuTrackingMode measurementDateTime"
    numbers = "averageUtilizationCpu averageUtilizationGpu powerCalibrationMeasurement durationCalibrationMeasurement"
    wanted = dict.fromkeys(texts.split(), "string") | dict.fromkeys(numbers.split(), "number")
    wanted |= {"powerConsumption": "number", "measurementDuration": "number"}
    assert {name: facts["type"] for name, facts in measure["properties"].items()} == wanted
    dataset = properties["task"]["properties"]["dataset"]["items"]["properties"]
    assert len(dataset["dataFormat"]["enum"]) == 151
    assert {"csv", "parquet", None} < set(dataset["dataFormat"]["enum"])
    assert len(properties["$hash"]["properties"]["hashAlgorithm"]["enum"]) == 10


def test_boamps_states_the_tokens_of_a_mean_request_and_they_come_back(tmp_path: Path) -> None:
    selection = select(database(tmp_path), "item_unit = 'request'")
    rows = selection.rows.with_columns(input_tokens=pl.lit(11.0), output_tokens=pl.lit(828.0))
    path = boamps.write_boamps(Selection(selection.con, rows), tmp_path / "out")[0]
    found = json.loads(path.read_text())["task"]
    assert [(one["dataUsage"], one["dataQuantity"]) for one in found["dataset"]] == [
        ("input", 11),
        ("output", 828),
    ]
    assert found["nbRequest"] == 1000
    config = read(path).configs[0]
    assert (config.item_unit, config.input_tokens, config.output_tokens) == ("request", 11, 828)


def test_the_models_card_says_grams(tmp_path: Path) -> None:
    con = database(tmp_path)
    factor = con.execute("SELECT any_value(co2_g_per_kwh) FROM impact").fetchall()[0][0]
    path = EXPORTERS["huggingface"](select(con, "result_id IS NOT NULL"), tmp_path / "out")[0]
    lines = dict(line.strip().split(": ", 1) for line in path.read_text().splitlines()[1:])
    assert float(lines["emissions"]) == pytest.approx(1.0 * 1.2 * factor, rel=1e-5)  # 1 kWh, PUE 1.2
    assert "NVIDIA H100 SXM5 80GB" in lines["hardware_used"]


def test_codecarbon_columns_are_kwh_and_read_back(tmp_path: Path) -> None:
    path = EXPORTERS["codecarbon"](select(database(tmp_path), "result_id IS NOT NULL"), tmp_path / "out")[0]
    back = read(path).results
    assert back.filter(pl.col("boundary") == "board")["energy_j"].to_list() == pytest.approx([3.6e6])


def test_an_estimate_of_one_part_comes_back_from_codecarbon_as_that_and_nothing_else(tmp_path: Path) -> None:
    """CodeCarbon's own columns would make it a measured GPU, and a node beside it with the same energy."""
    selection = select(database(tmp_path), "result_id IS NOT NULL")
    rows = selection.rows.with_columns(basis=pl.lit("estimated"))
    path = EXPORTERS["codecarbon"](Selection(selection.con, rows), tmp_path / "out")[0]
    back = read(path).results.select("boundary", "basis", "energy_j").rows()
    assert back == [("board", "estimated", pytest.approx(3.6e6))]


def test_parts_and_sum_of_one_imported_row_are_one_row_for_codecarbon(tmp_path: Path) -> None:
    """3.6 kJ of CPU, 7.2 kJ of GPU and their sum: a reader that adds the rows up must not count them twice."""
    con = open_database(":memory:")
    (tmp_path / "emissions.csv").write_text(
        "timestamp,project_name,run_id,duration,emissions,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,"
        "ram_energy,energy_consumed,country_iso_code,codecarbon_version,cpu_model,gpu_count,gpu_model,tracking_mode\n"
        "2026-01-01T00:00:00,p,a,60,0.001,60,120,0,0.001,0.002,0,0.003,FRA,2.4.2,AMD EPYC,1,1 x NVIDIA A2,machine\n"
    )
    ingest(con, read(tmp_path / "emissions.csv", Options(said={"items": "10"})))
    rebuild(con, SETTINGS)
    path = EXPORTERS["codecarbon"](select(con, None), tmp_path / "out")[0]
    row = pl.read_csv(path)
    assert row.height == 1
    assert row["cpu_energy"].to_list() == pytest.approx([0.001])
    assert row["gpu_energy"].to_list() == pytest.approx([0.002])
    assert row["energy_consumed"].to_list() == pytest.approx([0.003])
    assert row["emissions_rate"].to_list() == pytest.approx((row["emissions"] / 60).to_list())


ROUND = (
    "timestamp,project_name,run_id,duration,emissions,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,ram_energy,"
    "energy_consumed,country_iso_code,region,codecarbon_version,cpu_model,gpu_count,gpu_model,tracking_mode,pue\n"
    "2026-01-01T00:01:00,a,r1,60,1,50,120,10,0.0012,0.0024,0.00024,0.00384,FRA,,2.8.3,EPYC 7513,1,1 x A2,machine,1.2\n"
    "2026-01-01T00:02:00,b,r2,50,1,51,0,10,0.0007,0,0.000125,0.000825,FRA,,2.8.3,EPYC 7513,,,machine,1.0\n"
)


def imported_round(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    con = open_database(":memory:")
    (tmp_path / "emissions.csv").write_text(ROUND)
    ingest(con, read(tmp_path / "emissions.csv", Options(said={"items": "10"})))
    rebuild(con, SETTINGS)
    return con


def test_codecarbons_own_file_comes_back_with_equal_energies_and_starts(tmp_path: Path) -> None:
    """Out of the PUE of 1.2: 0.001 kWh of CPU, 0.002 of GPU, 0.0002 of RAM; then 0.0007 and 0.000125."""
    con = imported_round(tmp_path)
    back = read(EXPORTERS["codecarbon"](select(con, None), tmp_path / "out")[0]).results.sort(
        "started_utc_ns"
    )
    kwh = {
        boundary: (back.filter(pl.col("boundary") == boundary)["energy_j"] / 3.6e6).to_list()
        for boundary in ("package", "board", "dram", "node")
    }
    assert kwh["package"] == pytest.approx([0.001, 0.0007])
    assert kwh["board"] == pytest.approx([0.002])
    assert kwh["dram"] == pytest.approx([0.0002, 0.000125])
    assert kwh["node"] == pytest.approx([0.0032, 0.000825])
    first = con.execute("SELECT started_utc_ns, duration_s FROM result WHERE boundary = 'node' ORDER BY 1")
    again = back.filter(pl.col("boundary") == "node")
    assert again.select("started_utc_ns", "duration_s").rows() == first.fetchall()


def test_parts_without_a_sum_add_up_for_codecarbon(tmp_path: Path) -> None:
    con = imported_round(tmp_path)
    parts = select(con, "boundary IN ('board', 'package')")
    row = pl.read_csv(EXPORTERS["codecarbon"](parts, tmp_path / "out")[0])
    assert sorted(row["energy_consumed"]) == pytest.approx([0.0007, 0.003])


def test_a_run_with_a_phase_of_unknown_energy_has_no_total_for_codecarbon(tmp_path: Path) -> None:
    """Of the two phases of a run one is unknown: the other alone is not what the run took."""
    rows = select(database(tmp_path), "result_id IS NOT NULL").rows.head(1)
    phases = pl.concat(
        [rows.with_columns(run_id=pl.lit(7), phase=pl.lit(name)) for name in ("prefill", "decode")]
    )
    unknown = phases.with_columns(energy_j=pl.when(pl.col("phase") == "prefill").then("energy_j"))
    con = database(tmp_path)
    with pytest.raises(EcoError, match="no total energy"):
        EXPORTERS["codecarbon"](Selection(con, unknown), tmp_path / "out")
    assert EXPORTERS["codecarbon"](Selection(con, phases), tmp_path / "out")


def test_the_phases_of_a_run_add_up_in_its_row_for_codecarbon(tmp_path: Path) -> None:
    """100 W for 2 s of prefill and 300 W for 8 s of decode: 2,600 J, of which the last phase alone is 2,400."""
    recording = Recording(1, "host", started_utc_ns=1_795_443_000_000_000_000)
    device = Device(2, 1, "datacenter_gpu", "NVIDIA H100 SXM5 80GB", "board", "nvml", energy_source="power")
    config = Config("text-generation", "gpt2", "transformers", "fp16")
    run = Run(3, 1, config.id, status="ok", start_t_ns=0, end_t_ns=10**10, items_count=50)
    second = 10**9
    marks = [
        Mark(3, 0, "prefill"),
        Mark(3, 2 * second - 1, "prefill", 40),
        Mark(3, 2 * second, "decode"),
        Mark(3, 10 * second - 1, "decode", 10),
        Mark(3, 10 * second, "end"),
    ]
    watts = [(0, 100.0), (2 * second, 100.0), (2 * second + 1000, 300.0), (10 * second, 300.0)]
    samples = [Sample(3, 2, t_ns, power_w=power) for t_ns, power in watts]
    rows = {"devices": [device], "configs": [config], "runs": [run], "marks": marks, "samples": samples}
    con = open_database(":memory:")
    combine(con, [write_trace(tmp_path / "own.duckdb", recording=recording, **rows)])
    rebuild(con, SETTINGS)
    selection = select(con, None)
    assert selection.rows.height == 2
    row = pl.read_csv(EXPORTERS["codecarbon"](selection, tmp_path / "out")[0])
    assert row["gpu_energy"].to_list() == pytest.approx([2600 / 3.6e6], rel=1e-4)
    assert row["energy_consumed"].to_list() == pytest.approx([2600 / 3.6e6], rel=1e-4)
    assert row["gpu_power"].to_list() == pytest.approx([260], rel=1e-4)
    assert row["duration"].to_list() == pytest.approx([10])
    grams = (selection.rows["co2_g_per_item"] * selection.rows["items_count"]).sum()
    assert row["emissions"].to_list() == pytest.approx([grams / 1e3])


@pytest.mark.parametrize("settings", [Settings(), Settings(co2_g_per_kwh=50.0)])
def test_an_unknown_place_is_no_country(tmp_path: Path, settings: Settings) -> None:
    con = database(tmp_path)
    rebuild(con, settings)
    selection = select(con, "result_id IS NOT NULL")
    rows = pl.read_csv(EXPORTERS["codecarbon"](selection, tmp_path / "c")[0])
    assert rows["country_iso_code"].null_count() == rows.height
    assert "geographical_location" not in EXPORTERS["huggingface"](selection, tmp_path / "h")[0].read_text()
    said = EXPORTERS["checklist"](selection, tmp_path / "l")[0].read_text()
    assert ("place unknown" in said) == (settings.co2_g_per_kwh is None)


def test_an_energy_of_an_unknown_part_is_exported_as_that(tmp_path: Path) -> None:
    """What the headings of a table of results do not say: it is of no boundary, and no format fails over it."""
    con = open_database(tmp_path / "eco.duckdb")
    (tmp_path / "r.csv").write_text("model,energy_kwh,requests\nbert,0.5,100\n")
    ingest(con, read(tmp_path / "r.csv", Options(said={"items": "100"})))
    rebuild(con, SETTINGS)
    for name, write in EXPORTERS.items():
        text = write(select(con, None), tmp_path / name)[0].read_text()
        assert ("of what, nobody said" in text) == (name in ("boamps", "huggingface", "checklist"))


def test_a_models_card_names_every_device_and_every_unit(tmp_path: Path) -> None:
    selection = select(database(tmp_path), "result_id IS NOT NULL")
    other = selection.rows.with_columns(
        device=pl.lit("NVIDIA A2"), devices_count=pl.lit(4, pl.Int32), item_unit=pl.lit("image"),
        basis=pl.lit("estimated"),
    )  # fmt: skip
    rows = pl.concat([selection.rows, other])
    text = EXPORTERS["huggingface"](Selection(selection.con, rows), tmp_path / "out")[0].read_text()
    assert "1000 × request, 1000 × image in 2 measurements" in text
    assert "measured, estimated" in text
    assert "NVIDIA H100 SXM5 80GB, 4 × NVIDIA A2" in text


def test_an_estimate_is_called_one_in_a_papers_checklist(tmp_path: Path) -> None:
    selection = select(database(tmp_path), None)
    rows = selection.rows.with_columns(basis=pl.lit("estimated"))
    text = EXPORTERS["checklist"](Selection(selection.con, rows), tmp_path / "out")[0].read_text()
    assert "was estimated" in text
    assert "was measured" not in text


def test_the_manifest_leaves_out_what_is_unknown(tmp_path: Path) -> None:
    """A Data Package's sources have texts or nothing: a null path makes readers refuse the whole package."""
    write_tables(database(tmp_path), tmp_path / "out", "csv")
    manifest = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert manifest["sources"]
    assert all(text is not None for source in manifest["sources"] for text in source.values())


def test_sci_adds_the_embodied_share_per_unit(tmp_path: Path) -> None:
    path = EXPORTERS["sci"](select(database(tmp_path), "result_id IS NOT NULL"), tmp_path / "out")[0]
    row = pl.read_csv(path).row(0, named=True)
    assert row["e_kwh_per_unit"] == pytest.approx(0.001 * 1.2)
    assert row["sci_g_per_unit"] == pytest.approx(
        row["e_kwh_per_unit"] * row["i_g_per_kwh"] + row["m_g_per_unit"]
    )
    assert 0 < row["m_low_g_per_unit"] < row["m_g_per_unit"] < row["m_high_g_per_unit"]
    assert row["embodied"] == "of 1 × NVIDIA H100 SXM5 80GB alone"


def test_sci_of_electricity_without_carbon_still_states_its_energy(tmp_path: Path) -> None:
    con = database(tmp_path)
    rebuild(con, Settings(co2_g_per_kwh=0.0, pue=1.2))
    row = pl.read_csv(EXPORTERS["sci"](select(con, "result_id IS NOT NULL"), tmp_path / "out")[0]).row(
        0, named=True
    )
    assert row["e_kwh_per_unit"] == pytest.approx(0.001 * 1.2)
    assert (row["sci_operational_g_per_unit"], row["energy_basis"]) == (0, "measured")


def test_the_checklist_says_that_its_pue_is_assumed_and_that_the_intensity_is_the_users(
    tmp_path: Path,
) -> None:
    con = database(tmp_path)
    rebuild(con, Settings(co2_g_per_kwh=50.0))
    text = EXPORTERS["checklist"](select(con, None), tmp_path / "out")[0].read_text()
    assert "an assumed PUE of 1." in text
    assert "50 g CO2e/kWh (an intensity as set" in text


def test_the_checklist_names_what_reviewers_ask(tmp_path: Path) -> None:
    text = EXPORTERS["checklist"](select(database(tmp_path), None), tmp_path / "out")[0].read_text()
    assert "NVIDIA H100 SXM5 80GB" in text
    assert "1 kWh" in text
    assert "PUE of 1.2" in text
    assert "0 of 1 runs failed" in text


def test_the_checklist_counts_the_runs_of_its_own_recordings_alone(tmp_path: Path) -> None:
    con = database(tmp_path)
    other = "SELECT * REPLACE (id + 1 AS id, recording_id + 1 AS recording_id, 'failed' AS status) FROM run"
    con.execute(f"INSERT INTO run {other}")
    text = EXPORTERS["checklist"](select(con, None), tmp_path / "out")[0].read_text()
    assert "0 of 1 runs failed" in text


def test_the_command_overwrites_nothing_and_says_what_is_wrong(tmp_path: Path) -> None:
    database(tmp_path).close()
    arguments = [
        "export",
        "checklist",
        "--database",
        str(tmp_path / "eco.duckdb"),
        "--out",
        str(tmp_path / "out"),
    ]
    assert CliRunner().invoke(group, arguments).exit_code == 0
    again = CliRunner().invoke(group, arguments)
    assert isinstance(again.exception, EcoError)
    wrong = CliRunner().invoke(group, [*arguments, "--force", "--where", "nonsense = 1"])
    assert isinstance(wrong.exception, EcoError)
    assert "--where" in wrong.exception.message
    named = (wrong.exception.hint or "").split("columns: ")[1].split(", ")
    assert set(named) <= set(measurements(database(tmp_path / "again")).columns)


def test_results_without_items_say_why_they_cannot_be_exported(tmp_path: Path) -> None:
    con = open_database(":memory:")
    (tmp_path / "r.csv").write_text("gpu,model,j\nNVIDIA L4,m,5\n")
    columns = {name: COLUMNS[name] for name in ("device", "model", "energy_j", "boundary", "basis")}
    ingest(con, read(tmp_path / "r.csv", Options(format="generic", columns=columns)))
    rebuild(con, SETTINGS)
    with pytest.raises(EcoError, match=r"1 measurements, none in use: no energy per item \(1\)"):
        select(con, None)
