"""macOS powermetrics text: blocks of sampled activity with CPU, GPU and ANE power."""

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.powermetrics_blocks import BLOCK, POWER, Block, blocks, broken
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.times import NS, zone_of

TITLE = "macOS powermetrics text"
LAYOUT = "log"
_PARTS = {
    "CPU": ("cpu", "package"),
    "GPU": ("gpu", "board"),
    "ANE": ("accelerator", "board"),
    "DRAM": ("memory", "dram"),
    "Package": ("platform", "module"),
}
_HINT = "record with: sudo powermetrics --samplers cpu_power,gpu_power -o FILE"


def sniff(head: Head) -> bool:
    """Say whether there is a block's first line, or a power as a block has it."""
    return bool(BLOCK.search(head.text) or POWER.search(head.text))


def read(head: Head, options: Options) -> Imported:
    """Return one recording. A block's powers are means since the block before: each stands at both its ends."""
    text = read_text(head)
    found = list(blocks(text, zone_of(options)))
    if not found:
        raise EcoError(
            f"{head.path}: no line '*** Sampled system activity': no time stands by its powers", _HINT
        )
    parts = dict.fromkeys(part for block in found for part in block.powers_w)
    if not parts:
        raise EcoError(f"{head.path}: no power in it", _HINT)
    draft = Draft(head, "powermetrics", dataset="powermetrics")
    draft.note(
        "modelled_power", "powermetrics' powers are Apple's model of the chip, not a meter: relative use only"
    )
    _doubts(draft, found, broken(text))
    for part in parts:
        count = sum(part in block.powers_w for block in found)
        if count != len(found):
            draft.note("lost_readings", f"{part}: {count} powers in {len(found)} blocks", None, "warning")
    first = found[0]
    started = None if first.ended_utc_ns is None else first.ended_utc_ns - round(first.end_s * NS)
    return finish_recording(
        draft, [_track(part, found) for part in parts], host="unknown", tool="powermetrics",
        started_utc_ns=started, rows_count=len(found),
    )  # fmt: skip


def _doubts(draft: Draft, found: list[Block], unreadable: int) -> None:
    """Note blocks that are damaged, and time that is missing between them."""
    denied = sum(block.denied for block in found)
    if denied:
        text = f"{denied} blocks deny themselves: powers that are not their sum, or there twice, or times that go back"
        draft.note("contradicting_numbers", text, "look at these blocks of the file", "warning")
    if unreadable:
        text = f"{unreadable} blocks have no first line that can be read: their powers are left out"
        draft.note("unreadable_lines", text, severity="warning")
    gaps = [block.lost_s for block in found if block.lost_s]
    if gaps:
        text = f"by their stamps {sum(gaps):.0f} s are missing at {len(gaps)} places between blocks"
        draft.note("missing_readings", text, "the log lost blocks, or the machine slept", "warning")


def _track(part: str, found: list[Block]) -> Track:
    """Return the readings of one part of the chip: just after the beginning of a block, and at its end."""
    here = [block for block in found if part in block.powers_w]
    t_s = [when for block in here for when in (block.begin_s + 1e-6, block.end_s)]
    power_w = [block.powers_w[part] for block in here for _ in range(2)]
    columns = {"power_w": pl.Series(power_w, dtype=pl.Float64)}
    return Track(part, *_PARTS[part], "powermetrics", pl.Series(t_s, dtype=pl.Float64), columns)
