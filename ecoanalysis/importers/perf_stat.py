"""perf stat of the power events, text, -x or -j: the energy of a command, or with -I a counter over time."""

import re
from dataclasses import replace
from itertools import accumulate, pairwise

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.perf_lines import Block, Joules, blocks
from ecoanalysis.importers.recorded import Track, finish_recording, unknown_config
from ecoanalysis.importers.times import parse_time, zone_of

TITLE = "perf stat -e power/energy-pkg/,power/energy-ram/"
LAYOUT = "log"
_EVENT = re.compile(r"\bJoules\b.{0,4}\bpower\w*/energy-|\"unit\" ?: ?\"Joules\"", re.DOTALL)
_DOMAIN = re.compile(r"energy-(\w+)")
# Event -> (name, kind, boundary). Cores and GPU (the graphics within the processor) are parts of the package.
_PARTS = {
    "pkg": ("package", "cpu", "package"),
    "ram": ("dram", "memory", "dram"),
    "psys": ("psys", "platform", "platform"),
}


def sniff(head: Head) -> bool:
    """Say whether there is an energy of the power events."""
    return (
        "Joules" in head.text
        and bool(_EVENT.search(head.text))
        and any(one.joules for one in blocks("\n".join(head.lines)))
    )


def read(head: Head, options: Options) -> Imported:
    """Return a result per output and event, or with -I one recording with a counter per event.

    Raises `EcoError` where only parts of the package are measured, or where several recordings are in one file.
    """
    draft = Draft(head, "perf_stat", dataset="perf")
    found = list(blocks(read_text(head)))
    parts = sorted({one.event for block in found for one in block.joules if _domain(one) not in _PARTS})
    if parts:
        draft.note("left_out", f"parts of the package left out: {', '.join(parts)}")
    _doubts(draft, found)
    found = [_kept(draft, block) for block in found]
    if not any(block.joules for block in found):
        raise EcoError(
            f"{head.path}: no energy of a package or DRAM",
            "LC_ALL=C perf stat -a -e power/energy-pkg/,power/energy-ram/ …",
        )
    if any(one.t_s is not None for block in found for one in block.joules):
        return _recording(draft, [one for block in found for one in block.joules])
    for place, block in enumerate(found):
        _results(draft, options, place, block)
    return draft.finish(sum(len(block.joules) for block in found))


def _doubts(draft: Draft, found: list[Block]) -> None:
    """Note lines of energies that cannot be read, and parts of a package above it."""
    if unread := sum(block.unread for block in found):
        draft.note(
            "unreadable_lines", f"{unread} lines of energies cannot be read: left out", None, "warning"
        )
    above = 0
    for block in found:
        sums = dict.fromkeys(("pkg", "cores"), 0.0)
        for one in block.joules:
            if _domain(one) in sums:
                sums[_domain(one)] += one.energy_j or 0.0
        above += sums["cores"] > sums["pkg"] > 0
    if above:
        text = f"{above} outputs have cores above their package, which they are a part of"
        draft.note("contradicting_numbers", text, "look at these lines of the file", "warning")


def _domain(one: Joules) -> str:
    """Return the part of the machine that an event is of."""
    found = _DOMAIN.search(one.event)
    return found[1] if found else ""


def _kept(draft: Draft, block: Block) -> Block:
    """Return the block with the energies of whole parts of the machine that are numbers."""
    mine = [one for one in block.joules if _domain(one) in _PARTS]
    good = [one for one in mine if one.energy_j is not None]
    if len(good) < len(mine):
        text = f"{len(mine) - len(good)} energies were not counted, or are torn by a comma between commas"
        draft.note("lost_readings", text, "record with LC_ALL=C", "warning")
    return replace(block, joules=good)


def _index(part: str) -> int:
    """Return the number of a socket or CPU, 0 where none is said."""
    found = re.search(r"\d+", part)
    return int(found[0]) if found else 0


def _results(draft: Draft, options: Options, place: int, block: Block) -> None:
    """Keep the energies of one output; a mean of several runs stays the energy of one."""
    started = parse_time(block.started, zone_of(options))[0] if block.started else None
    if block.started and started is None:
        draft.note("unreadable_lines", f"not a time: started on {block.started[:40]}", None, "warning")
    if block.duration_s is None:
        draft.note("no_duration", "the output does not say how long it took", "without -x it does", "warning")
    if block.runs > 1:
        draft.note("mean_of_runs", f"means of {block.runs} runs: each energy is one run's")
    for one in block.joules:
        name, kind, boundary = _PARTS[_domain(one)]
        device = draft.device(
            f"{name}-{_index(one.part)}" if one.part else name, kind=kind, boundary=boundary, sensor="rapl"
        )
        if not one.energy_j:
            text = f"{one.event}: 0 J, a command shorter than the counter's update: left unknown"
            draft.note("no_energy", text, severity="warning")
        draft.result(
            place, unknown_config(), f"{one.part}{one.event}", device_id=device, label=block.label,
            duration_s=block.duration_s, energy_j=one.energy_j or None, boundary=boundary, basis="measured",
            method="perf stat: RAPL counter at both ends", started_utc_ns=started, item_unit="inference",
        )  # fmt: skip


def _recording(draft: Draft, joules: list[Joules]) -> Imported:
    """Return a counter per event and socket: the energies of the intervals summed from 0 J at the start."""
    series: dict[tuple[str, str], list[Joules]] = {}
    for one in joules:
        series.setdefault((_domain(one), one.part), []).append(one)
    tracks = []
    for (domain, part), rows in series.items():
        times = [0.0, *(one.t_s or 0.0 for one in rows)]
        if any(after <= before for before, after in pairwise(times)):
            raise EcoError(
                f"{draft.source.path}: its times start anew", "one recording per file: part it there"
            )
        energy = pl.Series([*accumulate((one.energy_j or 0.0 for one in rows), initial=0.0)])
        track = Track(
            *_PARTS[domain], "rapl", pl.Series(times), {"energy_j": energy}, _index(part), "counter"
        )
        tracks.append(track)
    return finish_recording(draft, tracks, host="unknown", tool="perf stat", rows_count=len(joules))
