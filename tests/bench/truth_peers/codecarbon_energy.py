"""CodeCarbon's energy of a case [J]: its RAPL and NVML readers, asked once a second of the case's time."""

import logging
import sys
import tempfile
from pathlib import Path

from scene import Scene

logging.disable(logging.CRITICAL)
with tempfile.TemporaryDirectory() as name:
    scene = Scene(Path(name))
    case = scene.case
    now = [0.0]
    if case["gpus"]:
        from tests.fakes.nvml import FakeGpu, FakeNvml

        without = frozenset() if case["gpu_counter"] else frozenset({"energy", "fields"})
        boards = [FakeGpu(uuid=f"GPU-{at:08d}", without=without) for at in range(case["gpus"])]
        sys.modules["pynvml"] = FakeNvml(boards, lambda: now[0])  # type: ignore[assignment]
    from codecarbon.core.cpu import IntelRAPL
    from codecarbon.core.gpu import AllGPUDevices
    from codecarbon.core.units import Time

    rapl = IntelRAPL(rapl_dir=str(scene.folder)) if case["zones"] else None
    devices = AllGPUDevices() if case["gpus"] else None
    if rapl:
        rapl.start()
    if devices:
        devices.start()
    energy_kwh = 0.0
    for second in range(1, case["seconds"] + 1):
        now[0] = float(second)
        scene.show(now[0])
        step = Time.from_seconds(1.0)
        if rapl:
            details = rapl.get_cpu_details(step)
            energy_kwh += sum(value for key, value in details.items() if "Energy" in key and "Delta" in key)
        if devices:
            energy_kwh += sum(each["delta_energy_consumption"].kWh for each in devices.get_delta(step))
    print(f"{energy_kwh * 3.6e6:.0f}")
