"""The typeset article: a fixed Typst template that reads the model as JSON."""

import hashlib
import json
import shutil
import tempfile
import warnings
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.records import Quantity
from ecoanalysis.report import cache
from ecoanalysis.report.alt import describe
from ecoanalysis.report.draw import ASSETS, draw
from ecoanalysis.report.inline import Cite, Code, Piece, on_paper, pieces, pointed
from ecoanalysis.report.model import (
    Answers,
    Block,
    Bullets,
    Callout,
    Cards,
    Cell,
    Equation,
    Explorer,
    Figure,
    Phrase,
    Prose,
    Reference,
    Report,
    See,
    Table,
    TraceView,
)
from ecoanalysis.report.numbers import count, halves, text
from ecoanalysis.report.printable import printable
from ecoanalysis.report.theme import for_paper

PAPERS = {"a4": "a4", "letter": "us-letter"}
_APPENDIX_ROWS = 3
_CELL = 160  # longer texts are cut in tables of the article


def write_pdf(report: Report, paper: str = "a4") -> bytes:
    """Return the article as tagged PDF (PDF/UA-1), every font embedded; equal reports give equal bytes.

    Raises `EcoError` for a paper that we do not set.
    """
    if paper not in PAPERS:
        raise EcoError(f"unknown paper {paper!r}", f"choose from: {', '.join(PAPERS)}")
    with tempfile.TemporaryDirectory(prefix="eco-pdf-") as name:
        folder = Path(name)
        (folder / "model.json").write_text(json.dumps(_document(report, paper, folder), ensure_ascii=False))
        shutil.copy(ASSETS.parent / "templates" / "article.typ", folder / "article.typ")
        key = f"{_digest(folder)}.pdf"
        pdf = cache.stored(key)
        if pdf is None:
            pdf = _compiled(folder, report.date)
            cache.keep(key, pdf)
    return pdf


def _compiled(folder: Path, date: str) -> bytes:
    """Return the article that a folder holds as PDF, dated by the report's day."""
    import typst

    compiler = typst.Compiler(
        str(folder / "article.typ"), root=str(folder), font_paths=[str(ASSETS)], ignore_system_fonts=True
    )
    day = datetime.strptime(date or "2000-01-01", "%Y-%m-%d").replace(tzinfo=UTC)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # layout hints of the template, not of the data
        pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=day)
    if not isinstance(pdf, bytes):
        raise TypeError("one document was asked for")
    return pdf


