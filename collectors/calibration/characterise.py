"""From what was watched to what is known of each sensor, and of the CPU's power."""

from dataclasses import replace

from collectors.calibration.book import CpuLine, LoadTimes, SensorFacts
from collectors.calibration.signal import (
    Estimate,
    Series,
    averaging_window,
    counter_gain,
    level,
    power_line,
    update_period,
)
from collectors.calibration.watch import Log, Watched

_SETTLE = 0.4  # of a span is left out at its start: readings of the mean of a second still rise there
_DEFAULT_UPDATE_S = 0.1


def characterise(watched: Watched) -> tuple[SensorFacts, ...]:
    """Return what the readings tell of each metered sensor."""
    return tuple(
        _facts(log, watched)
        for log in watched.logs
        if log.sensor.device.energy_source != "none" and not log.gone
    )


def cpu_line(watched: Watched) -> CpuLine | None:
    """Return the CPU's power over its utilisation through rest and full load.

    The reference is the best that there is: RAPL's package, else a wall meter, else a discharging battery; the
    last two see the whole machine, which the line's boundary says. None without a reference or without a CPU.
    """
    busy = cpu_busy(watched)
    if busy is None:
        return None
    rest, full = busy
    for boundary in ("package", "wall", "platform"):
        meters = [log for log in watched.logs if _is_reference(log, boundary)]
        powers = [(_power(log, watched.loaded), _power(log, watched.full)) for log in meters]
        pairs = [(low.value, high.value) for low, high in powers if low and high]
        if pairs:
            line = power_line(rest, sum(low for low, _ in pairs), full, sum(high for _, high in pairs))
            source = meters[0].sensor.device.sensor
            return CpuLine(line.idle_w, line.full_w, boundary, source) if line else None
    return None


def cpu_busy(watched: Watched) -> tuple[float, float] | None:
    """Return how busy the CPUs were at rest and under full load (0..1); None without a CPU."""
    # RAPL's parts of a package are CPUs too, and show no utilisation.
    cpus = [log for log in watched.logs if log.sensor.device.kind == "cpu"]
    utils = [
        (_mean(log, "util_ratio", watched.loaded), _mean(log, "util_ratio", watched.full)) for log in cpus
    ]
    known = [(rest, full) for rest, full in utils if rest is not None and full is not None]
    if not known:
        return None
    rest = sum(each for each, _ in known) / len(known)
    full = sum(each for _, each in known) / len(known)
    return rest, full


def load_times(watched: Watched, offset_ns: int) -> LoadTimes | None:
    """Return when the CPU had settled at rest and under full load; `offset_ns` is UTC minus the clock of `watched`."""
    busy = cpu_busy(watched)
    if busy is None:
        return None
    spans = [_settled(span) for span in (watched.loaded, watched.full)]
    rest, full = [
        (round(start_s * 1e9) + offset_ns, round(end_s * 1e9) + offset_ns) for start_s, end_s in spans
    ]
    return LoadTimes(rest, full, *busy)


def _settled(span: tuple[float, float]) -> tuple[float, float]:
    return span[0] + _SETTLE * (span[1] - span[0]), span[1]


def _is_reference(log: Log, boundary: str) -> bool:
    device = log.sensor.device
    top = device.parent_id is None and device.energy_source != "none"
    return top and device.boundary == boundary and (boundary != "package" or device.kind == "cpu")


def _facts(log: Log, watched: Watched) -> SensorFacts:
    device = log.sensor.device
    column = "power_w" if log.series("power_w").values else "power_avg_w"
    power = log.series(column, *watched.full)
    counter = log.series("energy_j", *watched.full)
    period = update_period(power) or update_period(counter) or update_period(log.burst)
    update_s = period.value if period else device.update_period_s or _DEFAULT_UPDATE_S
    fresh = log.series(column, *watched.waves).changes()
    delays_s = tuple(update_s * part for part in (0.0, 0.25, 0.5, 1.0))
    window = averaging_window(fresh, watched.edges_s, delays_s) if fresh.values else None
    gain = counter_gain(counter, power, update_s)
    facts = SensorFacts(
        uid=device.vendor_uid or device.name,
        name=device.name,
        sensor=device.sensor,
        driver=device.driver,
        update_period_s=_value(period),
        update_error_s=period.error if period else None,
        averaging_window_s=_value(window),
        counter_gain_ratio=_value(gain),
        counter_gain_error_ratio=gain.error if gain else None,
        read_us=1e6 * log.read_s if log.read_s else None,
    )
    return replace(
        facts,
        bare_w=_value(_power(log, watched.bare)),
        context_w=_value(_power(log, watched.context)),
        loaded_w=_value(_power(log, watched.loaded)),
        full_w=_value(_power(log, watched.full)),
    )


def _power(log: Log, span: tuple[float, float]) -> Estimate | None:
    """Return the power on a plateau: of the readings, else of the counter's rise."""
    start_s, end_s = _settled(span)
    for column in ("power_w", "power_avg_w"):
        series = log.series(column, start_s, end_s)
        if series.values:
            return level(series)
    counter = log.series("energy_j", start_s, end_s).changes()
    if len(counter.t_s) < 2 or counter.values[-1] <= counter.values[0]:
        return None
    seconds = counter.t_s[-1] - counter.t_s[0]
    return Estimate((counter.values[-1] - counter.values[0]) / seconds, 0.0, len(counter.t_s))


def _mean(log: Log, column: str, span: tuple[float, float]) -> float | None:
    series: Series = log.series(column, *_settled(span))
    return sum(series.values) / len(series.values) if series.values else None


def _value(estimate: Estimate | None) -> float | None:
    return estimate.value if estimate else None
