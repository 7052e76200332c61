"""The records that cross folder boundaries: quantities, findings, panels, study results."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

Basis = Literal["measured", "derived", "estimated", "assumed"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what an honest reader asks of it.

    `value` None means unknown: `note` says why. `low` and `high` bound it at `level`; `unit` is one of
    `ecoanalysis.units`; `boundary` as in `collectors.trace.Device`.
    """

    value: float | None
    unit: str
    basis: Basis
    boundary: str | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of a study: an estimand, its estimate with interval, and a sentence with the numbers."""

    name: str
    estimand: str
    sentence: str
    estimate: float | None
    low: float | None
    high: float | None
    unit: str
    n: int
    method: str
    basis: Basis  # of the energies, or other numbers, behind it: the weakest
    level: float = 0.95
    groups: dict[str, str] = field(default_factory=dict)  # what it is conditioned on: device, framework, …
    p_value: float | None = None
    q_value: float | None = None  # after control of the false discovery rate
    warnings: tuple[str, ...] = ()
    exclusions: dict[str, int] = field(default_factory=dict)  # reason -> measurements left out
    measurement_ids: tuple[int, ...] = ()  # where the figure comes from


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure as data: the report's chart of that name draws `frame` with `options`."""

    chart: str  # a name in ecoanalysis.report.charts.CHARTS
    title: str
    caption: str  # what to see
    frame: "pl.DataFrame"  # numbers only, sorted
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyResult:
    """What a study returns. `missing` are ready command lines for the runs that would answer the question."""

    name: str
    title: str
    question: str
    answer: str
    design: str  # estimand, matching, model: how the answer was obtained, in words
    findings: tuple[Finding, ...] = ()
    panels: tuple[Panel, ...] = ()
    limits: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    exclusions: dict[str, int] = field(default_factory=dict)
