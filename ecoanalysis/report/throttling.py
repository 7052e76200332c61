"""When the driver held a device's clock down, as stretches of time."""

from typing import TYPE_CHECKING

from ecoanalysis.energy.heat_meter import POWER_BITS, THERMAL_BITS

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
        rows = con.execute(
            f"""SELECT (before - {start_ns})::DOUBLE / 1e9, (t_ns - {start_ns})::DOUBLE / 1e9 FROM (
                SELECT t_ns, lag(t_ns) OVER w AS before, {counter} - lag({counter}) OVER w AS grown, throttle_bits
                FROM sample WHERE run_id = ? AND device_id = ? WINDOW w AS (ORDER BY t_ns))
            WHERE before IS NOT NULL AND (grown > 0 OR (grown IS NULL AND (throttle_bits & {mask}) != 0))
            ORDER BY 1""",
            [run_id, device_id],
        ).fetchall()
        found += [(begin, end, cause) for begin, end in merged(rows)]
    return tuple(sorted(found))


def merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return sorted spans joined where they touch; where many are left, those that a drawing cannot part as well."""
    if not spans:
        return []
    gap = 1e-4
    while True:
        joined = [list(spans[0])]
        for begin, end in spans[1:]:
            if begin - joined[-1][1] <= gap:
                joined[-1][1] = max(end, joined[-1][1])
            else:
                joined.append([begin, end])
        if len(joined) <= _SHOWN:
            return [(round(begin, 4), round(end, 4)) for begin, end in joined]
        gap *= 4
