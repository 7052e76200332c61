"""One NVIDIA GPU: energy counter, power, utilisation, memory, clocks, temperatures, fan, throttling."""

from dataclasses import dataclass, field
from types import ModuleType

from collectors.sensors.edge import Edge
from collectors.sensors.nvml_calls import FieldValue, NvmlCalls
from collectors.sensors.sensor import Reading
from collectors.trace.records import Device, Note

_UNKNOWN_S = 0.1  # what most architectures refresh at
_SLOW_FIELDS = (
    "MEMORY_TEMP",
    "CLOCKS_EVENT_REASON_SW_POWER_CAP",
    "CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN",
    "CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN",
    "CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN",
    "PERF_POLICY_THERMAL",
)
_STRANGE_NS = 60_000_000_000  # a time stamp further off than this is not of our clock


@dataclass(frozen=True, slots=True)
class Queries:
    """What this GPU answers: (field id, scope) for the batch, else the plain call's name."""

    energy: tuple[int, int] | None = None
    instant: tuple[int, int] | None = None
    average: tuple[int, int] | None = None
    plain_energy: bool = False
    plain_power: bool = False
    plain_is_mean: bool = False

    @property
    def batch(self) -> tuple[tuple[int, int], ...]:
        """The fields to ask for in one call."""
        return tuple(each for each in (self.energy, self.instant, self.average) if each is not None)