def _digest(folder: Path) -> str:
    """Return the hash of all that decides the article: its files, its fonts and the compiler's version."""
    digest = hashlib.sha256(version("typst").encode())
    for path in [*sorted(folder.iterdir()), *sorted(ASSETS.glob("*.ttf"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:32]


def _document(report: Report, paper: str, folder: Path) -> dict[str, Any]:
    """Return what the template reads; the figures are written beside it."""
    sections = []
    for section in report.sections:
        blocks = [_block(block, report, folder) for block in section.blocks if _on_paper(block)]
        blocks = [block for block in blocks if block.get("pieces", True)]
        sections.append({"title": printable(section.title), "appendix": section.appendix, "blocks": blocks})
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
        "references": [
            {"key": reference.key, "text": printable(reference_text(reference)), "url": _web(reference)}
            for reference in report.references
        ],
    }


def _on_paper(block: Block) -> bool:
    """Return whether an article holds a block: nothing about the page, no supplement, no runs: few rows tell nothing.

    The table of runs is the last one: no number is missing among the others.
    """
    if isinstance(block, Prose):
        return not block.on_screen
    return not (isinstance(block, Figure) and block.supplement) and not (
        isinstance(block, Table) and block.id == "runs"
    )


def _block(block: Block, report: Report, folder: Path) -> dict[str, Any]:
    """Return a block as the template takes it."""
    if isinstance(block, Prose):
        return {
            "kind": "Prose",
            "lead": block.lead,
            "pieces": [_piece(piece) for piece in pieces(block.text, report)],
        }
    if isinstance(block, Equation):
        return {"kind": "Equation", "math": block.typst, "alt": block.text}
    if isinstance(block, See):
        return {
            "kind": "See",
            "pieces": [_piece(piece) for piece in on_paper(pointed(block, report.numbers()))],
        }
    if isinstance(block, Bullets):
        return {"kind": "Bullets", "items": [printable(item) for item in block.items]}
    if isinstance(block, Callout):
        words = [_piece(piece) for piece in pieces(block.text, report)]
        said = {"title": printable(block.title), "pieces": words, "length": len(block.text)}
        return {"kind": "Callout", "tone": block.kind, **said}
    if isinstance(block, Cards):
        rows = [[printable(card.label), _whole(card.value), printable(card.of)] for card in block.rows]
        return {"kind": "Cards", "rows": rows}
    if isinstance(block, Answers):
        return {"kind": "Answers", "rows": [[printable(q), printable(a)] for q, a, _ in block.rows]}
    if isinstance(block, Table | Explorer):
        return _table(block.paper() if isinstance(block, Explorer) else block)
    return _figure(block.figure if isinstance(block, TraceView) else block, folder)


def _piece(piece: Piece) -> str | dict[str, Any]:
    """Return words, a citation or a pointer as the template takes them."""
    if isinstance(piece, str):
        return printable(piece)
    if isinstance(piece, Cite):
        return {"cite": [[key, number] for key, number in piece.works]}
    if isinstance(piece, Code):
        return {"code": printable(piece.text)}
    return {"target": f"{piece.kind}:{piece.id}", "number": piece.number}


def _figure(figure: Figure, folder: Path) -> dict[str, Any]:
    """Return a figure whose drawing is written to the folder."""
    name = f"{figure.id}.svg"
    (folder / name).write_text(printable(for_paper(draw(figure.panel).svg)), encoding="utf-8")
    return {
        "kind": "Figure",
        "id": figure.id,
        "file": name,
        "title": printable(figure.panel.title),
        "caption": printable(figure.panel.caption),
        "alt": printable(describe(figure.panel)),
    }


def _table(table: Table) -> dict[str, Any]:
    """Return a table cut to what an article holds; the caption says what was left out."""
    limit = _APPENDIX_ROWS if table.appendix else table.article_rows
    rows = [[_cell(cell) for cell in row] for row in table.rows[:limit]]
    total = max(table.rows_total, len(table.rows))
    which = f", {table.cut}" if table.cut else ""
    cut = f" {len(rows)} of {count(total)} rows{which}; the page has all." if total > len(rows) else ""
    columns = [
        {
            "title": column.title,
            "align": column.align,
            # Numbers stand under each other at the decimal point: before it and after it are columns of their own.
            "split": any(isinstance(row[place], dict) for row in rows),
            "longest": max([1, *(_length(row[place]) for row in rows)]),
        }
        for place, column in enumerate(table.columns)
    ]
    return {
        "kind": "Table",
        "id": table.id,
        "title": printable(table.title),
        "caption": printable(table.caption) + cut,
        "columns": columns,
        "rows": rows,
    }


def _cell(cell: Cell) -> str | dict[str, str]:
    """Return a cell's text, cut at the decimal point for a quantity."""
    if isinstance(cell, Quantity):
        before, after = halves(text(cell))
        return {"before": before, "after": after}
    return _whole(cell)


def _length(cell: str | dict[str, str]) -> int:
    """Return how many signs a cell has."""
    return len(cell) if isinstance(cell, str) else len(cell["before"] + cell["after"])


def _whole(cell: Cell) -> str:
    """Return a cell's text in one piece."""
    if cell is None:
        return "–"
    if isinstance(cell, Quantity):
        return text(cell)
    if isinstance(cell, int):
        return count(cell)
    words = cell.short if isinstance(cell, Phrase) else cell
    return printable(words if len(words) <= _CELL else words[: _CELL - 1] + "…")


def _web(reference: Reference) -> str:
    """Return the address of a reference, empty for one that is none."""
    return reference.url if reference.url.startswith("https://") else ""


def reference_text(reference: Reference) -> str:
    """Return a reference in one line."""
    year = f"({reference.year}). " if reference.year else ""
    lead = f"{reference.authors} " if reference.authors else ""
    tail = f" {reference.where}." if reference.where else ""
    return f"{lead}{year}{reference.title}.{tail}".strip()
