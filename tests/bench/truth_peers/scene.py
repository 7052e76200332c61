"""A case's counters as files, for peers: packages with their parts nested, as in /sys."""

import json
import sys
from pathlib import Path
from typing import Any


class Scene:
    """The case on stdin, under a folder."""

    def __init__(self, folder: Path) -> None:
        self.case: dict[str, Any] = json.load(sys.stdin)
        self.folder = folder / "intel-rapl"
        self.folder.mkdir()
        for zone, (name, _) in self.case["zones"].items():
            self._file(zone, "name").parent.mkdir(parents=True, exist_ok=True)
            self._file(zone, "name").write_text(name)
            self._file(zone, "max_energy_range_uj").write_text(f"{self._range_j(name) * 1e6:.0f}")
        self.show(0.0)

    def show(self, t_s: float) -> None:
        """Set every counter to what it shows at t seconds."""
        case = self.case
        for zone, (name, watts) in case["zones"].items():
            reset = case["reset_s"]
            energy_j = case["start_j"] + watts * t_s
            if reset is not None and t_s >= reset:
                energy_j = watts * (t_s - reset)
            text = f"{energy_j % self._range_j(name) * 1e6:.0f}"
            if case["lost_s"] is not None and t_s >= case["lost_s"]:
                self._file(zone, "energy_uj").unlink(missing_ok=True)
            else:
                written = self._file(zone, "energy_uj.next")  # nobody must ever read half a number
                written.write_text(text)
                written.replace(self._file(zone, "energy_uj"))

    def _range_j(self, name: str) -> float:
        return float(self.case["wrap_j"]) if name == "package-0" else 262143.0

    def _file(self, zone: str, name: str) -> Path:
        parent = zone if zone.count(":") == 1 else f"{zone.rpartition(':')[0]}/{zone}"
        return self.folder / parent / name
