"""When the driver held a device's clock down, as stretches of time."""

from typing import TYPE_CHECKING

import numpy as np

from ecoanalysis.energy.heat_meter import POWER_BITS, THERMAL_BITS
from ecoanalysis.energy.integral import Floats

if TYPE_CHECKING:
    import duckdb

Stretch = tuple[float, float, str]  # start [s], end [s], cause: heat or power

_SHOWN = 400  # of one device and cause; closer ones are drawn as one where there are more
_CAUSES = (("heat", "throttle_thermal_ns", THERMAL_BITS), ("power", "throttle_power_ns", POWER_BITS))


def throttled(
    con: "duckdb.DuckDBPyConnection", run_id: int, device_id: int, start_ns: int
) -> tuple[Stretch, ...]:
    """Return the stretches of a run in which a device was throttled, sorted; times are seconds after `start_ns`.

    A stretch runs from the sample before the driver's counter of throttled time grew, or before a reason was set, to
    the one that shows it: between two samples nobody looked. Empty where the device tells neither, or never throttled.
    """
    found: list[Stretch] = []
    for cause, counter, mask in _CAUSES:
        if not _ever(con, f"{counter} > 0 OR (throttle_bits & {mask}) != 0", run_id, device_id):
            continue  # most runs: no need to look at each pair of samples
        spans = con.execute(
            f"""SELECT (before - {start_ns})::DOUBLE / 1e9 AS begin_s, (t_ns - {start_ns})::DOUBLE / 1e9 AS end_s FROM (
                SELECT t_ns, lag(t_ns) OVER w AS before, {counter} - lag({counter}) OVER w AS grown, throttle_bits
                FROM sample WHERE run_id = ? AND device_id = ? WINDOW w AS (ORDER BY t_ns))
            WHERE before IS NOT NULL AND (grown > 0 OR (grown IS NULL AND (throttle_bits & {mask}) != 0))
            ORDER BY 1""",
            [run_id, device_id],
        ).fetchnumpy()
        found += [(begin, end, cause) for begin, end in merged(*map(np.asarray, spans.values()))]
    return tuple(sorted(found))


def _ever(con: "duckdb.DuckDBPyConnection", condition: str, run_id: int, device_id: int) -> bool:
    """Return whether a condition holds for any sample of a device in a run."""
    sql = f"SELECT 1 FROM sample WHERE run_id = ? AND device_id = ? AND ({condition}) LIMIT 1"
    return bool(con.execute(sql, [run_id, device_id]).fetchall())


def merged(begin_s: Floats, end_s: Floats) -> list[tuple[float, float]]:
    """Return ascending spans joined where they touch; where many are left, those that a drawing cannot part as well."""
    if not begin_s.size:
        return []
    wait_s = begin_s[1:] - np.maximum.accumulate(end_s)[:-1]
    gap_s = 1e-4
    while (parted := np.flatnonzero(wait_s > gap_s)).size >= _SHOWN:
        gap_s *= 4
    first, last = np.append(0, parted + 1), np.append(parted, begin_s.size - 1)
    ends_s = np.maximum.accumulate(end_s)[last]
    return [(round(float(a), 4), round(float(b), 4)) for a, b in zip(begin_s[first], ends_s, strict=True)]
