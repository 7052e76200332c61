"""Intel Power Gadget CSV: a row per interval with energies since the start, then a summary in words."""

import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import as_float, read_table, to_numbers

TITLE = "Intel Power Gadget CSV"
LAYOUT = "log"  # a summary stands behind the table
_TIME = "Elapsed Time (sec)"
_COUNTER = re.compile(r"^Cumulative (Processor|DRAM) Energy_(\d+)\(Joules\)$")
_SUMMARY = re.compile(r"^Cumulative (Processor|DRAM) Energy_(\d+) ?\(Joules\) = ([\d.]+)\s*$", re.MULTILINE)
_PARTS = {"Processor": ("package", "cpu", "package"), "DRAM": ("dram", "memory", "dram")}
_ROUNDING_J, _ROUNDING = 0.002, 0.001
_SLACK_J, _SLACK, _SLACK_S = 0.003, 0.05, 0.0015


def sniff(head: Head) -> bool:
    """Say whether the header has the elapsed time and the processor's energy in joules."""
    return head.has(_TIME) and any(_COUNTER.match(name) for name in head.columns)


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a counter per package and DRAM, which began at 0 J at 0 s.

    IA (cores) and GT (graphics) are parts of the package, PL1 and the like are limits. The clock has no date.
    """
    text = read_text(head)
    raw = read_table(head, text=_table(text), need=(_TIME,), is_log=True)
    counters = {name: found for name in raw.columns if (found := _COUNTER.match(name))}
    powers = [name for name in map(_power_of, counters.values()) if name in raw.columns]
    frame = to_numbers(raw, _TIME, *counters, *powers).filter(pl.col(_TIME).is_not_null())
    draft = Draft(head, "power_gadget", dataset="power_gadget")
    if frame.height < raw.height:
        draft.leave_out("no reading", raw.height - frame.height)
        text_lost = f"{raw.height - frame.height} lines are no readings: left out"
        draft.note("unreadable_lines", text_lost, severity="warning")
    draft.note("no_date", "Power Gadget writes the time of day only: the date is unknown")
    t_s = pl.concat([pl.Series([0.0]), frame[_TIME].rename("")])
    tracks = []
    for name, found in counters.items():
        energy = pl.concat([pl.Series([0.0]), frame[name].rename("")])
        if energy.max() == 0:
            draft.note("no_energy", f"{name}: 0 J from first to last: not metered on this machine, left out")
            continue
        tracks.append(
            Track(*_PARTS[found[1]], "power gadget", t_s, {"energy_j": energy}, int(found[2]), "counter")
        )
    if not tracks:
        raise EcoError(
            f"{head.path}: its energies are 0 J from first to last", "Power Gadget needs its driver"
        )
    _doubt(draft, text, frame)
    for name, found in counters.items():
        _doubt_rows(draft, frame, name, _power_of(found))
    return finish_recording(draft, tracks, host="unknown", tool="Intel Power Gadget", rows_count=frame.height)


def _table(text: str) -> str:
    """Return the header and the rows: what stands before the first empty line or line of words."""
    lines = text.lstrip("\ufeff\r\n").splitlines()
    end = next((place for place, line in enumerate(lines) if not line.strip() or " = " in line), len(lines))
    return "\n".join(lines[:end])


def _power_of(found: re.Match[str]) -> str:
    """Return the column of the power that stands beside a counter."""
    return f"{found[1]} Power_{found[2]}(Watt)"


def _doubt_rows(draft: Draft, frame: pl.DataFrame, name: str, power: str) -> None:
    """Note energies that say nothing, and rows whose energy is not their power times their time."""
    if lost := frame[name].null_count():
        draft.note("lost_readings", f"{name}: {lost} of {frame.height} rows say nothing", None, "warning")
    if back := int((frame[name].diff() < 0).sum()):
        text = f"{name} falls {back} times, and a sum of energies does not"
        draft.note("contradicting_numbers", text, "look at these lines of the file", "warning")
    if power not in frame.columns:
        return
    step, took = frame[name].diff(), frame[_TIME].diff()
    off = (step - frame[power] * took).abs() > _SLACK_J + _SLACK * step.abs() + _SLACK_S * frame[power].abs()
    if off.sum():
        text = f"{off.sum()} rows of {name} are not their power times their time"
        draft.note("contradicting_numbers", text, "look at these lines of the file", "warning")


def _doubt(draft: Draft, text: str, frame: pl.DataFrame) -> None:
    """Note where the summary's energy is not that of the last row, and where there is no summary."""
    said = {(part, index): as_float(joules) for part, index, joules in _SUMMARY.findall(text)}
    if not said:
        draft.note("unfinished", "no summary behind the rows: the recording did not end by itself")
    for (part, index), joules in said.items():
        name = f"Cumulative {part} Energy_{index}(Joules)"
        last = as_float(frame[name][-1]) if name in frame.columns else None
        if joules is not None and last is not None and abs(joules - last) > _ROUNDING_J + _ROUNDING * joules:
            text = f"{name} ends at {last:g} J, the summary says {joules:g} J"
            draft.note(
                "contradicting_numbers", text, "rows are missing, or two logs are in one file", "warning"
            )
