"""The typeset article: a fixed Typst template that reads the model as JSON."""

import json
import shutil
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.records import Quantity
from ecoanalysis.report.alt import describe
from ecoanalysis.report.draw import ASSETS, draw
from ecoanalysis.report.model import (
    Block,
    Bullets,
    Callout,
    Cards,
    Cell,
    Explorer,
    Figure,
    Prose,
    Reference,
    Report,
    Table,
    TraceView,
)
from ecoanalysis.report.numbers import count, text
from ecoanalysis.report.printable import printable
from ecoanalysis.report.theme import literal_colours

PAPERS = {"a4": "a4", "letter": "us-letter"}
_ROWS = 24
_APPENDIX_ROWS = 12
_CELL = 160  # longer texts are cut in tables of the article


def write_pdf(report: Report, paper: str = "a4") -> bytes:
    """Return the article as tagged PDF (PDF/UA-1), every font embedded; equal reports give equal bytes.

    Raises `EcoError` for a paper that we do not set.
    """
    import typst

    if paper not in PAPERS:
        raise EcoError(f"unknown paper {paper!r}", f"choose from: {', '.join(PAPERS)}")
    with tempfile.TemporaryDirectory(prefix="eco-pdf-") as name:
        folder = Path(name)
        (folder / "model.json").write_text(json.dumps(_document(report, paper, folder), ensure_ascii=False))
        shutil.copy(ASSETS.parent / "templates" / "article.typ", folder / "article.typ")
        compiler = typst.Compiler(
            str(folder / "article.typ"), root=name, font_paths=[str(ASSETS)], ignore_system_fonts=True
        )
        day = datetime.strptime(report.date or "2000-01-01", "%Y-%m-%d").replace(tzinfo=UTC)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # layout hints of the template, not of the data
            pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=day)
    if not isinstance(pdf, bytes):
        raise TypeError("one document was asked for")
    return pdf


def _document(report: Report, paper: str, folder: Path) -> dict[str, Any]:
    """Return what the template reads; the figures are written beside it."""
    sections = []
    for section in report.sections:
        blocks = [found for block in section.blocks for found in _block(block, folder)]
        sections.append({"title": printable(section.title), "blocks": blocks})
    title = printable(report.title)
    return {
        "title": title,
        "short_title": title if len(title) < 80 else title[:78] + "…",
        "subtitle": printable(report.subtitle),
        "date": report.date,
        "language": report.language,
        "paper": PAPERS[paper],
        "version": report.version,
        "fingerprint": report.fingerprint,
        "sections": sections,
        "references": [printable(reference_text(reference)) for reference in report.references],
    }


def _block(block: Block, folder: Path) -> list[dict[str, Any]]:
    """Return a block as the template takes it; none for what only a screen shows."""
    if isinstance(block, Prose):
        return [{"kind": "Prose", "text": printable(block.text)}]
    if isinstance(block, Bullets):
        return [{"kind": "Bullets", "items": [printable(item) for item in block.items]}]
    if isinstance(block, Callout):
        return [
            {
                "kind": "Callout",
                "tone": block.kind,
                "title": printable(block.title),
                "text": printable(block.text),
            }
        ]
    if isinstance(block, Cards):
        return [{"kind": "Cards", "rows": [[printable(a), _cell(b), printable(c)] for a, b, c in block.rows]}]
    if isinstance(block, Table):
        return [_table(block)]
    if isinstance(block, Explorer):
        return [_table(block.table)]
    figure = block.figure if isinstance(block, TraceView) else block
    return [] if figure.html_only else [_figure(figure, folder)]


def _figure(figure: Figure, folder: Path) -> dict[str, Any]:
    """Return a figure whose drawing is written to the folder."""
    name = f"{figure.id}.svg"
    (folder / name).write_text(printable(literal_colours(draw(figure.panel).svg)), encoding="utf-8")
    return {
        "kind": "Figure",
        "file": name,
        "width": 100,
        "title": printable(figure.panel.title),
        "caption": printable(figure.panel.caption),
        "alt": printable(describe(figure.panel)),
    }


def _table(table: Table) -> dict[str, Any]:
    """Return a table cut to what an article holds; the caption says what was left out."""
    limit = _APPENDIX_ROWS if table.appendix else _ROWS
    rows = [[_cell(cell) for cell in row] for row in table.rows[:limit]]
    total = max(table.rows_total, len(table.rows))
    cut = f" {len(rows)} of {count(total)} rows; the page has more." if total > len(rows) else ""
    columns = [
        {"title": column.title, "align": column.align, "width": column.width} for column in table.columns
    ]
    return {
        "kind": "Table",
        "title": printable(table.title),
        "caption": printable(table.caption) + cut,
        "columns": columns,
        "rows": rows,
    }


def _cell(cell: Cell) -> str:
    """Return a cell's text."""
    if cell is None:
        return "–"
    if isinstance(cell, Quantity):
        return text(cell)
    if isinstance(cell, int):
        return count(cell)
    shown = cell if len(cell) <= _CELL else cell[: _CELL - 1] + "…"
    return printable(shown)


def reference_text(reference: Reference) -> str:
    """Return a reference in one line."""
    year = f"({reference.year}). " if reference.year else ""
    lead = f"{reference.authors} " if reference.authors else ""
    tail = f" {reference.where}." if reference.where else ""
    return f"{lead}{year}{reference.title}.{tail} {reference.url}".strip()
