"""Files and folders to imports: sniffed by content, or read as the format that the user names."""

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from collectors.trace.records import Note
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.companions import companion_of
from ecoanalysis.importers.containers import is_drawn, refuse_no_data
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.damage import look_through
from ecoanalysis.importers.formats import IMPORTERS
from ecoanalysis.importers.guess import is_time, quoted, suggestion
from ecoanalysis.importers.head import Head, open_head
from ecoanalysis.importers.headings import heading
from ecoanalysis.importers.log_times import time_form
from ecoanalysis.importers.nvidia_smi_layout import HEADER_HINT
from ecoanalysis.importers.said import with_said

SAID = ("said_at_import", "read_as")  # the notes that keep what the user said of a file
_MAPPED = "generic"  # reads what the user's map says, whatever the content
_COLUMNS_OF_LOGS = ("header", "time")  # what --column says of logs that have no header, or no times
_LOG = "a power log: --format generic --column time=… --column power_w=…:W"
_LOST = "not read as a row of its own"
_RESULTS = "a table of results: --format generic --column energy_j=…:kWh --column model=…"


class CompanionError(EcoError):
    """The file is no import of its own: it is read along with another."""


def read(path: Path, options: Options | None = None) -> Imported:
    """Return what a file says; raises `EcoError` when no format fits, or the named one cannot read it."""
    options = options or Options()
    head = open_head(path)
    form = format_of(head, options)
    imported = with_said(IMPORTERS[form].read(head, options), options.said)
    look = look_through(head, getattr(IMPORTERS[form], "LAYOUT", "table"))
    lost = 0 if look.rows_count is None else look.rows_count - imported.rows.read_count
    found = [
        (code, text, "look at these lines of the file")
        for code, text in (*look.doubts, *_unaccounted(lost, look.rows_count))
    ]
    doubts = [
        Note(code, text, "warning", hint, source_id=imported.source.id)
        for code, text, hint in (*found, *_misunderstood(head, form, options))
    ]
    if how := _said_how(options):
        doubts.append(Note("read_as", f"read with {how}", "info", source_id=imported.source.id))
    left_out = (*imported.rows.left_out, *([(_LOST, lost)] if lost > 0 else []))
    return replace(imported, notes=(*imported.notes, *doubts), rows=replace(imported.rows, left_out=left_out))


def _unaccounted(lost: int, rows_count: int | None) -> Iterator[tuple[str, str]]:
    """Yield the doubt about rows of a table that the import does not account for."""
    if lost:
        what = (
            f"{lost} of {rows_count} rows were not read as rows"
            if lost > 0
            else f"{-lost} rows too many were read"
        )
        yield "rows_unaccounted", f"{what}: a quote without its end, or an odd line end"


def _said_how(options: Options) -> str:
    """Return how the user said that a file is to be read, as the options of a command; what `--set` says is apart."""
    words = [f"--format {options.format}"] if options.format else []
    words += [f"--tz {options.tz}"] if options.tz else []
    return " ".join((*words, *(f"--column {ours}={theirs}" for ours, theirs in options.columns.items())))


def _misunderstood(head: Head, form: str, options: Options) -> Iterator[tuple[str, str, str]]:
    """Yield what the user said and the content contradicts, or nothing used, as code, text and hint."""
    if options.format and form != _MAPPED and (other := _sniffed(head)) not in (None, form):
        yield (
            "format_said",
            f"read as {form}, as was said; by its content it is {other}",
            "leave --format out",
        )
    unused = [name for name in options.columns if name not in _COLUMNS_OF_LOGS]
    if unused and form != _MAPPED:
        text = f"read as {form}, which has columns of its own: --column {', '.join(unused)} had no effect"
        yield "column_unused", text, "the map is for --format generic"


def _sniffed(head: Head) -> str | None:
    """Return the name of the format that a file's content has, None when it is none of ours."""
    return next((name for name, importer in IMPORTERS.items() if importer.sniff(head)), None)


def format_of(head: Head, options: Options) -> str:
    """Return the name of the format of a file; raises `EcoError` when none fits."""
    if options.format is not None:
        if options.format not in IMPORTERS:
            near = get_close_matches(options.format, IMPORTERS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise EcoError(f"unknown format {options.format!r}", f"{hint}all of them: eco import --formats")
        return options.format
    found = _sniffed(head)
    if found is None:
        if is_drawn(head.data):
            raise CompanionError(
                f"{head.path}: a picture or a document", "import the data that it was made from"
            )
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
        refuse_no_data(head.path, head.text)
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
