"""A fake of ROCm's `amdsmi` package: MI300X-like GPUs with a known power."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


@dataclass
class FakeAmdGpu:
    """A GPU; `without` names calls that it refuses."""

    name: str = "AMD Instinct MI300X"
    power_w: float = 600.0
    without: frozenset[str] = frozenset()
    power: dict[str, object] | None = None  # what a release says in place of the usual keys
    resolution_uj: float = 15.259


class FakeAmdSmi:
    """Stands in for the module."""

    class AmdSmiException(Exception):  # noqa: N818
        pass

    AmdSmiMemoryType = Enum("AmdSmiMemoryType", "VRAM GTT")
    AmdSmiClkType = Enum("AmdSmiClkType", "GFX MEM")
    AmdSmiTemperatureType = Enum("AmdSmiTemperatureType", "EDGE HOTSPOT VRAM")
    AmdSmiTemperatureMetric = Enum("AmdSmiTemperatureMetric", "CURRENT")

    def __init__(self, gpus: list[FakeAmdGpu], clock: Callable[[], float]) -> None:
        self.gpus, self.clock = gpus, clock

    def amdsmi_init(self) -> None:
        return None

    def amdsmi_get_processor_handles(self) -> list[FakeAmdGpu]:
        return self.gpus

    def __getattr__(self, name: str) -> Any:
        answers = {
            "amdsmi_get_gpu_asic_info": lambda gpu: {"market_name": gpu.name, "asic_serial": "0x1"},
            "amdsmi_get_gpu_device_uuid": lambda gpu: f"uuid-{self.gpus.index(gpu)}",
            "amdsmi_get_power_info": lambda gpu: (
                gpu.power
                or {
                    "current_socket_power": gpu.power_w,
                    "average_socket_power": "N/A",
                    "power_limit": 750,
                }
            ),
            "amdsmi_get_power_cap_info": lambda gpu: {
                "power_cap": 750_000_000,
                "default_power_cap": 750_000_000,
            },
            "amdsmi_get_energy_count": lambda gpu: {
                "energy_accumulator": int(gpu.power_w * self.clock() * 1e6 / gpu.resolution_uj),
                "counter_resolution": gpu.resolution_uj,
                "timestamp": 0,
            },
            "amdsmi_get_gpu_activity": lambda gpu: {
                "gfx_activity": 90,
                "umc_activity": "N/A",
                "mm_activity": 0,
            },
            "amdsmi_get_gpu_memory_usage": lambda gpu, kind: 5 << 30,
            "amdsmi_get_gpu_memory_total": lambda gpu, kind: 192 << 30,
            "amdsmi_get_clock_info": lambda gpu, kind: {"clk": 2100 if kind.name == "GFX" else 1300},
            "amdsmi_get_temp_metric": lambda gpu, kind, metric: {"HOTSPOT": 70, "JUNCTION": 71, "VRAM": 60}[
                kind.name
            ],
        }
        if name not in answers:
            raise AttributeError(name)

        def call(gpu: FakeAmdGpu, *arguments: object) -> object:
            if name in gpu.without:
                raise self.AmdSmiException(f"{name} not supported")
            return answers[name](gpu, *arguments)

        return call
