"""Power curves of CPUs that `eco-collect calibrate` measured at rest and under full load."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ecoanalysis.energy.estimate import PowerCurve
from ecoanalysis.identity.key import device_key
from ecoanalysis.models.power_cpu import calibrated_curve

if TYPE_CHECKING:
    import duckdb

# A device's `extra` carries its machine's line; of several calibrations the newest holds.
_LINES = """
SELECT name, coalesce(cores_count, cpu_count), json_extract_string(extra, '$.cpu_line')
FROM device LEFT JOIN recording ON recording.id = recording_id
WHERE kind = 'cpu' AND extra IS NOT NULL AND json_extract_string(extra, '$.cpu_line') IS NOT NULL
ORDER BY started_utc_ns NULLS FIRST
"""


def calibrated_curves(con: "duckdb.DuckDBPyConnection") -> dict[tuple[str, int | None], PowerCurve]:
    """Return the curve of each calibrated CPU, by the key of its name and its number of logical processors.

    A line taken at the wall or from a battery contains the rest of the machine: the curve's note says so.
    """
    found = {}
    for name, threads_count, text in con.execute(_LINES).fetchall():
        line = json.loads(text)
        curve = calibrated_curve(line["idle_w"], line["full_w"])
        inside = "" if line["boundary"] == "package" else "; they contain the rest of the machine"
        note = f"calibrated on this machine ({line['boundary']}, {line['reference']}): {curve.note}{inside}"
        found[device_key(name), threads_count] = replace(curve, note=note)
    return found
