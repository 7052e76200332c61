"""The whole way: traces gathered, tables rebuilt, studies answered, files written."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecoanalysis.errors import EcoError
from ecoanalysis.records import StudyResult
from ecoanalysis.report import cache
from ecoanalysis.report.compose import compose
from ecoanalysis.report.context import Context, load_context, select
from ecoanalysis.settings import Settings

if TYPE_CHECKING:
    import duckdb

    from ecoanalysis.report.model import Report

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write, and how. `formats` of html, pdf, latex; `sections` empty for all."""

    output: Path
    formats: tuple[str, ...] = ("html", "pdf")
    title: str | None = None
    where: str | None = None
    compare: str | None = None
    sections: tuple[str, ...] = ()
    with_studies: bool = True
    anonymous: bool = False
    theme: str = "auto"
    paper: str = "a4"


def produce(settings: Settings, wanted: Wanted, say: Say) -> list[Path]:
    """Write the report and return the files; `say` gets a line per step.

    Raises `EcoError` when there is nothing to report, or no place to write it to.
    """
    from ecoanalysis.store.database import open_database

    has_traces = settings.traces.is_dir() and any(settings.traces.rglob("*.duckdb"))
    if not has_traces and not settings.database.exists():
        raise EcoError(
            f"nothing recorded in {settings.traces} and no database",
            "eco import FILE, or eco-collect suite quick",
        )
    _refuse_unwritable(wanted.output)
    con = open_database(settings.database)
    con.execute("SET enable_progress_bar = false")  # it would write between our lines
    try:
        _gather(con, settings, has_traces, say)
        select(con, wanted.where)  # a wrong condition is told before the long work
        studies = _studies(con, settings, wanted, say)
        written = publish(con, settings, wanted, studies, say)
    finally:
        con.close()
    cache.trim()
    return written


def _refuse_unwritable(folder: Path) -> None:
    """Raise `EcoError`, before the long work, where no file can be written to a folder, nor the folder be made."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise EcoError(f"{there} is a file, not a folder", "name a folder: --output reports")
    if not os.access(there, os.W_OK | os.X_OK):
        raise EcoError(f"nothing may be written to {there}", "name another folder: --output reports")


def publish(
    con: "duckdb.DuckDBPyConnection",
    settings: Settings,
    wanted: Wanted,
    studies: tuple[StudyResult, ...],
    say: Say,
) -> list[Path]:
    """Write the report of what a database holds, and return the files. Raises `EcoError` where it holds nothing."""
    with _uncollected():
        context = load_context(con, settings, where=wanted.where, anonymous=wanted.anonymous, studies=studies)
        say(f"drawing {context.cells.height} configurations")
        return _write(compose(context, wanted.title, wanted.sections), context, wanted)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold back the search for cyclic garbage: it walks through all that a report holds, a tenth of the time of one."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _gather(con: "duckdb.DuckDBPyConnection", settings: Settings, has_traces: bool, say: Say) -> None:
    """Combine the traces and work out what follows from them, where it has changed."""
    from ecoanalysis.impact.rebuild import refresh
    from ecoanalysis.models.power_curve import curve_for
    from ecoanalysis.store.combine import combine

    if has_traces:
        gathered = combine(con, [settings.traces])
        added = sum(found.runs_added + found.runs_renewed for found in gathered)
        for found in gathered:
            if found.problem:
                say(f"left out {found.path}: {found.problem}")
        say(f"gathered {len(gathered)} traces: {added} runs are new")
    say("working out energy, carbon, water and scores")
    refresh(con, settings, curve_for(settings, con))


def _studies(
    con: "duckdb.DuckDBPyConnection", settings: Settings, wanted: Wanted, say: Say
) -> tuple[StudyResult, ...]:
    """Return what the studies find; one that the data cannot feed says so in its result."""
    left_out = bool(wanted.sections) and "studies" not in wanted.sections
    if left_out or not (wanted.with_studies or wanted.compare):
        return ()
    from ecoanalysis.report.answers import answer, measurements_digest
    from ecoanalysis.report.comparing import compare_column
    from ecoanalysis.studies import STUDIES
    from ecoanalysis.studies.frame import load

    frame = load(con, wanted.where)
    if frame.is_empty():
        return ()
    results = [compare_column(frame, wanted.compare)] if wanted.compare else []
    digest = measurements_digest(frame, settings)
    for name, (_, question) in STUDIES.items() if wanted.with_studies else ():
        say(f"study: {question}")
        results.append(answer(name, frame, settings, digest))
    return tuple(result for result in results if result.findings or result.panels or result.missing)


def _write(report: "Report", context: Context, wanted: Wanted) -> list[Path]:
    """Write the files, each in one step so that a reader never sees half of one."""
    wanted.output.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in wanted.formats:
        path = wanted.output / f"ecoanalysis.{kind}"
        if kind == "html":
            from ecoanalysis.report.html import write_html

            _replace(path, write_html(report, context.place, wanted.theme).encode())
        elif kind == "pdf":
            from ecoanalysis.report.pdf import write_pdf

            _replace(path, write_pdf(report, wanted.paper))
        else:
            from ecoanalysis.report.latex import write_latex

            path = write_latex(report, context, wanted.output / "latex", wanted.paper)
        written.append(path)
    return written


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)
