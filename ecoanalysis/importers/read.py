"""Files and folders to imports: sniffed by content, or read as the format that the user names."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from collectors.trace.records import Note
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.companions import companion_of
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.damage import damage
from ecoanalysis.importers.formats import IMPORTERS
from ecoanalysis.importers.guess import is_time, quoted, suggestion
from ecoanalysis.importers.head import Head, open_head
from ecoanalysis.importers.headings import heading
from ecoanalysis.importers.log_times import time_form
from ecoanalysis.importers.nvidia_smi_layout import HEADER_HINT
from ecoanalysis.importers.said import with_said

_LOG = "a power log: --format generic --column time=… --column power_w=…:W"
_RESULTS = "a table of results: --format generic --column energy_j=…:kWh --column model=…"


class CompanionError(EcoError):
    """The file is no import of its own: it is read along with another."""


def read(path: Path, options: Options | None = None) -> Imported:
    """Return what a file says; raises `EcoError` when no format fits, or the named one cannot read it."""
    options = options or Options()
    head = open_head(path)
    form = format_of(head, options)
    imported = with_said(IMPORTERS[form].read(head, options), options.said)
    doubts = [
        Note(code, text, "warning", "look at these lines of the file", source_id=imported.source.id)
        for code, text in damage(head, getattr(IMPORTERS[form], "LAYOUT", "table"))
    ]
    return replace(imported, notes=(*imported.notes, *doubts))


def format_of(head: Head, options: Options) -> str:
    """Return the name of the format of a file; raises `EcoError` when none fits."""
    if options.format is not None:
        if options.format not in IMPORTERS:
            raise EcoError(f"unknown format {options.format!r}", f"known: {', '.join(IMPORTERS)}")
        return options.format
    found = next((name for name, importer in IMPORTERS.items() if importer.sniff(head)), None)
    if found is None:
        with_what = companion_of(head)
        if with_what:
            raise CompanionError(
                f"{head.path}: only explains other files", f"import {with_what}, it is read along"
            )
        said = suggestion(head.columns)
        if said is not None:
            raise EcoError(
                f"{head.path}: a table whose headings leave open what its energy is, or of what model",
                f"eco import {quoted(str(head.path))} {said}",
            )
        if named := _named(head):
            text = "a log whose columns do not say their units, or no power that stands for a device"
            raise EcoError(f"{head.path}: {text}", named)
        if time_form(cell.strip() for line in head.lines[:3] for cell in line.split(",")) is not None:
            raise EcoError(
                f"{head.path}: a log whose columns have no names that we know", f"{_LOG}; {HEADER_HINT}"
            )
        raise EcoError(
            f"{head.path}: not a format that we know",
            f"{_LOG}; {_RESULTS}; formats: eco import --formats",
        )
    return found


def _named(head: Head) -> str | None:
    """Return the command that reads a table with a time, its columns named; None for what has no heading of a time."""
    clocks = [name for name in head.columns if is_time(heading(name))]
    if not clocks or len(head.columns) < 2:
        return None
    parted = [heading(name).words for name in clocks[:2]] == [("date",), ("time",)]
    clock = "+".join(clocks[:2]) if parted else clocks[0]
    others = [name for name in head.columns if name not in clock.split("+")]
    power = next((name for name in others if re.search("power|watt|draw|gpu", name, re.IGNORECASE)), "…")
    more = f"; columns: {', '.join(others)[:160]}"
    return f"--format generic --column 'time={clock}' --column 'power_w={power}:W' (or its unit){more}"


def walk(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files, folders walked in order; hidden files are left out."""
    for path in paths:
        if path.is_dir():
            yield from (
                found
                for found in sorted(path.rglob("*"))
                if found.is_file() and not found.name.startswith(".")
            )
        else:
            yield path
