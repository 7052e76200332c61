"""macOS powermetrics text: blocks of sampled activity with CPU, GPU and ANE power."""

import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.times import NS, parse_time, zone_of

TITLE = "macOS powermetrics text"
LAYOUT = "log"
_BLOCK = re.compile(r"\*\*\* Sampled system activity \(([^)]*)\) \(([\d.]+)ms elapsed\) \*\*\*")
_POWER = re.compile(r"^(CPU|GPU|ANE|DRAM|Package) Power:\s*([\d.]+)\s*(mW|W)\s*$", re.MULTILINE)
_INTEL = re.compile(r"Intel energy model derived package power[^:]*:\s*([\d.]+)W")
_PARTS = {
    "CPU": ("cpu", "package"),
    "GPU": ("gpu", "board"),
    "ANE": ("accelerator", "board"),
    "DRAM": ("memory", "dram"),
    "Package": ("platform", "module"),
}


def sniff(head: Head) -> bool:
    """Say whether there is a block's first line."""
    return bool(_BLOCK.search(head.text))


def read(head: Head, options: Options) -> Imported:
    """Return one recording. A block's powers are means since the block before: each stands at both its ends."""
    text = read_text(head)
    draft = Draft(head, "powermetrics", dataset="powermetrics")
    found: dict[str, list[tuple[float, float]]] = {}
    blocks = list(_BLOCK.finditer(text))
    clock, started = 0.0, None
    for place, block in enumerate(blocks):
        body = text[block.end() : blocks[place + 1].start() if place + 1 < len(blocks) else len(text)]
        span = float(block.group(2)) / 1e3 if re.fullmatch(r"\d+(\.\d+)?", block.group(2)) else 0.0
        if started is None:
            ended = parse_time(block.group(1), zone_of(options))[0]
            started = None if ended is None else ended - round(span * NS)
        for part, value, unit in _POWER.findall(body):
            _hold(
                found.setdefault(part, []), clock, clock + span, float(value) * (1e-3 if unit == "mW" else 1.0),
            )  # fmt: skip
        for value in _INTEL.findall(body):
            _hold(found.setdefault("CPU", []), clock, clock + span, float(value))
        clock += span
    if not found:
        raise EcoError(
            f"{head.path}: no power in it",
            "record with: sudo powermetrics --samplers cpu_power,gpu_power -o FILE",
        )
    draft.note(
        "modelled_power", "powermetrics' powers are Apple's model of the chip, not a meter: relative use only"
    )
    for part, values in found.items():
        if len(values) != 2 * len(blocks):
            text = f"{part}: {len(values) // 2} powers in {len(blocks)} blocks"
            draft.note("lost_readings", text, None, "warning")
    tracks = [_track(part, values) for part, values in found.items()]
    return finish_recording(
        draft, tracks, host="unknown", tool="powermetrics", started_utc_ns=started, rows_count=len(blocks)
    )


def _track(part: str, values: list[tuple[float, float]]) -> Track:
    """Return the readings of one part of the chip."""
    t_s, power_w = (pl.Series(column, dtype=pl.Float64) for column in zip(*values, strict=True))
    return Track(part, *_PARTS[part], "powermetrics", t_s, {"power_w": power_w})


def _hold(values: list[tuple[float, float]], begin: float, end: float, watts: float) -> None:
    """Add a power that holds from `begin` to `end`: just after the one, at the other."""
    values.append((begin + 1e-6, watts))
    values.append((end, watts))
