"""A wall meter that the user names in ECO_WALL: a smart plug, a serial meter, a log that another program writes."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from collectors.sensors.edge import Edge, device_id
from collectors.sensors.meter import Meter
from collectors.sensors.poller import Poller
from collectors.sensors.sensor import Found, Reading
from collectors.sensors.sensor_error import gain_error
from collectors.trace.records import Device, Note

VARIABLE = "ECO_WALL"
_TIMEOUT_S = 2.0
_MOST_BYTES = 65_536
_PATHS = (
    "/rpc/Switch.GetStatus?id=0",
    "/cm?cmnd=Status%208",
    "/status",
)  # Shelly Gen2+, Tasmota, Shelly Gen1
_POWER_KEYS = ("apower", "act_power", "Power", "power", "power_w", "watts", "active_power_w")
_WATTS = re.compile(
    r"(?:watts?\s*[,;=:]\s*)([-+]?\d+(?:\.\d+)?)|([-+]?\d+(?:\.\d+)?)\s*(?:W|watts?)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_FIX = "ECO_WALL=http://192.168.1.20, ECO_WALL=serial:/dev/ttyUSB0@9600 or ECO_WALL=/path/to/meter.log"


def probe(edge: Edge) -> Found:
    """Return the wall meter, if ECO_WALL names one; nothing is asked on the network without it."""
    address = edge.environ.get(VARIABLE)
    if not address:
        return Found()
    try:
        source = open_source(address)
        first = source()
    except (OSError, ValueError) as error:
        note = Note("wall_unreachable", f"the wall meter {address} does not answer: {error}", "warning", _FIX)
        return Found((), (note,))
    poller = Poller(edge, lambda: _reading(source()))
    device = Device(
        device_id(edge, "wall", address),
        None,
        "wall",
        f"wall meter {address}",
        "wall",
        "wall",
        vendor_uid=address,
        energy_source="power",
        update_period_s=1.0,
        gain_error_ratio=gain_error("wall")[0],
    )
    text = (
        "a wall meter sees the whole machine and its power supply: it is shown apart, never summed with parts"
    )
    notes = [Note("wall_boundary", text)]
    if first is None:
        notes.append(Note("wall_silent", "the wall meter has not shown a reading yet", "warning", _FIX))
    return Found((Meter(device, poller.read, end=poller.close, notes=tuple(notes)),))


def open_source(address: str) -> Callable[[], float | None]:
    """Return the function that reads the power [W] at an address; None when there is nothing new.

    Raises `OSError` when it does not answer, `ValueError` when it is no address of a meter.
    """
    if address.startswith(("http://", "https://")):
        return _http_source(address)
    if address.startswith("serial:"):
        return _serial_source(address.removeprefix("serial:"))
    return _log_source(Path(address.removeprefix("file://")))


def power_in_json(answer: Any) -> float | None:
    """Return the first power [W] in a plug's answer, wherever it nests it."""
    if isinstance(answer, dict):
        for key in _POWER_KEYS:
            if isinstance(answer.get(key), int | float) and not isinstance(answer[key], bool):
                return float(answer[key])
        children: list[Any] = list(answer.values())
    else:
        children = answer if isinstance(answer, list) else []
    return next((found for child in children if (found := power_in_json(child)) is not None), None)


def power_in_line(line: str) -> float | None:
    """Return the power [W] in a line of a meter's log: what is called watts, else the last number."""
    named = _WATTS.search(line)
    if named:
        return float(named[1] or named[2])
    numbers = _NUMBER.findall(line.rpartition(",")[2] or line)
    return float(numbers[-1]) if numbers else None


def _reading(power_w: float | None) -> Reading | None:
    return None if power_w is None or power_w < 0 else Reading(power_w=power_w)


def _http_source(address: str) -> Callable[[], float | None]:
    parts = urlsplit(address)
    named = parts.path not in ("", "/") or parts.query
    candidates = [address] if named else [address.rstrip("/") + path for path in _PATHS]
    refusal: OSError = OSError("no known answer")
    for url in candidates:
        try:
            if power_in_json(_fetch(url)) is not None:
                return lambda url=url: power_in_json(_fetch(url))  # type: ignore[misc]
        except OSError as error:
            refusal = error
    raise refusal


def _fetch(url: str) -> Any:
    import urllib.request  # 30 ms that only those with a plug need
    from http.client import HTTPException

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the plug is on the local network
    try:
        with opener.open(url, timeout=_TIMEOUT_S) as answer:
            return json.loads(answer.read(_MOST_BYTES))
    except (json.JSONDecodeError, UnicodeDecodeError, HTTPException) as error:
        raise OSError(f"{url}: {error}") from error


def _serial_source(port: str) -> Callable[[], float | None]:
    import termios

    path, _, baud = port.partition("@")
    speed = getattr(termios, f"B{baud or '9600'}", None)
    if speed is None:
        raise ValueError(f"no such speed: {baud}")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    settings = termios.tcgetattr(descriptor)
    settings[0] = settings[1] = settings[3] = 0
    settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    settings[4] = settings[5] = speed
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
    return _Lines(lambda: _read_ready(descriptor)).last_power_w


def _log_source(path: Path) -> Callable[[], float | None]:
    file = path.open("rb")
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 4096))
    if file.tell():
        file.readline()  # the first line is cut
    return _Lines(lambda: file.read(_MOST_BYTES)).last_power_w


def _read_ready(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except BlockingIOError:
        return b""


class _Lines:
    """The whole lines of a stream that grows; what is not yet ended waits."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read, self._rest = read, b""

    def last_power_w(self) -> float | None:
        """Return the power in the last new line that has one, None without a new line."""
        *lines, self._rest = (self._rest + self._read()).replace(b"\r", b"\n").split(b"\n")
        powers = [power_in_line(line.decode(errors="replace")) for line in lines]
        return next((power for power in reversed(powers) if power is not None), None)
