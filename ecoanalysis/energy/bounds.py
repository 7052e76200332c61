"""What a sensor's reading may be wrong by."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import hypot


@dataclass(frozen=True, slots=True)
class SensorBound:
    """A sensor's update period [s] and the systematic error of what it reads, as a ratio (0.05 = ±5 %)."""

    update_period_s: float
    gain_error_ratio: float


def sensor_bound(
    sensor: str,
    *,
    update_period_s: float | None = None,
    averaging_window_s: float | None = None,
    gain_error_ratio: float | None = None,
) -> SensorBound:
    """Return the bound of a sensor: what its device states, else the table's row for it, else the row `other`.

    A sensor that averages over less than its update period sees the signal part of the time only (A100, H100:
    25 of 100 ms): that error is added in quadrature. Table: `tables/sensor_bounds.csv`.
    """
    row = _row(sensor)
    period_s = update_period_s if update_period_s is not None else float(row["update_period_s"])
    gain = gain_error_ratio if gain_error_ratio is not None else float(row["gain_error_ratio"])
    if averaging_window_s is not None and averaging_window_s < 0.9 * period_s:
        gain = hypot(gain, float(row["part_time_error_ratio"]))
    return SensorBound(period_s, gain)


def _row(sensor: str) -> dict[str, str]:
    """Return the row whose name the sensor's name begins with, or contains."""
    table, name = _table(), sensor.lower()
    found = next((key for key in table if name.startswith(key)), None)
    return table[found or next((key for key in table if key in name), "other")]


@cache
def _table() -> dict[str, dict[str, str]]:
    text = (files("ecoanalysis.energy") / "tables" / "sensor_bounds.csv").read_text()
    return {row["sensor"]: row for row in csv.DictReader(text.splitlines())}
