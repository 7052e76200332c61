"""The studies as readable sections: question, answer, evidence, limits."""

from ecoanalysis.records import Finding, Quantity, StudyResult
from ecoanalysis.report.context import Context
from ecoanalysis.report.draw import drawable
from ecoanalysis.report.model import Block, Bullets, Callout, Column, Figure, Prose, Section, Table

_FINDINGS = 12


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
        "A study that lacks runs says which.",
        columns,
        rows,
    )
    return (Section("open-questions", "Open questions", (table,)),)


def _section(result: StudyResult) -> Section:
    """Return one study."""
    blocks: list[Block] = [Callout("answer", result.question, result.answer)]
    blocks += [
        Figure(f"{result.name}-{place}", panel)
        for place, panel in enumerate(result.panels, start=1)
        if drawable(panel)
    ]
    if result.findings:
        blocks.append(_evidence(result))
    blocks.append(Prose(f"Design. {result.design}"))
    if result.limits:
        blocks.append(Bullets(tuple(f"Limit: {limit}" for limit in result.limits)))
    if result.missing:
        blocks.append(Bullets(tuple(f"To know more, run: {command}" for command in result.missing)))
    if result.exclusions:
        listed = "; ".join(f"{count} {reason}" for reason, count in sorted(result.exclusions.items()))
        blocks.append(Prose(f"Left out: {listed}."))
    return Section(f"study-{result.name}", result.title, tuple(blocks))


def _evidence(result: StudyResult) -> Table:
    """Return the findings with their intervals."""
    rows = tuple(
        (finding.sentence, _estimate(finding), finding.n, _q(finding))
        for finding in result.findings[:_FINDINGS]
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
        f"findings-{result.name}", f"Findings: {result.title}", caption, columns, rows, len(result.findings)
    )


def _estimate(finding: Finding) -> Quantity:
    """Return a finding's estimate; a ratio of energies is a factor, not a share."""
    unit = {"ratio": "x", "1": "x"}.get(finding.unit, finding.unit)
    unit = "ratio" if "share" in finding.estimand else unit
    note = f"{finding.estimand}; {finding.method}" + "".join(f"; {warning}" for warning in finding.warnings)
    return Quantity(
        finding.estimate, unit, finding.basis, None, finding.low, finding.high, finding.level, note
    )


def _q(finding: Finding) -> str | None:
    """Return the q value, or the p value where there is none."""
    value = finding.q_value if finding.q_value is not None else finding.p_value
    if value is None:
        return None
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
