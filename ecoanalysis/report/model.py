"""The model of a report: sections of blocks, numbers as quantities, no layout."""

from dataclasses import dataclass, field

import polars as pl

from ecoanalysis.records import Panel, Quantity

Cell = str | int | Quantity | None


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph of plain text."""

    text: str


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
class Cards:
    """The few numbers that matter: label, quantity or count, and what it is of."""

    rows: tuple[tuple[str, Cell, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `align` left or right; a column of quantities is right."""

    title: str
    align: str = "left"
    width: str = "auto"  # auto, or wide: takes the room that is left


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `rows_total` above len(rows) says that rows were left out of this one."""

    id: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    rows_total: int = 0
    appendix: bool = False  # long: folded in HTML, cut in the PDF


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn panel. `html_only` figures are left out of the article."""

    id: str
    panel: Panel
    note: str = ""
    html_only: bool = False


@dataclass(frozen=True, slots=True)
class Explorer:
    """All configurations, as `cells.CELL_SCHEMA` says, and the factors of every region."""

    table: Table  # what paper and a page without scripts show
    frame: pl.DataFrame
    regions: pl.DataFrame


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


Block = Prose | Bullets | Callout | Cards | Table | Figure | Explorer | TraceView


@dataclass(frozen=True, slots=True)
class Section:
    """A section with a heading; `parent` is the id of the section that it is part of."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    parent: str | None = None
    appendix: bool = False


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
    """A whole report. `fingerprint` is 16 digits of everything shown; `date` is that of the newest data."""

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