@dataclass(slots=True)
class NvmlGpu:
    """A board, read through `calls`."""

    device: Device
    calls: NvmlCalls
    nvml: ModuleType
    queries: Queries
    edge: Edge
    notes: tuple[Note, ...] = ()
    slowest_s: float | None = None
    _held: tuple[float | None, ...] = ()
    _held_t_ns: int = 0
    _slow: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        self._slow = tuple((getattr(self.nvml, f"NVML_FI_DEV_{name}", 0), 0) for name in _SLOW_FIELDS)

    @property
    def fastest_s(self) -> float:
        """Half the sensor's update period."""
        return 0.5 * (self.device.update_period_s or _UNKNOWN_S)

    def read_fast(self) -> Reading:
        """Read counter and power in one batched call, then the utilisation.

        `sensor_t_ns` is when the driver says the values are from, on our clock; values that repeat within the
        update period keep the time of the first, since the sensor had no news.
        """
        energy, instant, average = self._batch()
        energy_j = _scaled(energy, 1e-3)
        power_w, power_avg_w = _scaled(instant, 1e-3), _scaled(average, 1e-3)
        if self.queries.plain_energy:
            energy_j = _positive(self.calls.ask("nvmlDeviceGetTotalEnergyConsumption"), 1e-3)
        if self.queries.plain_power:
            plain_w = _positive(self.calls.ask("nvmlDeviceGetPowerUsage"), 1e-3)
            power_w, power_avg_w = (None, plain_w) if self.queries.plain_is_mean else (plain_w, None)
        rates = self.calls.ask("nvmlDeviceGetUtilizationRates")
        return Reading(
            sensor_t_ns=self._time((energy_j, power_w, power_avg_w), energy or instant or average),
            power_w=power_w,
            power_avg_w=power_avg_w,
            energy_j=energy_j,
            util_ratio=rates.gpu / 100 if rates else None,
            mem_util_ratio=rates.memory / 100 if rates else None,
        )

    def read_slow(self) -> Reading:
        """Read memory, clocks, temperatures, fan, and throttling: reasons now, and time spent by cause."""
        ask, nvml = self.calls.ask, self.nvml
        mem_c, cap_ns, brake_ns, sw_ns, hw_ns, old_ns = self.calls.fields(self._slow)
        memory = ask("nvmlDeviceGetMemoryInfo")
        fan = ask("nvmlDeviceGetFanSpeed")
        return Reading(
            memory_bytes=int(memory.used) if memory else None,
            clock_hz=_positive(ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM), 1e6),
            mem_clock_hz=_positive(ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM), 1e6),
            temperature_c=self._temperature(),
            mem_temperature_c=_scaled(mem_c, 1.0),
            fan_ratio=fan / 100 if fan is not None else None,
            throttle_bits=self._reasons(),
            throttle_power_ns=_sum(cap_ns, brake_ns),
            throttle_thermal_ns=_sum(sw_ns, hw_ns) if sw_ns or hw_ns else _sum(old_ns),
        )

    def processes(self) -> tuple[tuple[int, int | None], ...]:
        """Return (pid, bytes) of the compute processes on the GPU now, whosever they are."""
        running = self.calls.ask("nvmlDeviceGetComputeRunningProcesses") or ()
        return tuple(
            (int(each.pid), int(each.usedGpuMemory) if each.usedGpuMemory else None) for each in running
        )

    def read_processes(self, pids: frozenset[int], since_us: int) -> Reading:
        """Read what processes use of the GPU: their memory, and their share of its busy time since a time [µs].

        Costs some 5 ms; ask at most every 10 s.
        """
        own = [
            each for each in self.calls.ask("nvmlDeviceGetComputeRunningProcesses") or () if each.pid in pids
        ]
        memory = [int(each.usedGpuMemory) for each in own if each.usedGpuMemory]
        samples = self.calls.ask_since("nvmlDeviceGetProcessUtilization", since_us) or ()
        every = sum(each.smUtil for each in samples)
        share = sum(each.smUtil for each in samples if each.pid in pids) / every if every else None
        return Reading(process_ratio=share, process_memory_bytes=sum(memory) if memory else None)

    def close(self) -> None:
        """Nothing: the library ends with the process."""

    def _batch(self) -> list[FieldValue | None]:
        asked = (self.queries.energy, self.queries.instant, self.queries.average)
        values = iter(self.calls.fields(self.queries.batch))
        found = [next(values) if each is not None else None for each in asked]
        return [
            each if each and each.value > 0 else None for each in found
        ]  # 0 is "not now", never a reading

    def _time(self, values: tuple[float | None, ...], stamp: FieldValue | None) -> int | None:
        if all(value is None for value in values):
            return None
        now_ns = self.edge.monotonic_ns()
        fresh_ns = now_ns
        if stamp is not None and stamp.timestamp_us:
            stamped_ns = stamp.timestamp_us * 1000 - (self.edge.utc_ns() - now_ns)
            fresh_ns = stamped_ns if abs(stamped_ns - now_ns) < _STRANGE_NS else now_ns
        period_ns = (self.device.update_period_s or _UNKNOWN_S) * 1e9
        if values == self._held and fresh_ns - self._held_t_ns < period_ns:
            return self._held_t_ns
        self._held, self._held_t_ns = values, fresh_ns
        return fresh_ns

    def _temperature(self) -> float | None:
        core = self.nvml.NVML_TEMPERATURE_GPU
        value = self.calls.ask("nvmlDeviceGetTemperatureV", core)
        if value is None:
            value = self.calls.ask("nvmlDeviceGetTemperature", core)  # drivers before 13.0
        return None if value is None else float(value)

    def _reasons(self) -> int | None:
        for function in (
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetCurrentClocksThrottleReasons",
        ):
            bits = self.calls.ask(function)
            if bits is not None:
                return int(bits)
        return None


@dataclass(slots=True)
class MigInstance:
    """A slice of a board: its memory; power and utilisation do not exist for slices."""

    device: Device
    calls: NvmlCalls
    notes: tuple[Note, ...] = ()
    slowest_s: float | None = None

    @property
    def fastest_s(self) -> float:
        """Half a second."""
        return 0.5

    def read_fast(self) -> Reading:
        """Nothing that integrates to energy."""
        return Reading()

    def read_slow(self) -> Reading:
        """Read the memory in use."""
        memory = self.calls.ask("nvmlDeviceGetMemoryInfo")
        return Reading(memory_bytes=int(memory.used) if memory else None)

    def close(self) -> None:
        """Nothing to let go of."""


def _scaled(entry: FieldValue | None, unit: float) -> float | None:
    return None if entry is None else entry.value * unit


def _positive(value: float | None, unit: float) -> float | None:
    return value * unit if value else None


def _sum(*entries: FieldValue | None) -> int | None:
    known = [int(entry.value) for entry in entries if entry is not None]
    return sum(known) if known else None
