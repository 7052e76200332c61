"""A recording without any energy sensor still comes out as an estimate with notes, never as zero."""

from pathlib import Path
from typing import Any

import duckdb

from collectors.trace.records import Config, Device, Mark, Recording, Run, Sample, new_id
from collectors.trace.writer import write_trace
from ecoanalysis.impact.rebuild import rebuild, refresh
from ecoanalysis.models.power_curve import curve_for
from ecoanalysis.settings import Settings
from ecoanalysis.store.combine import combine
from ecoanalysis.store.database import open_database

S = 1_000_000_000


def _trace(path: Path, kind: str, name: str, boundary: str) -> None:
    """Twenty seconds at half load, 100 items, no power and no counter."""
    recording = Recording(
        new_id(), "host", 1_700_000_000 * S, cpu_model=name, cpu_count=128, clock_offset_ns=0
    )
    device = Device(new_id(), recording.id, kind, name, boundary, "procfs")
    config = Config("text-generation", "gpt2", "pytorch", "fp32", 1.0, params_count=124_439_808)
    run = Run(new_id(), recording.id, config.id, start_t_ns=0, end_t_ns=20 * S, status="ok", items_count=100)
    marks = [Mark(run.id, 0, "infer"), Mark(run.id, 20 * S, "end", None), Mark(run.id, 19 * S, "infer", 100)]
    samples = [Sample(run.id, device.id, t * S, util_ratio=0.5) for t in range(21)]
    write_trace(
        path,
        recording=recording,
        devices=[device],
        configs=[config],
        runs=[run],
        marks=sorted(marks, key=lambda mark: mark.t_ns),
        samples=samples,
        notes=[],
    )


def _assessed(tmp_path: Path, kind: str, name: str, boundary: str, settings: Settings) -> dict[str, Any]:
    _trace(tmp_path / "a.duckdb", kind, name, boundary)
    con: duckdb.DuckDBPyConnection = open_database(":memory:")
    combine(con, [tmp_path / "a.duckdb"])
    rebuild(con, settings, curve_for(settings))
    cursor = con.execute(
        """SELECT m.basis, energy_j, low_per_item_j, energy_per_item_j, high_per_item_j, co2_g_per_item, ess,
        water_l_per_item FROM measurement m JOIN impact i ON i.measurement_id = m.id JOIN score s
        ON s.measurement_id = m.id WHERE phase = 'infer'"""
    )
    names = [column[0] for column in cursor.description or []]
    rows = cursor.fetchall()
    notes = con.execute("SELECT code FROM note").fetchall()
    con.close()
    assert len(rows) == 1
    return dict(zip(names, rows[0], strict=True)) | {"notes": {code for (code,) in notes}}


def test_a_cpu_without_a_sensor_is_estimated_with_at_least_half_either_way(tmp_path: Path) -> None:
    found = _assessed(tmp_path, "cpu", "AMD EPYC 7742 64-Core Processor", "package", Settings())
    assert found["basis"] == "estimated"
    assert found["energy_j"] > 0
    assert found["high_per_item_j"] / found["energy_per_item_j"] >= 1.5 - 1e-9
    assert found["co2_g_per_item"] > 0
    assert found["water_l_per_item"] > 0
    assert found["ess"] > 0
    assert {"energy_estimated", "impact_region_unknown"} <= found["notes"]


def test_two_readings_replace_the_data_sheet(tmp_path: Path) -> None:
    settings = Settings(region="FRA", pue=1.0, cpu_idle_w=100.0, cpu_full_w=300.0)
    found = _assessed(tmp_path, "cpu", "AMD EPYC 7742 64-Core Processor", "package", settings)
    watt = found["energy_j"] / 20
    assert (
        180 < watt < 240
    )  # half load of a machine that idles at a third: SPECpower's shape is at 0.45 to 0.65
    assert found["high_per_item_j"] / found["energy_per_item_j"] < 1.35


def test_a_gpu_without_a_power_sensor_follows_the_fitted_law(tmp_path: Path) -> None:
    found = _assessed(tmp_path, "consumer_gpu", "NVIDIA GeForce RTX 4060", "board", Settings(region="FRA"))
    assert found["basis"] == "estimated"
    assert 30 < found["energy_j"] / 20 < 115


def test_energies_are_kept_until_a_raw_row_or_a_setting_of_theirs_changes(tmp_path: Path) -> None:
    def energies(settings: Settings) -> list[Any]:
        refresh(con, settings, curve_for(settings, con))
        return con.execute("SELECT energy_j FROM phase_energy WHERE chosen ORDER BY ALL").fetchall()

    _trace(tmp_path / "a.duckdb", "cpu", "AMD EPYC 7742 64-Core Processor", "package")
    con: duckdb.DuckDBPyConnection = open_database(":memory:")
    combine(con, [tmp_path / "a.duckdb"])
    made = energies(Settings())
    con.execute("UPDATE phase_energy SET energy_j = 1.0")  # what only a rebuild puts right
    assert energies(Settings()) == energies(Settings(region="FRA")) == [(1.0,)] * len(made)
    other = energies(Settings(cpu_idle_w=10.0, cpu_full_w=20.0))
    assert other not in (made, [(1.0,)] * len(made))
    con.execute("UPDATE phase_energy SET energy_j = 1.0")
    con.execute("UPDATE sample SET util_ratio = 1.0")
    assert all(energy > 1.0 for (energy,) in energies(Settings(cpu_idle_w=10.0, cpu_full_w=20.0)))
    con.close()
