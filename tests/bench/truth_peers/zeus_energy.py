"""Zeus's energy of a case [J]: its RAPL reader over the case's counters, in real time."""

import tempfile
import threading
import time
from pathlib import Path

from scene import Scene


def main() -> None:
    """Move the counters while a window is open; GPUs are left out: their reader needs the real library."""
    with tempfile.TemporaryDirectory() as name:
        scene = Scene(Path(name))
        if scene.case["gpus"]:
            print("-")
            return
        from zeus.device.cpu import rapl

        rapl.RAPL_DIR = str(scene.folder)
        cpus = rapl.RAPLCPUs().cpus
        begin_s, seconds = time.monotonic(), scene.case["seconds"]

        def move() -> None:
            while (t_s := time.monotonic() - begin_s) < seconds:
                scene.show(t_s)
                time.sleep(0.02)
            scene.show(float(seconds))

        mover = threading.Thread(target=move)
        mover.start()
        before = [cpu.get_total_energy_consumption() for cpu in cpus]
        mover.join()
        time.sleep(0.3)
        after = [cpu.get_total_energy_consumption() for cpu in cpus]
        total_mj = 0.0
        for first, last in zip(before, after, strict=True):
            total_mj += last.cpu_mj - first.cpu_mj
            if first.dram_mj is not None:
                total_mj += last.dram_mj - first.dram_mj
        print(f"{total_mj / 1e3:.0f}")


if __name__ == "__main__":
    main()
