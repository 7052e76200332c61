"""The table `measurement`: an energy per item for every run and imported result."""

from collections.abc import Iterable
from dataclasses import asdict

import duckdb
import polars as pl

from collectors.trace.records import Note
from ecoanalysis.energy.bounds import sensor_bound
from ecoanalysis.energy.doubts import PREFIX
from ecoanalysis.energy.estimate import specification_curve
from ecoanalysis.energy.from_results import RESULTS_SQL
from ecoanalysis.energy.from_runs import RUNS_SQL
from ecoanalysis.energy.heat import confounded_notes, heat_rows
from ecoanalysis.energy.ladder import choose, net_of_idle
from ecoanalysis.energy.phase_energy import CurveOf, integrate_all
from ecoanalysis.energy.unmetered import unmetered_notes
from ecoanalysis.identity.devices import find_device
from ecoanalysis.store.frame import frame, insert
from ecoanalysis.store.transaction import transaction

_NOTE_SCHEMA = {
    "code": pl.String,
    "text": pl.String,
    "severity": pl.String,
    "hint": pl.String,
    "recording_id": pl.Int64,
    "run_id": pl.Int64,
    "result_id": pl.Int64,
    "source_id": pl.Int64,
    "device_id": pl.Int64,
    "t_ns": pl.Int64,
}
# The sensor that stands behind an imported result of that boundary, for its interval where it states none.
_SENSOR_AT = {
    "board": "nvml",
    "module": "nvml",
    "package": "rapl",
    "dram": "rapl",
    "platform": "rapl",
    "node": "other",
    "wall": "wall",
}
_UNKNOWN_RATIO = 0.5  # of a boundary that is none of these


def assumed_gain_ratio(boundary: str, basis: str | None) -> float:
    """Return by how much an energy that states no interval may be off, as a ratio: its sensor's gain, or a half."""
    if boundary not in _SENSOR_AT:
        return _UNKNOWN_RATIO
    sensor = _SENSOR_AT[boundary] if basis in ("measured", "derived") else "estimate"
    return sensor_bound(sensor).gain_error_ratio


def build(con: duckdb.DuckDBPyConnection, curve_of: CurveOf = specification_curve) -> None:
    """Rebuild `phase_energy`, `heat` and `measurement` from the raw tables, with the notes of the analysis.

    `curve_of` gives the power curve of a device that has no energy sensor: by default what its data sheet
    lets one expect; a caller that has fitted curves passes them in. Deterministic: the same raw tables give the
    same rows and ids.
    """
    rows, notes = integrate_all(con, curve_of)
    recording_of = frame(con, "SELECT id AS run_id, recording_id FROM run")
    phase_energy = net_of_idle(choose(rows), recording_of)
    with transaction(con):
        con.execute("DELETE FROM phase_energy")
        insert(con, "phase_energy", phase_energy)
        con.execute(f"DELETE FROM note WHERE starts_with(code, '{PREFIX}')")
        con.execute("DELETE FROM heat")
        insert(con, "heat", heat_rows(con))
        add_notes(con, [*notes, *unmetered_notes(con, curve_of), *confounded_notes(con)])
        _fill_measurement(con)


def add_notes(con: duckdb.DuckDBPyConnection, notes: Iterable[Note]) -> None:
    """Append notes to the database."""
    insert(con, "note", pl.DataFrame([asdict(note) for note in notes], _NOTE_SCHEMA))


def _fill_measurement(con: duckdb.DuckDBPyConnection) -> None:
    """Empty and fill `measurement`: own phases per boundary, then imported results."""
    con.execute("DELETE FROM measurement")
    _name_devices(con)
    con.execute("CREATE OR REPLACE TEMP TABLE assumed_gain (boundary VARCHAR, basis VARCHAR, ratio DOUBLE)")
    for boundary in _SENSOR_AT:
        for basis in ("measured", "derived", "estimated", "assumed"):
            ratio = assumed_gain_ratio(boundary, basis)
            con.execute("INSERT INTO assumed_gain VALUES (?, ?, ?)", [boundary, basis, ratio])
    con.execute(f"INSERT INTO measurement BY NAME {RUNS_SQL}")
    con.execute(f"INSERT INTO measurement BY NAME {RESULTS_SQL}")
    con.execute("DROP TABLE assumed_gain; DROP TABLE device_name")


def _name_devices(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table of devices' names as the identity tables have them, else as recorded."""
    names = frame(con, "SELECT DISTINCT name AS recorded FROM device ORDER BY name")
    known = [spec.name if (spec := find_device(name)) else name for name in names["recorded"]]
    con.execute("CREATE OR REPLACE TEMP TABLE device_name (recorded VARCHAR, name VARCHAR)")
    insert(con, "device_name", names.with_columns(name=pl.Series(known, dtype=pl.String)))
