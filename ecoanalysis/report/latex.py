"""The parts of a paper: tables for booktabs and siunitx, vector figures, numbers as commands, BibTeX."""

import re
from pathlib import Path

from ecoanalysis.records import Quantity
from ecoanalysis.report.context import Context
from ecoanalysis.report.draw import draw, register_fonts
from ecoanalysis.report.model import Cell, Explorer, Figure, Reference, Report, Section, Table, TraceView
from ecoanalysis.report.numbers import count, show
from ecoanalysis.report.printable import printable
from ecoanalysis.report.sections.methods import paragraph
from ecoanalysis.report.theme import literal_colours

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "\n": " ",
    "\u202f": r"\,",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "−": "$-$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "µ": r"\textmu{}",
    "μ": r"$\mu$",
    "°": r"\textdegree{}",
    "→": r"$\rightarrow$",
}
_SUBSCRIPTS = {chr(0x2080 + n): rf"\textsubscript{{{n}}}" for n in range(10)}
_SUPERSCRIPTS = dict(
    zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "$-$"), strict=True)
)
_ROWS = 60
_PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
% Compile with lualatex or xelatex: names may hold any script.
\usepackage{fontspec,booktabs,longtable,graphicx,geometry,microtype}
\usepackage{siunitx,hyperref}
\geometry{margin=25mm}
\sisetup{separate-uncertainty=true,range-phrase={--},group-digits=integer,group-minimum-digits=5}
\DeclareSIUnit\kWh{kWh}
\input{numbers}
"""


def write_latex(report: Report, context: Context, folder: Path) -> Path:
    """Write report.tex and what it inputs into `folder` and return its path; figures are vector PDF."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "tables").mkdir(exist_ok=True)
    body = [
        _PREAMBLE,
        rf"\title{{{tex(report.title)}}}",
        rf"\date{{{tex(report.date)}}}",
        r"\begin{document}",
        r"\maketitle",
    ]
    body.append(rf"\begin{{abstract}}{tex(report.abstract)}\end{{abstract}}")
    for section in report.sections:
        body += _section(section, folder)
    body += [r"\nocite{*}", r"\bibliographystyle{plain}", r"\bibliography{references}", r"\end{document}", ""]
    _write(folder / "numbers.tex", _numbers(report))
    _write(folder / "methods.tex", tex(paragraph(context)) + "\n")
    _write(folder / "references.bib", "\n".join(_bib(reference) for reference in report.references))
    _write(folder / "report.tex", "\n".join(body))
    return folder / "report.tex"


def tex(text: str) -> str:
    """Return text in which nothing is a command."""
    table = (
        _SPECIAL
        | _SUBSCRIPTS
        | {key: rf"\textsuperscript{{{value}}}" for key, value in _SUPERSCRIPTS.items()}
    )
    return "".join(table.get(character, character) for character in printable(text))


def _section(section: Section, folder: Path) -> list[str]:
    """Return a section's lines; its tables and figures are files of their own."""
    lines = [rf"\section{{{tex(section.title)}}}"]
    for block in section.blocks:
        if isinstance(block, Table | Explorer):
            table = block.table if isinstance(block, Explorer) else block
            _write(folder / "tables" / f"{table.id}.tex", _table(table))
            lines.append(rf"\input{{tables/{table.id}}}")
        elif isinstance(block, Figure | TraceView):
            figure = block.figure if isinstance(block, TraceView) else block
            lines += _figure(figure, folder)
        elif hasattr(block, "items"):
            lines += [r"\begin{itemize}", *(rf"\item {tex(item)}" for item in block.items), r"\end{itemize}"]
        elif hasattr(block, "text"):
            title = getattr(block, "title", "")
            lines += [(rf"\paragraph{{{tex(title)}}} " if title else "") + tex(block.text), ""]
        else:
            lines += [r"\begin{description}"]
            lines += [
                rf"\item[{tex(label)}] {_cell(value)} ({tex(note)})" for label, value, note in block.rows
            ]
            lines += [r"\end{description}"]
    return lines


def _figure(figure: Figure, folder: Path) -> list[str]:
    """Write a figure as vector PDF and return the lines that set it."""
    import vl_convert

    register_fonts()
    content: bytes = vl_convert.svg_to_pdf(literal_colours(draw(figure.panel).svg))
    (folder / "figures" / f"{figure.id}.pdf").write_bytes(content)
    caption = rf"\caption{{\textbf{{{tex(figure.panel.title)}.}} {tex(figure.panel.caption)}}}"
    return [
        r"\begin{figure}[htbp]\centering",
        rf"\includegraphics[width=\linewidth]{{figures/{figure.id}.pdf}}",
        caption,
        rf"\label{{fig:{figure.id}}}",
        r"\end{figure}",
    ]


def _table(table: Table) -> str:
    """Return a table that may break over pages."""
    width = 0.86 / max(1, sum(column.align == "left" for column in table.columns) + 1)
    kinds = ["r" if column.align == "right" else rf"p{{{width:.2f}\linewidth}}" for column in table.columns]
    head = " & ".join(rf"\textbf{{{tex(column.title)}}}" for column in table.columns) + r" \\"
    rows = [" & ".join(_cell(cell) for cell in row) + r" \\" for row in table.rows[:_ROWS]]
    caption = rf"\caption{{\textbf{{{tex(table.title)}.}} {tex(table.caption)}}}\label{{tab:{table.id}}}\\"
    start = rf"\begin{{longtable}}{{@{{}}{''.join(kinds)}@{{}}}}"
    lines = [
        r"{\scriptsize",
        start,
        caption,
        r"\toprule",
        head,
        r"\midrule\endhead",
        *rows,
        r"\bottomrule",
        r"\end{longtable}}",
        "",
    ]
    return "\n".join(lines)


def _cell(cell: Cell) -> str:
    """Return a cell: quantities as siunitx."""
    if cell is None:
        return "--"
    if isinstance(cell, Quantity):
        shown = show(cell)
        return "--" if shown is None else shown.latex().replace("\u2212", "-")
    return tex(count(cell) if isinstance(cell, int) else cell)


def _numbers(report: Report) -> str:
    """Return the headline numbers as commands."""
    lines = [r"% Numbers of the report: \ecoLowestEnergyPerItem and so on."]
    lines += [rf"\newcommand{{\eco{name}}}{{{_cell(value)}}}" for name, value in report.facts.items()]
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
    given = [f"  {name} = {{{tex(value)}}}" for name, value in fields.items() if value]
    given += [rf"  url = {{{reference.url}}}"] if reference.url.startswith("https://") else []
    return f"@misc{{{reference.key},\n" + ",\n".join(given) + "\n}\n"


def _write(path: Path, text: str) -> None:
    """Write a text file."""
    path.write_text(text, encoding="utf-8")
