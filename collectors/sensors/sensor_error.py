"""How far a sensor may be off, and how often it refreshes: what others measured, from tables with sources."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLES = Path(__file__).parent / "tables"
_LEAST = 0.05  # a board of the same name is not the same board


@dataclass(frozen=True, slots=True)
class Refresh:
    """The refresh of one query on one architecture; None is "not known"."""

    update_period_s: float | None
    averaging_window_s: float | None
    coverage_ratio: float | None
    source: str


def gain_error(sensor: str, variant: str = "") -> tuple[float | None, str | None]:
    """Return the limit of a sensor's systematic error (0.05 = ±5 %) and where it comes from."""
    rows = {(row["sensor"], row["variant"]): row for row in _table("sensor_error.csv")}
    row = rows.get((sensor, variant)) or rows.get((sensor, ""))
    if row is None:
        return None, None
    return float(row["gain_error_ratio"]), f"{row['basis']}: {row['source']}"


def nvml_gain_error(name: str) -> tuple[float | None, str | None]:
    """Return the same for an NVIDIA board: |mean| + 2 sd of a board of that name, at least 5 %."""
    plain = name.removeprefix("NVIDIA ")
    for row in _table("nvml_board_error.csv"):
        if row["board"] == plain:
            limit = abs(float(row["error_ratio"])) + 2 * float(row["error_sd_ratio"] or 0.0)
            return max(_LEAST, round(limit, 4)), f"{row['basis']}: {row['source']}"
    return gain_error("nvml")


def nvml_refresh(architecture: str | None, query: str) -> Refresh | None:
    """Return the refresh of `query` (instant, average); None where nobody measured it: calibrate."""
    for row in _table("nvml_power.csv"):
        if row["architecture"] == architecture and row["query"] == query:
            return Refresh(
                _number(row["update_period_s"]),
                _number(row["averaging_window_s"]),
                _number(row["coverage_ratio"]),
                f"{row['basis']}: {row['source']}",
            )
    return None


@cache
def _table(name: str) -> tuple[dict[str, str], ...]:
    with (_TABLES / name).open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def _number(text: str) -> float | None:
    return float(text) if text else None
