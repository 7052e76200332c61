"""Tables for LaTeX: booktabs and siunitx, in columns that fit the page."""

import re

from ecoanalysis.records import Quantity
from ecoanalysis.report.latex_text import tex
from ecoanalysis.report.model import Cell, Phrase, Table
from ecoanalysis.report.numbers import count, show, text

_ROWS = 60
_CELL = 200  # signs: longer texts are cut
_FLOATS = 26  # rows: longer tables break over pages
_LINE = 116  # signs in a line of a table in type of _SIZE
_GAP = 2.2  # signs between two columns
_SIZE, _READABLE, _SMALLEST = 7.0, 5.8, 5.2  # pt
_ACROSS = 1.54  # a page's height over its width, margins taken off
_SHORT = 16  # signs: what is longer wraps
_LEAST = 20  # signs that a column of texts has beside one of numbers: names in four lines are not read


def table_lines(table: Table) -> str:
    """Return a table: one that fits a page floats, a longer one breaks over pages, a wide one lies across."""
    rows = [" & ".join(cell_text(cell) for cell in row) + r" \\" for row in table.rows[:_ROWS]]
    head = " & ".join(rf"\textbf{{{tex(column.title)}}}" for column in table.columns) + r" \\"
    total = max(table.rows_total, len(table.rows))
    cut = (
        f" {len(rows)} of {count(total)} rows{', ' * bool(table.cut)}{table.cut}."
        if total > len(rows)
        else ""
    )
    caption = (
        rf"\caption{{\textbf{{{tex(table.title)}.}} {tex(table.caption + cut)}}}\label{{tab:{table.id}}}"
    )
    kinds, size = _columns(table, _LINE)
    across = size < _READABLE
    if across:
        kinds, size = _columns(table, _LINE * _ACROSS)
    kinds = f"{{@{{}}{kinds}@{{}}}}"
    type_ = rf"\fontsize{{{size:.1f}}}{{{size * 1.2:.1f}}}\selectfont\renewcommand{{\arraystretch}}{{1.15}}"
    if len(rows) <= _FLOATS and not across:
        start = [
            r"\begin{table}[!htbp]\raggedright",
            caption,
            type_,
            rf"\begin{{tabular}}{kinds}",
            r"\toprule",
            head,
        ]
        lines = [*start, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]
    else:
        again = [r"\toprule", head, r"\midrule"]
        start = [rf"{{{type_}", rf"\begin{{longtable}}[l]{kinds}", caption + r"\\", *again]
        start += [r"\endfirsthead", *again, r"\endhead", r"\bottomrule\endfoot"]
        lines = [*start, *rows, r"\end{longtable}}", ""]
        lines = [r"\begin{landscape}", *lines, r"\end{landscape}", ""] if across else lines
    return "\n".join(lines)


def _columns(table: Table, line: float) -> tuple[str, float]:
    """Return the columns of a table and its type's size [pt]; `line` is how many signs of `_SIZE` fit beside another.

    What is short takes what it needs, texts wrap in shares of what is left; none gets less than its longest word. The
    type shrinks where even that is more than a line.
    """
    columns = list(zip(*table.rows[:_ROWS], strict=True)) or [()] * len(table.columns)
    widths = [
        max([1.15 * len(c.title), *map(_width, cells)])
        for c, cells in zip(table.columns, columns, strict=True)
    ]
    words = [
        max([1.15 * len(c.title), *map(_word, cells), min(width, _LEAST) if c.width == "wide" else 0])
        for c, cells, width in zip(table.columns, columns, widths, strict=True)
    ]
    texts = [column.align == "left" for column in table.columns]
    gaps = _GAP * (len(widths) - 1)
    for limit in (_SHORT, 12, 8, 0):  # the fewer columns wrap the better, as long as there is room for them
        wrapped = [text_ and width > limit for text_, width in zip(texts, widths, strict=True)]
        taken = sum(width for width, wraps in zip(widths, wrapped, strict=True) if not wraps)
        least = sum(word for word, wraps in zip(words, wrapped, strict=True) if wraps)
        if taken + gaps + least <= line:
            break
    size = max(_SIZE * min(1.0, line / (taken + gaps + least)), _SMALLEST)
    left = max(line * _SIZE / size - taken - gaps - least, 0.0)
    asked = sum(min(width, 70) for width, wraps in zip(widths, wrapped, strict=True) if wraps)
    kinds = []
    for column, width, word, wraps in zip(table.columns, widths, words, wrapped, strict=True):
        share = (word + left * min(width, 70) / max(asked, 1)) * size / _SIZE / line
        kinds.append(rf"L{{{share:.3f}\linewidth}}" if wraps else "r" if column.align == "right" else "l")
    return "".join(kinds), size


def _word(cell: Cell) -> int:
    """Return the signs of a cell's longest piece that no line may break."""
    if isinstance(cell, Quantity) or cell is None:
        return 1
    words = cell.short if isinstance(cell, Phrase) else str(cell)
    return min(max(map(len, re.split(r"[\s_/-]", words)), default=1) + 1, 28)


def _width(cell: Cell) -> int:
    """Return about how many signs a cell needs in one line."""
    if isinstance(cell, Quantity):
        return len(text(cell))
    if isinstance(cell, Phrase):
        return len(cell.short)
    return 1 if cell is None else len(str(cell))


def cell_text(cell: Cell) -> str:
    """Return a cell: quantities as siunitx."""
    if cell is None:
        return "--"
    if isinstance(cell, Quantity):
        shown = show(cell)
        return "--" if shown is None else shown.latex().replace("\u2212", "-")
    if isinstance(cell, int):
        return tex(count(cell))
    # A long name without a space may break after its hyphens, slashes and underscores.
    plain = cell.short if isinstance(cell, Phrase) else cell
    words = tex(plain if len(plain) <= _CELL else plain[: _CELL - 1] + "…")
    words = re.sub(r"(\w{24})(?=\w{8})", r"\1\\allowbreak{}", words)
    return re.sub(r"(\\_|/|-)(?=\w)", r"\1\\allowbreak{}", words)
