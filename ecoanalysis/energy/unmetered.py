"""Notes on devices whose energy is estimated, or not known at all."""

import duckdb

from collectors.trace.records import Note
from ecoanalysis.energy.estimate import Host
from ecoanalysis.energy.phase_energy import CurveOf

_CHOSEN = """
    SELECT device_id, kind, name, tdp_w, coalesce(device.cores_count, cpu_count), virtualization, container,
        cpu_quota_ratio, device.memory_bytes, recording_id, bool_or(method IN ('fitted', 'specification')) AS estimated,
        bool_and(method IS NULL) AS unknown, coalesce(bool_and(visible), true) AS visible
    FROM phase_energy JOIN device ON device.id = device_id LEFT JOIN recording ON recording.id = recording_id
    WHERE chosen GROUP BY ALL ORDER BY recording_id, device_id"""


def unmetered_notes(con: duckdb.DuckDBPyConnection, curve_of: CurveOf) -> list[Note]:
    """Return a note per device whose energy is estimated, and per device that has none at all."""
    notes = []
    for row in con.execute(_CHOSEN).fetchall():
        device_id, host, recording_id = row[0], Host(*row[1:9]), row[9]
        estimated, unknown, visible = row[10:]
        if estimated and (curve := curve_of(host)):
            notes.append(
                Note(
                    "energy_estimated",
                    f"no energy sensor: {curve.note}",
                    hint="eco-collect doctor says how to get a measured one",
                    recording_id=recording_id,
                    device_id=device_id,
                )
            )
        if unknown and visible:
            notes.append(
                Note(
                    "energy_unmetered",
                    f"{host.name}: no energy sensor and nothing to estimate from; it is in no total",
                    severity="warning",
                    hint="eco-collect doctor says what can be measured",
                    recording_id=recording_id,
                    device_id=device_id,
                )
            )
    return notes
