"""carbontracker's standard log cut into epochs: a duration and a power per component, and what contradicts itself."""

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo

from collectors.trace.records import Config
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import NS, parse_time

_EPOCH = re.compile(r"(?=^.*Epoch \d+:)", re.MULTILINE)
_STAMP = re.compile(r"^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) - ", re.MULTILINE)
_DURATION = re.compile(r"Duration:\s*(\d+):(\d{2}):(\d{2}(?:\.\d+)?)[ \t\r]*$", re.MULTILINE)
_POWER = re.compile(
    r"Average power usage \(W\) for (gpu|cpu): (\[[^\]]*\]|[\d.]+(?:[eE][+-]?\d+)?|None|nan)[ \t\r]*$",
    re.MULTILINE,
)
_FOUND = re.compile(r"(GPU|CPU) with device\(s\) (.+?)\.(?=\s*$| +[A-Z]{3} with)", re.MULTILINE)
# RAPL's domains, powermetrics' parts. Where neither is there, version 2 takes half of a TDP that the processor's name
# gives, and the device bears that name.
_METERED = re.compile(r"(cpu|dram|package|gpu|ane)([:-]?\d+)*|unknown", re.IGNORECASE)
_NUMBER = re.compile(r"\d+\.?\d*(?:[eE][+-]?\d+)?")
_SLACK_S = 2.0  # two stamps of whole seconds


# What it calls an epoch is one of training, unless somebody put its tracker around something else.
TRAINING = Config("training", "unknown", "unknown", "unknown", item_unit="epoch")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch: its number, duration [s], power of each component [W, all its devices]; what is wrong with it.

    `stamp` is when it was written, at its end: a local time of whole seconds.
    """

    number: int
    stamp: str | None
    duration_s: float | None
    powers_w: dict[str, float | None]
    per_device: bool
    unreadable: bool
    denied: bool


def devices_of(text: str) -> dict[str, list[str]]:
    """Return the names of the devices by component."""
    return {kind.lower(): [name.strip() for name in names.split(",")] for kind, names in _FOUND.findall(text)}


def modelled_cpu(devices: dict[str, list[str]]) -> str | None:
    """Return the name of the processor where its power is a model's, None where a meter was read."""
    return next((name for name in devices.get("cpu", []) if not _METERED.fullmatch(name)), None)


def epochs(text: str, devices: dict[str, list[str]]) -> list[Epoch]:
    """Return the epochs of a log, in its order.

    Version 1 writes a list, a power per device; version 2 a number, the mean over the component's devices.
    """
    before, *parts = _EPOCH.split(text)
    stamps = _STAMP.findall(before)
    last = _seconds(stamps[-1]) if stamps else None
    found = []
    for part in parts:
        epoch, last = _epoch(part, devices, last)
        found.append(epoch)
    return found


def _epoch(part: str, devices: dict[str, list[str]], last: float | None) -> tuple[Epoch, float | None]:
    """Return an epoch, and when it was written [s]; `last` is when the one before was."""
    duration, powers, per_device = _DURATION.search(part), {}, False
    for kind, said in _POWER.findall(part):
        values = [as_float(number) for number in _NUMBER.findall(said)]
        each = [value for value in values if value is not None]
        per_device |= said.startswith("[")
        count = 1 if said.startswith("[") else len(devices.get(kind, ["unknown"]))
        powers[kind] = sum(each) * count if each else None
    seconds = None
    if duration:
        seconds = int(duration[1]) * 3600 + int(duration[2]) * 60 + float(duration[3])
    stamp = _STAMP.search(part)
    written = _seconds(stamp[1]) if stamp else None
    since = None if written is None or last is None else written - last
    number = re.search(r"Epoch (\d+):", part)
    stated = part.count("Average power usage")
    epoch = Epoch(
        int(number[1]) if number else 0, stamp[1] if stamp else None, seconds, powers, per_device,
        unreadable=seconds is None or len(powers) != stated,
        denied=(since is not None and (since < 0 or (seconds or 0.0) > since + _SLACK_S))
        or (bool(devices) and set(powers) != set(devices)),
    )  # fmt: skip
    return epoch, written if written is not None else last


def _seconds(stamp: str) -> float | None:
    """Return a stamp as seconds; only differences count, so its zone does not."""
    found = parse_time(stamp, UTC)[0]
    return None if found is None else found / NS


def started_utc_ns(epoch: Epoch, zone: tzinfo) -> int | None:
    """Return when an epoch began, to the second: it is written at its end."""
    ended = parse_time(epoch.stamp, zone)[0]
    return None if ended is None or epoch.duration_s is None else ended - round(epoch.duration_s * NS)
