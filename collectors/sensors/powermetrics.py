"""Apple's computers, through the text that `powermetrics` writes once a second (root only)."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import IO

from collectors.sensors.cpu_usage import PsutilUsage
from collectors.sensors.edge import Edge, device_id
from collectors.sensors.meter import Meter
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.sensors.topology import cpu_model
from collectors.trace.records import Device, Note

_PERIOD_S = 1.0
_POWERS = {"CPU Power": "cpu", "GPU Power": "gpu", "ANE Power": "accelerator"}
_INTEL = "Intel energy model derived package power"  # the one power of Macs before Apple silicon: 3.37W
_WATTS = re.compile(r"([\d.]+) ?(m?W)$")
_NAMES = {"cpu": "CPU", "gpu": "GPU", "accelerator": "neural engine"}
_LAST = "ANE Power"


def probe(edge: Edge) -> Found:
    """Return CPU, GPU and neural engine of an Apple machine; without root the CPU's utilisation only."""
    if edge.system != "Darwin":
        return Found()
    usage = PsutilUsage()
    try:
        stream = edge.start_powermetrics()
    except OSError as error:
        text = f"no energy: {error}"
        note = Note("powermetrics_refused", text, "warning", "sudo eco-collect run -- …")
        device = _device(edge, "cpu", metered=False)
        return Found((Meter(device, lambda: Reading(util_ratio=usage.read())),), (note,))
    reports = _Reports(edge, stream)
    parts = ("cpu",) if "Intel" in (cpu_model(edge) or "") else tuple(_POWERS.values())
    meters = [
        Meter(_device(edge, part, metered=True), _reader(reports, part, usage), end=reports.close)
        for part in parts
    ]
    text = "Apple calls these powers estimates, and not comparable between machines (man powermetrics)"
    return Found(tuple(meters), (Note("powermetrics_estimates", text),))


def parse(lines: Iterable[str]) -> Iterator[dict[str, float]]:
    """Yield the powers [W] of each report: {"cpu": …, "gpu": …, "accelerator": …}; {"cpu": …} of Intel's processors.

    A report is given when it is complete, a second before the head of the next. The GPU's own section, which
    follows, repeats its power: that is no news.
    """
    report: dict[str, float] = {}
    given = False
    for line in lines:
        if line.startswith("*** Sampled system activity"):
            if report and not given:
                yield report
            report, given = {}, False
        name, _, value = line.strip().partition(": ")
        part = "cpu" if name.startswith(_INTEL) else _POWERS.get(name)
        found = _WATTS.match(value)
        if part is None or found is None or given:
            continue
        report[part] = float(found[1]) * (1e-3 if found[2] == "mW" else 1.0)
        if name == _LAST or name.startswith(_INTEL):
            given = True
            yield report
    if report and not given:
        yield report


class _Reports:
    """The newest report, read by a thread; each part is given once."""

    def __init__(self, edge: Edge, stream: IO[str]) -> None:
        self._edge, self._stream = edge, stream
        self._fresh: dict[str, Reading] = {}
        self._ended = False
        threading.Thread(target=self._run, daemon=True).start()

    def take(self, part: str) -> Reading:
        """Return a part's power if it is new. Raises `OSError` when the stream has ended."""
        reading = self._fresh.pop(part, None)
        if reading is None and self._ended:
            raise OSError("powermetrics has ended")
        return reading or Reading()

    def close(self) -> None:
        """Close the stream: powermetrics ends at its next write."""
        self._stream.close()

    def _run(self) -> None:
        try:
            for report in parse(self._stream):
                now_ns = self._edge.monotonic_ns()
                self._fresh |= {
                    part: Reading(sensor_t_ns=now_ns, power_w=watts) for part, watts in report.items()
                }
        except ValueError:
            pass  # the stream was closed under the thread
        self._ended = True


def _reader(reports: _Reports, part: str, usage: PsutilUsage) -> Callable[[], Reading]:
    def read() -> Reading:
        reading = reports.take(part)
        return replace(reading, util_ratio=usage.read()) if part == "cpu" else reading

    return read


def _device(edge: Edge, part: str, *, metered: bool) -> Device:
    name = cpu_model(edge) or "Apple"
    return Device(
        device_id(edge, "powermetrics", part),
        None,
        part,
        name if part == "cpu" else f"{name} {_NAMES[part]}",
        "package" if part == "cpu" else "board",
        "powermetrics" if metered else "psutil",
        vendor_uid=part,
        energy_source="power" if metered else "none",
        update_period_s=_PERIOD_S if metered else None,
        averaging_window_s=_PERIOD_S if metered else None,
        gain_error_ratio=gain_error("powermetrics")[0] if metered else None,
    )
