"""The parts of a paper: tables for booktabs and siunitx, vector figures, numbers as commands, BibTeX."""

import re
from pathlib import Path

from ecoanalysis.report.context import Context
from ecoanalysis.report.draw import ASSETS, draw, register_fonts
from ecoanalysis.report.inline import Cite, Code, Piece, on_paper, pieces, pointed
from ecoanalysis.report.latex_table import cell_text, table_lines
from ecoanalysis.report.latex_text import tex
from ecoanalysis.report.model import (
    Answers,
    Block,
    Bullets,
    Callout,
    Cards,
    Equation,
    Explorer,
    Figure,
    Prose,
    Reference,
    Report,
    Section,
    See,
    Table,
    TraceView,
)
from ecoanalysis.report.sections.methods import paragraph
from ecoanalysis.report.theme import for_paper

_PREAMBLE = ASSETS.parent / "templates" / "preamble.tex"


def write_latex(report: Report, context: Context, folder: Path, paper: str = "a4") -> Path:
    """Write report.tex and what it inputs into `folder` and return its path; figures are vector PDF."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "tables").mkdir(exist_ok=True)
    body = [
        _PREAMBLE.read_text(encoding="utf-8").replace("PAPER", f"{paper}paper"),
        rf"\title{{{tex(report.title)}}}",
        rf"\author{{\parbox{{0.8\linewidth}}{{\centering {tex(report.subtitle)}}}}}",
        rf"\date{{{tex(report.date)}}}",
        r"\begin{document}",
        r"\maketitle",
    ]
    body.append(rf"\begin{{abstract}}{tex(report.abstract)}\end{{abstract}}")
    for section in report.sections:
        body += _section(section, report, folder)
    body += [r"\nocite{*}", r"\bibliographystyle{plain}", r"\bibliography{references}", r"\end{document}", ""]
    _write(folder / "numbers.tex", _numbers(report))
    _write(folder / "methods.tex", _inline(pieces(paragraph(context), report)) + "\n")
    _write(folder / "references.bib", "\n".join(_bib(reference) for reference in report.references))
    _write(folder / "report.tex", "\n".join(body))
    return folder / "report.tex"


def _section(section: Section, report: Report, folder: Path) -> list[str]:
    """Return a section's lines; its tables and figures are files of their own."""
    lines = [rf"\section{{{tex(section.title)}}}\label{{sec:{section.id}}}"]
    for block in section.blocks:
        if isinstance(block, Prose) and (block.on_screen or block.text == report.abstract):
            continue  # of the page alone, or under the title already
        lines += _block(block, report, folder)
    return lines


def _block(block: Block, report: Report, folder: Path) -> list[str]:
    """Return a block's lines."""
    if isinstance(block, Prose):
        lead = rf"\textbf{{{tex(block.lead)}}} " if block.lead else ""
        return [lead + _inline(pieces(block.text, report)), ""]
    if isinstance(block, See):
        return [_inline(on_paper(pointed(block, report.numbers()))), ""]
    if isinstance(block, Bullets):
        return [r"\begin{itemize}", *(rf"\item {tex(item)}" for item in block.items), r"\end{itemize}"]
    if isinstance(block, Callout):
        return [rf"\paragraph{{{tex(block.title)}}} {_inline(pieces(block.text, report))}", ""]
    if isinstance(block, Equation):
        return [r"\begin{equation}", block.latex, r"\end{equation}"]
    if isinstance(block, Cards):
        items = [rf"\item[{tex(c.label)}] {cell_text(c.value)} ({tex(c.of)})" for c in block.rows]
        return [r"\begin{description}", *items, r"\end{description}"]
    if isinstance(block, Answers):
        items = [rf"\item[{tex(question)}] {tex(answer)}" for question, answer, _ in block.rows]
        return [r"\begin{description}", *items, r"\end{description}"]
    if isinstance(block, Table | Explorer):
        table = block.paper() if isinstance(block, Explorer) else block
        _write(folder / "tables" / f"{table.id}.tex", table_lines(table))
        return [rf"\input{{tables/{table.id}}}"]
    return _figure(block.figure if isinstance(block, TraceView) else block, folder)


def _inline(found: list[Piece]) -> str:
    """Return words, citations and pointers."""
    texts = []
    for piece in found:
        if isinstance(piece, str):
            texts.append(tex(piece))
        elif isinstance(piece, Cite):
            texts.append(rf"\cite{{{','.join(key for key, _ in piece.works)}}}")
        elif isinstance(piece, Code):
            texts.append(rf"\texttt{{{tex(piece.text)}}}")
        else:
            texts.append(rf"\ref{{{'fig' if piece.kind == 'figure' else 'tab'}:{piece.id}}}")
    return "".join(texts)


def _figure(figure: Figure, folder: Path) -> list[str]:
    """Write a figure as vector PDF and return the lines that set it."""
    import vl_convert

    register_fonts()
    content: bytes = vl_convert.svg_to_pdf(for_paper(draw(figure.panel).svg))
    (folder / "figures" / f"{figure.id}.pdf").write_bytes(content)
    if figure.supplement:  # at hand for the paper's own supplement
        return []
    caption = rf"\caption{{\textbf{{{tex(figure.panel.title)}.}} {tex(figure.panel.caption)}}}"
    return [
        r"\begin{figure}[tbp]\centering",
        rf"\includegraphics[width=\linewidth]{{figures/{figure.id}.pdf}}",
        caption,
        rf"\label{{fig:{figure.id}}}",
        r"\end{figure}",
    ]


def _numbers(report: Report) -> str:
    """Return the headline numbers as commands."""
    lines = [r"% Numbers of the report: \ecoLowestEnergyPerItem and so on."]
    lines += [rf"\newcommand{{\eco{name}}}{{{cell_text(value)}}}" for name, value in report.facts.items()]
    lines.append(rf"\newcommand{{\ecoFingerprint}}{{\texttt{{{report.fingerprint}}}}}")
    return "\n".join(lines) + "\n"


def _bib(reference: Reference) -> str:
    """Return a BibTeX entry."""
    fields = {
        "author": reference.authors,
        "title": reference.title,
        "year": reference.year,
        "howpublished": reference.where,
    }
    authors = re.sub(r"(?<=\.), (?=[A-Z])", " and ", fields["author"]).replace(" et al.", " and others")
    fields["author"] = authors
    fields["key"] = "" if authors else reference.key
    given = [f"  {name} = {{{tex(value)}}}" for name, value in fields.items() if value]
    given = [
        field.replace("  title = {", "  title = {{") + "}" * field.startswith("  title") for field in given
    ]
    given += [rf"  url = {{{reference.url}}}"] if reference.url.startswith("https://") else []
    return f"@misc{{{reference.key},\n" + ",\n".join(given) + "\n}\n"


def _write(path: Path, text: str) -> None:
    """Write a text file."""
    path.write_text(text, encoding="utf-8")
