"""A fake NVML library: GPUs with a known power, answering as nvidia-ml-py does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml

_FIELD_ENERGY, _FIELD_INSTANT, _FIELD_AVERAGE, _FIELD_MEM_TEMP = 83, 186, 185, 82
_THROTTLE = {74: "power", 271: "brake", 269: "sw_thermal", 270: "hw_thermal"}


@dataclass
class FakeGpu:
    """A GPU that draws `power_w(t)`; `without` names what it does not support.

    without: fields, energy, instant, average, power, util, memory, clock, temperature, temperature_v, mem_temp,
    fan, reasons, throttle, gpu_scope, limit.
    """

    name: str = "NVIDIA H100 80GB HBM3"
    power_w: Callable[[float], float] = lambda t_s: 700.0
    energy_j: Callable[[float], float] | None = None  # the integral of power_w; constant power without it
    brand: int = pynvml.NVML_BRAND_NVIDIA
    architecture: int = pynvml.NVML_DEVICE_ARCH_HOPPER
    capability: tuple[int, int] = (9, 0)
    uuid: str = "GPU-00000000"
    limit_w: float = 700.0
    memory_total: int = 80 << 30
    memory_used: int = 10 << 30
    util: int = 100
    without: frozenset[str] = frozenset()
    update_s: float = 0.1
    instances: tuple[str, ...] = ()  # UUIDs of MIG instances; MIG is on when there are any
    virtual: bool = False
    lost: bool = False
    throttle_ns: dict[str, int] = field(default_factory=dict)
    start_j: float = 1000.0
    energy_offset_j: float = 0.0  # subtract to reset the counter
    running: tuple[tuple[int, int], ...] = ()  # (pid, bytes)


@dataclass
class FakeInstance:
    """A MIG instance."""

    uuid: str
    board: FakeGpu


class FakeNvml:
    """Stands in for the `pynvml` module: constants and errors are the real ones, calls are below.

    `clock` gives seconds; `calls` counts every call by name.
    """

    def __init__(self, gpus: list[FakeGpu], clock: Callable[[], float], fail_init: int | None = None) -> None:
        self.gpus, self.clock, self.fail_init = gpus, clock, fail_init
        self.calls: dict[str, int] = {}
        self.epoch_us = 1_790_000_000_000_000

    def __getattr__(self, name: str) -> Any:
        if name.startswith("nvml") and callable(getattr(pynvml, name, None)):
            raise AttributeError(name)  # a call that the fake does not have, as an old library
        return getattr(pynvml, name)

    def nvmlInit(self) -> None:  # noqa: N802
        if self.fail_init is not None:
            raise pynvml.NVMLError(self.fail_init)

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "570.00"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        if self.gpus[index].lost:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return self.gpus[index]

    def nvmlDeviceGetName(self, gpu: FakeGpu | FakeInstance) -> str:  # noqa: N802
        return gpu.name if isinstance(gpu, FakeGpu) else f"{gpu.board.name} MIG 1g.10gb"

    def nvmlDeviceGetUUID(self, gpu: FakeGpu | FakeInstance) -> str:  # noqa: N802
        return gpu.uuid

    def nvmlDeviceGetBrand(self, gpu: FakeGpu) -> int:  # noqa: N802
        return gpu.brand

    def nvmlDeviceGetArchitecture(self, gpu: FakeGpu) -> int:  # noqa: N802
        return gpu.architecture

    def nvmlDeviceGetCudaComputeCapability(self, gpu: FakeGpu) -> tuple[int, int]:  # noqa: N802
        return gpu.capability

    def nvmlDeviceGetNumGpuCores(self, gpu: FakeGpu) -> int:  # noqa: N802
        return 16896

    def nvmlDeviceGetMigMode(self, gpu: FakeGpu) -> list[int]:  # noqa: N802
        return [int(bool(gpu.instances))] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, gpu: FakeGpu) -> int:  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, gpu: FakeGpu, index: int) -> FakeInstance:  # noqa: N802
        if index >= len(gpu.instances):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return FakeInstance(gpu.instances[index], gpu)

    def nvmlDeviceGetVirtualizationMode(self, gpu: FakeGpu) -> int:  # noqa: N802
        return 2 if gpu.virtual else 0

    def nvmlDeviceGetEnforcedPowerLimit(self, gpu: FakeGpu) -> int:  # noqa: N802
        return int(gpu.limit_w * 1000)

    def nvmlDeviceGetPowerManagementDefaultLimit(self, gpu: FakeGpu) -> int:  # noqa: N802
        return int(gpu.limit_w * 1000)

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeGpu | FakeInstance) -> Any:  # noqa: N802
        if isinstance(gpu, FakeInstance):
            return SimpleNamespace(total=10 << 30, used=1 << 30)
        self._ask(gpu, "memory")
        return SimpleNamespace(total=gpu.memory_total, used=gpu.memory_used)

    def nvmlDeviceGetUtilizationRates(self, gpu: FakeGpu) -> Any:  # noqa: N802
        self._ask(gpu, "util", "mig")
        return SimpleNamespace(gpu=gpu.util, memory=gpu.util // 2)

    def nvmlDeviceGetClockInfo(self, gpu: FakeGpu, kind: int) -> int:  # noqa: N802
        self._ask(gpu, "clock")
        return 1980 if kind == pynvml.NVML_CLOCK_SM else 2619

    def nvmlDeviceGetTemperatureV(self, gpu: FakeGpu, sensor: int) -> int:  # noqa: N802
        self._ask(gpu, "temperature", "temperature_v")
        return 61

    def nvmlDeviceGetTemperature(self, gpu: FakeGpu, sensor: int) -> int:  # noqa: N802
        self._ask(gpu, "temperature")
        return 62

    def nvmlDeviceGetTemperatureThreshold(self, gpu: FakeGpu, threshold: int) -> int:  # noqa: N802
        self._ask(gpu, "limit")
        return {
            pynvml.NVML_TEMPERATURE_THRESHOLD_GPU_MAX: 87,
            pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN: 92,
        }[threshold]

    def nvmlDeviceGetFanSpeed(self, gpu: FakeGpu) -> int:  # noqa: N802
        self._ask(gpu, "fan")
        return 40

    def nvmlDeviceGetCurrentClocksEventReasons(self, gpu: FakeGpu) -> int:  # noqa: N802
        self._ask(gpu, "reasons")
        return 4

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: FakeGpu) -> int:  # noqa: N802
        self._ask(gpu, "energy")
        return self._energy_mj(gpu)

    def nvmlDeviceGetPowerUsage(self, gpu: FakeGpu) -> int:  # noqa: N802
        self._ask(gpu, "power")
        return self._power_mw(gpu)

    def nvmlDeviceGetComputeRunningProcesses(self, gpu: FakeGpu) -> list[Any]:  # noqa: N802
        self._ask(gpu)
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in gpu.running]

    def nvmlDeviceGetProcessUtilization(self, gpu: FakeGpu, since_us: int) -> list[Any]:  # noqa: N802
        self._ask(gpu)
        return [SimpleNamespace(pid=pid, smUtil=10) for pid, _ in gpu.running]

    def nvmlDeviceGetFieldValues(self, gpu: FakeGpu, ids: Any) -> list[Any]:  # noqa: N802
        self.calls["fields"] = self.calls.get("fields", 0) + 1
        self._ask(gpu, "fields")
        return [self._field(gpu, *each) for each in ids]

    def _field(self, gpu: FakeGpu, number: int, scope: int) -> Any:
        value = self._field_value(gpu, number, scope)
        status = pynvml.NVML_SUCCESS if value is not None else pynvml.NVML_ERROR_NOT_SUPPORTED
        kind = pynvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG
        stamp = self.epoch_us + int(self.clock() * 1e6)
        holder = pynvml.c_nvmlValue_t()
        holder.ullVal = value or 0
        return SimpleNamespace(nvmlReturn=status, valueType=kind, timestamp=stamp, value=holder)

    def _field_value(self, gpu: FakeGpu, number: int, scope: int) -> int | None:
        if "gpu_scope" in gpu.without and scope == 0 and number in (83, 185, 186):
            return None
        if number == _FIELD_ENERGY and "energy" not in gpu.without and scope == 0:
            return self._energy_mj(gpu)
        if number == _FIELD_INSTANT and "instant" not in gpu.without:
            return self._power_mw(gpu)
        if number == _FIELD_AVERAGE and "average" not in gpu.without:
            return self._power_mw(gpu)
        if number == _FIELD_MEM_TEMP and "mem_temp" not in gpu.without:
            return 70
        if number in _THROTTLE and "throttle" not in gpu.without:
            return gpu.throttle_ns.get(_THROTTLE[number], 0)
        return None

    def _refreshed_s(self, gpu: FakeGpu) -> float:
        return (self.clock() + 1e-9) // gpu.update_s * gpu.update_s

    def _power_mw(self, gpu: FakeGpu) -> int:
        return round(gpu.power_w(self._refreshed_s(gpu)) * 1000)

    def _energy_mj(self, gpu: FakeGpu) -> int:
        t_s = self._refreshed_s(gpu)
        spent_j = gpu.energy_j(t_s) if gpu.energy_j else gpu.power_w(t_s) * t_s
        return round((gpu.start_j + spent_j - gpu.energy_offset_j) * 1000)

    def _ask(self, gpu: FakeGpu, *needs: str) -> None:
        if gpu.lost:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        if gpu.without & set(needs) or ("mig" in needs and gpu.instances):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
