"""The CPU's power line from a wall meter's log that was exported after the load had run."""

import re
from datetime import UTC, datetime
from pathlib import Path

from collectors.calibration.book import CpuLine, LoadTimes
from collectors.calibration.signal import Series, power_line
from collectors.sensors.wall import power_in_line
from collectors.trace.errors import EcoError

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ,;\t]+(\d\d:\d\d:\d\d(?:[.,]\d+)?)\s*(Z|[+-]\d\d:?\d\d)?")
_EPOCH = re.compile(r"\s*\"?(\d{10})(\d{3})?(\d{3})?(\d{3})?(\.\d+)?\b")
_FEWEST = 2  # readings on each plateau


def read_log(path: Path) -> Series:
    """Return the readings of a log: UTC [s] and power [W], in the order of time.

    A line counts that begins with a time (ISO 8601, in local time where it names no zone; or seconds, milli-, micro- or
    nanoseconds since 1970) and has a power after it. Raises `EcoError` where no line does.
    """
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError as error:
        raise EcoError(f"{path}: {error.strerror}", "check the path") from error
    found = sorted(reading for line in lines if (reading := _reading(line)) is not None)
    if not found:
        raise EcoError(
            f"{path} has no line with a time and a power", "export it as CSV, as in 2026-11-27T17:35:00Z,84.2"
        )
    return Series(tuple(t_s for t_s, _ in found), tuple(watts for _, watts in found))


def line_from_log(times: LoadTimes, log: Series) -> CpuLine:
    """Return the line through rest and full load as the meter saw them. Raises `EcoError` where it cannot tell."""
    levels = []
    for name, (start_ns, end_ns) in (("rest", times.rest_utc_ns), ("full load", times.full_utc_ns)):
        inside = log.between(start_ns / 1e9, end_ns / 1e9)
        if len(inside.values) < _FEWEST:
            when = f"{_clock(start_ns)} and {_clock(end_ns)} UTC"
            hint = "a log of the time when eco-collect calibrate ran, at least a reading every 2 s; check its time zone"
            raise EcoError(f"the log has {len(inside.values)} readings at {name}, between {when}", hint)
        levels.append(sum(inside.values) / len(inside.values))
    line = power_line(times.rest_ratio, levels[0], times.full_ratio, levels[1])
    if line is None:
        text = f"{levels[0]:.1f} W at rest ({times.rest_ratio:.0%} busy), {levels[1]:.1f} W at full load"
        raise EcoError(
            f"no line goes through {text}", "leave the machine alone while eco-collect calibrate runs"
        )
    return CpuLine(line.idle_w, line.full_w, "wall", "log")


def _reading(line: str) -> tuple[float, float] | None:
    if iso := _ISO.search(line):
        zone = (iso[3] or "").replace("Z", "+00:00")
        try:
            moment = datetime.fromisoformat(f"{iso[1]}T{iso[2].replace(',', '.')}{zone}")
        except ValueError:  # the shape of a time, and none that there is
            return None
        t_s, rest = moment.timestamp(), line[iso.end() :]
    elif epoch := _EPOCH.match(line):
        digits = "".join(part or "" for part in epoch.groups()[:4])
        t_s, rest = float(f"{digits[:10]}.{digits[10:] or (epoch[5] or '.0')[1:]}"), line[epoch.end() :]
    else:
        return None
    watts = power_in_line(rest)
    return None if watts is None or watts < 0 else (t_s, watts)


def _clock(utc_ns: int) -> str:
    return datetime.fromtimestamp(utc_ns / 1e9, UTC).strftime("%H:%M:%S")
