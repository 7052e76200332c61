"""The model of a report: sections of blocks, numbers as quantities, no layout."""

from dataclasses import dataclass, field, replace

import polars as pl

from ecoanalysis.records import Panel, Quantity


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence, and the few words that stand for it in a printed table."""

    full: str
    short: str


Cell = str | int | Quantity | Phrase | None


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph of plain text, `lead` its first words in bold; `[@key]` cites the reference of that key.

    What speaks of the page's own controls is `on_screen` only.
    """

    text: str
    lead: str = ""
    on_screen: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """A displayed equation: as plain text (also what a screen reader says), as Typst and as LaTeX mathematics."""

    text: str
    typst: str
    latex: str


@dataclass(frozen=True, slots=True)
class See:
    """Where the evidence stands: the ids of figures and tables of this report."""

    figures: tuple[str, ...]
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of plain texts."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Callout:
    """What a reader must not miss. kind: note, warning, answer."""

    kind: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A number that matters; where it is one of the explorer, its `row` and `number`: energy, co2, water or ess."""

    label: str
    value: Cell
    of: str
    row: int | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """The few numbers that matter."""

    rows: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked and found: question, answer, and the id of the section that shows it."""

    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `align` left or right; a column of quantities is right."""

    title: str
    align: str = "left"
    width: str = "auto"  # auto, or wide: takes the room that is left


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `rows_total` above len(rows) says that rows were left out, `cut` in words which ones it has."""

    id: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    rows_total: int = 0
    appendix: bool = False  # long: folded in HTML, cut in the PDF
    cut: str = ""
    article_rows: int = 9  # what an article holds of them


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn panel; a `supplement` is in the page only: an article of few pages names it."""

    id: str
    panel: Panel
    supplement: bool = False


@dataclass(frozen=True, slots=True)
class Explorer:
    """All configurations, as `cells.configurations` returns them, and the factors of every region.

    `columns` name the table's: label, device, item, boundary, energy, co2, water, ess, runs.
    """

    table: Table  # what a page without scripts shows
    columns: tuple[str, ...]
    frame: pl.DataFrame
    regions: pl.DataFrame

    def paper(self) -> Table:
        """Return the table as paper shows it: a configuration, its device and its boundary share a column."""
        merged = [name for name in ("device", "boundary") if name in self.columns]
        kept = [place for place, name in enumerate(self.columns) if name not in merged]
        places = [self.columns.index(name) for name in merged]
        rows = tuple(
            (", ".join(str(row[at]) for at in (kept[0], *places)), *(row[at] for at in kept[1:]))
            for row in self.table.rows
        )
        return replace(self.table, columns=tuple(self.table.columns[at] for at in kept), rows=rows)


@dataclass(frozen=True, slots=True)
class Series:
    """A min–max pyramid of one device's samples in one run: times [s] of the buckets and three power levels [W].

    `throttled` are the stretches (start s, end s, cause) in which the driver held the clock down: heat, or power.
    """

    device: str
    samples_count: int
    samples_per_bucket: int
    t_s: list[float]
    low_w: list[float | None]
    mean_w: list[float | None]
    high_w: list[float | None]
    util_ratio: list[float | None]
    temperature_c: list[float | None]
    throttled: tuple[tuple[float, float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One recorded run: its series, and its phases as (name, start s, end s)."""

    run_id: str
    title: str
    series: tuple[Series, ...]
    phases: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class TraceView:
    """The traces that can be looked at; the first is the figure that is printed."""

    traces: tuple[Trace, ...]
    figure: Figure


Block = Prose | Equation | See | Bullets | Callout | Cards | Answers | Table | Figure | Explorer | TraceView


@dataclass(frozen=True, slots=True)
class Section:
    """A section with a heading. `placed`: its numbers are of the reported place, whatever region a page turns to."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    appendix: bool = False
    placed: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A work that is cited, or a data set that was used."""

    key: str
    authors: str
    title: str
    year: str
    where: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report, with the date of the newest data.

    `fingerprint` is 16 digits of the configurations with their impacts, the studies' answers and findings, the place,
    the title and which sections there are: reports of the same numbers share it, whatever their figures look like.
    """

    title: str
    subtitle: str
    date: str
    fingerprint: str
    version: str
    abstract: str
    sections: tuple[Section, ...]
    references: tuple[Reference, ...] = ()
    language: str = "en"
    facts: dict[str, Quantity] = field(default_factory=dict)  # name -> number, for \newcommand

    def numbers(self) -> dict[str, str]:
        """Return the number of each figure ("figure:id") and table ("table:id"), in the order of reading.

        Supplements count apart, S1, S2, …: a figure has the same number in the page and in the article.
        """
        found: dict[str, str] = {}
        figures = supplements = tables = 0
        for block in (block for section in self.sections for block in section.blocks):
            if isinstance(block, Figure | TraceView):
                figure = block.figure if isinstance(block, TraceView) else block
                figures += not figure.supplement
                supplements += figure.supplement
                found[f"figure:{figure.id}"] = f"S{supplements}" if figure.supplement else str(figures)
            elif isinstance(block, Table | Explorer):
                tables += 1
                found[f"table:{(block.table if isinstance(block, Explorer) else block).id}"] = str(tables)
        return found
