"""Energies of published wall-power windows, through import and integration."""

import csv
import lzma
from pathlib import Path

import polars as pl

from ecoanalysis.energy.measurement import build
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest
from ecoanalysis.store.queries import measurements, runs


def test_window_energies_of_all_468_mlperf_v1_runs_are_the_published_ones(shared_data: Path) -> None:
    folder = shared_data / "mlperf_power_v1.0_wall_traces"
    with lzma.open(folder / "runs.csv.xz", "rt") as file:
        published = {row["run_id"]: float(row["window_energy_j"]) for row in csv.DictReader(file)}
    con = open_database(":memory:")
    ingest(con, read(folder / "runs.csv.xz", Options()))
    build(con)
    names = runs(con).select(run_id="id", name=pl.col("extra").str.json_path_match("$.published_run"))
    found = dict(measurements(con).join(names, on="run_id").select("name", "energy_j").iter_rows())
    assert found.keys() == published.keys()
    off = {name: found[name] / published[name] - 1 for name in published}
    assert not {name: error for name, error in off.items() if abs(error) > 3e-4}
