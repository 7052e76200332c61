"""A calibration that `eco-collect calibrate` wrote reaches the estimate of a CPU without a sensor."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecoanalysis.energy.estimate import Host
from ecoanalysis.models.power_curve import curve_for
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database


def test_a_calibrated_cpu_follows_its_two_points_and_another_does_not(tmp_path: Path) -> None:
    con = open_database(tmp_path / "eco.duckdb")
    line = {"idle_w": 21.0, "full_w": 85.0, "boundary": "wall", "reference": "typed"}
    con.execute(
        """INSERT INTO device (id, kind, name, boundary, sensor, energy_source, cores_count, extra)
        VALUES (1, 'cpu', 'Fine CPU @ 2.00GHz', 'package', 'procfs', 'none', 8, ?)""",
        [json.dumps({"cpus": 8, "cpu_line": line})],
    )
    curve_of = curve_for(Settings(), con)
    curve = curve_of(Host("cpu", "Fine CPU @ 2.00GHz", None, 8, "kvm", None, None))
    assert curve is not None
    assert np.interp([0.0, 1.0], curve.util_ratio, curve.power_w) == pytest.approx([21.0, 85.0], rel=0.01)
    assert "rest of the machine" in curve.note
    other = curve_of(Host("cpu", "Fine CPU @ 2.00GHz", None, 16, "kvm", None, None))
    assert other is None or "calibrated" not in other.note
    con.close()
