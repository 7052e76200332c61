"""The readings of sensors while a load goes through its program: rest, step, square waves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from collectors.calibration.load import Load
from collectors.calibration.signal import Series
from collectors.sensors.sensor import Reading, Sensor

_MOST_READS = 20_000
_UPDATES_A_PLATEAU = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to look at what, and how often to poll [s]; the defaults take about 28 s.

    The waves' periods share no factor with each other or with 100 ms, so that edges fall anywhere in an update.
    """

    bare_s: float = 3.0
    context_s: float = 2.5
    loaded_s: float = 2.5
    full_s: float = 8.0
    waves: tuple[tuple[float, int], ...] = ((0.13, 12), (0.37, 8), (1.1, 5))
    poll_s: float = 0.002
    burst_s: float = 0.05

    @property
    def seconds(self) -> float:
        """The whole duration [s]."""
        plateaus_s = self.bare_s + self.context_s + self.loaded_s + self.full_s
        return plateaus_s + sum(period * count for period, count in self.waves)

    def suited(self, sensors: tuple[Sensor, ...]) -> "Plan":
        """Return the plan with plateaus long enough for the slowest sensor: ten of its updates each."""
        slowest_s = max(
            (2 * each.fastest_s for each in sensors if each.device.energy_source != "none"), default=0.0
        )
        least_s = _UPDATES_A_PLATEAU * slowest_s
        names = ("bare_s", "context_s", "loaded_s", "full_s")
        return replace(self, **{name: max(getattr(self, name), least_s) for name in names})


# Where only the CPU's utilisation can be read: rest and load, long enough for a meter that writes every second or two.
FOR_A_LOG = Plan(bare_s=0.5, context_s=0.5, loaded_s=12.0, full_s=15.0, waves=(), poll_s=0.05)


@dataclass(slots=True)
class Log:
    """What one sensor showed, and when."""

    sensor: Sensor
    t_s: list[float] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    burst: Series = field(default_factory=lambda: Series((), ()))
    read_s: float | None = None  # the median time that a read takes
    gone: bool = False

    def series(self, column: str, start_s: float = 0.0, end_s: float = float("inf")) -> Series:
        """Return one column's readings that are there, within a span."""
        pairs = [
            (t, value)
            for t, reading in zip(self.t_s, self.readings, strict=True)
            if start_s <= t <= end_s and (value := getattr(reading, column)) is not None
        ]
        return Series(tuple(t for t, _ in pairs), tuple(value for _, value in pairs))


@dataclass(frozen=True, slots=True)
class Watched:
    """The logs, and when what happened: spans (start, end) and the load's edges [s]."""

    logs: tuple[Log, ...]
    bare: tuple[float, float]
    context: tuple[float, float]
    loaded: tuple[float, float]
    full: tuple[float, float]
    waves: tuple[float, float]
    edges_s: tuple[float, ...]


def watch(
    sensors: tuple[Sensor, ...],
    load: Load,
    plan: Plan,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Watched:
    """Read every sensor through the program; `clock` counts seconds. The load is ended whatever happens."""
    logs = tuple(Log(sensor) for sensor in sensors)

    def look(seconds: float) -> tuple[float, float]:
        start_s = clock()
        while clock() - start_s < seconds:
            for log in logs:
                _read(log, clock)
            sleep(plan.poll_s)
        return start_s, clock()

    try:
        bare = look(plan.bare_s)
        load.start()
        context = look(plan.context_s)
        load.fill()
        loaded = look(plan.loaded_s)
        load.on()
        full = look(plan.full_s)
        for log in logs:
            _burst(log, clock, plan.burst_s)
        load.off()
        waves_start_s = clock()
        edges_s = tuple(
            edge_s for period_s, count in plan.waves for edge_s in _waves(period_s, count, load, clock, look)
        )
    finally:
        load.close()
    return Watched(logs, bare, context, loaded, full, (waves_start_s, clock()), tuple(edges_s))


def _waves(
    period_s: float, count: int, load: Load, clock: Callable[[], float], look: Callable[[float], object]
) -> Iterator[float]:
    """Switch the load on and off `count` times, looking meanwhile, and yield when each edge was [s]."""
    for _ in range(count):
        for switch in (load.on, load.off):
            switch()
            yield clock()
            look(period_s / 2)


def _read(log: Log, clock: Callable[[], float]) -> None:
    if log.gone:
        return
    try:
        reading = log.sensor.read_fast()
    except OSError:
        log.gone = True
        return
    log.t_s.append(clock())
    log.readings.append(reading)


def _burst(log: Log, clock: Callable[[], float], seconds: float) -> None:
    """Read as fast as it goes: RAPL's counter refreshes every millisecond. Notes what a read takes."""
    if log.gone or log.sensor.device.energy_source == "none":
        return
    pairs, times, start_s = [], [clock()], clock()
    while times[-1] - start_s < seconds and len(times) < _MOST_READS:
        energy_j = log.sensor.read_fast().energy_j
        times.append(clock())
        if energy_j is not None:
            pairs.append((times[-1], energy_j))
    log.read_s = median(later - earlier for earlier, later in pairwise(times))
    log.burst = Series(tuple(t for t, _ in pairs), tuple(energy_j for _, energy_j in pairs))
