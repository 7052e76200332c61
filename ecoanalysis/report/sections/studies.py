"""The studies as readable sections: question, answer, evidence, limits."""

import re
from dataclasses import replace

from ecoanalysis.records import Finding, Panel, Quantity, StudyResult
from ecoanalysis.report.charts.means import reduced
from ecoanalysis.report.context import Context
from ecoanalysis.report.draw import drawable
from ecoanalysis.report.model import (
    Block,
    Callout,
    Column,
    Figure,
    Phrase,
    Prose,
    Section,
    See,
    Table,
)
from ecoanalysis.report.numbers import count, kept

_FINDINGS = 12
_IN_ARTICLE = 2  # figures of a study; the page has all
_SHARES = ("share", "coefficient of variation", "relative change")  # ratios that are shown in per cent
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)?[ :]")  # no name of a model or a precision, which stays as it is
_PLACED = ("place", "mismatch")  # some of their numbers are those of the reported place


def build(context: Context) -> tuple[Section, ...]:
    """Return one section per answered question, then one for those that the data cannot answer."""
    answered = [result for result in context.studies if result.findings or result.panels]
    return (*(_section(result) for result in answered), *_open(context))


def _open(context: Context) -> tuple[Section, ...]:
    """Return the questions without an answer, and the runs that would bring it."""
    rows = tuple(
        (result.question, result.answer, "; ".join(result.missing) or "–")
        for result in context.studies
        if not result.findings and not result.panels
    )
    if not rows:
        return ()
    columns = (
        Column("Question", width="wide"),
        Column("What stands in the way", width="wide"),
        Column("What to run", width="wide"),
    )
    table = Table(
        "open-questions",
        "Questions that these data cannot answer",
        "What stands in the way of an answer, and the command that would record what is missing.",
        columns,
        rows,
    )
    lead = Prose(
        "A question that these data cannot answer is left open; the table names the runs that would answer it."
    )
    return (Section("open-questions", "Open questions", (lead, See((), (table.id,)), table)),)


def _section(result: StudyResult) -> Section:
    """Return one study."""
    figures = [
        Figure(f"{result.name}-{place}", _captioned(panel), supplement=place > _IN_ARTICLE)
        for place, panel in enumerate(filter(drawable, map(reduced, result.panels)), start=1)
    ]
    evidence = [_evidence(result)] if result.findings else []
    blocks: list[Block] = [Callout("answer", result.question, kept(result.answer))]
    blocks.append(See(tuple(figure.id for figure in figures), tuple(table.id for table in evidence)))
    blocks += [*figures, *evidence, Prose(kept(result.design), "Design.")]
    if result.limits:
        blocks.append(Prose(kept(" ".join(result.limits)), "Limits."))
    if result.missing:
        blocks.append(Prose("; ".join(result.missing) + ".", "To know more, run"))
    if listed := "; ".join(f"{reason}: {count(n)}" for reason, n in sorted(result.exclusions.items()) if n):
        blocks.append(Prose(f"{listed[:1].upper()}{listed[1:]}.", "Left out."))
    return Section(f"study-{result.name}", result.title, tuple(blocks), placed=result.name in _PLACED)


def _captioned(panel: Panel) -> Panel:
    """Return a panel whose caption writes its numbers as all others are."""
    return replace(panel, caption=kept(panel.caption))


def _evidence(result: StudyResult) -> Table:
    """Return the findings with their intervals."""
    shown = result.findings[:_FINDINGS]
    rows = tuple(
        (Phrase(kept(finding.sentence), _short(finding, before)), _estimate(finding), finding.n, _q(finding))
        for finding, before in zip(shown, (None, *shown), strict=False)
    )
    columns = (
        Column("Finding", width="wide"),
        Column("Estimate", "right"),
        Column("n", "right"),
        Column("q", "right"),
    )
    caption = (
        "Estimates with 95 % intervals; q is the false discovery rate at which a finding would be called."
    )
    return Table(
        f"findings-{result.name}",
        f"Findings: {result.title}",
        caption,
        columns,
        rows,
        len(result.findings),
        article_rows=6,
    )


def _short(finding: Finding, before: Finding | None) -> str:
    """Return in few words what was estimated: of what, and what it is where the finding before is not the same."""
    name = finding.name[:1].upper() + finding.name[1:] if _WORD.match(finding.name) else finding.name
    same = before is not None and before.estimand == finding.estimand
    return name if same else f"{name}; {finding.estimand}"


def _estimate(finding: Finding) -> Quantity:
    """Return a finding's estimate; a ratio of energies is a factor, not a share."""
    unit = {"ratio": "x", "1": "x", "exponent": ""}.get(finding.unit, finding.unit)
    unit = "ratio" if any(word in finding.estimand for word in _SHARES) else unit
    note = f"{finding.estimand}; {finding.method}" + "".join(f"; {warning}" for warning in finding.warnings)
    value, low, high = finding.estimate, finding.low, finding.high
    if unit == "parameters":  # counts of parameters are read in millions
        unit = "M parameters"
        value, low, high = (None if number is None else number / 1e6 for number in (value, low, high))
    return Quantity(value, unit, finding.basis, None, low, high, finding.level, note)


def _q(finding: Finding) -> str | None:
    """Return the q value, or the p value where there is none."""
    value = finding.q_value if finding.q_value is not None else finding.p_value
    if value is None:
        return None
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
