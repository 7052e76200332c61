"""The values of one column against the commonest of them, as a study of the reader's own."""

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.records import Finding, Panel, StudyResult
from ecoanalysis.studies.comparison import compare

_VALUES = 8


def compare_column(frame: pl.DataFrame, column: str) -> StudyResult:
    """Return energy per item of each value of a column over the commonest, on the configurations that both have.

    Raises `EcoError` for a column that is not there, or that has one value only.
    """
    if column not in frame.columns:
        raise EcoError(f"--compare: no column {column!r}", "for example --compare precision, or device")
    counts = frame.drop_nulls(column).group_by(column).len().sort(["len", column], descending=[True, False])
    values = counts[column].head(_VALUES).to_list()
    if len(values) < 2:
        raise EcoError(f"--compare: {column} has one value only", "compare a column that varies: eco top")
    reference = frame.filter(pl.col(column) == values[0])
    findings: list[Finding] = []
    apart: dict[str, int] = {}
    for value in values[1:]:
        names = (f"{column}={values[0]}", f"{column}={value}")
        try:
            findings.append(compare(reference, frame.filter(pl.col(column) == value), names))
        except EcoError as error:
            apart[error.message] = frame.filter(pl.col(column) == value).height
    answer = " ".join(finding.sentence for finding in findings[:2])
    return StudyResult(
        name="comparison",
        title=f"Comparison by {column}",
        question=f"Does {column} change the energy per item?",
        answer=answer or f"Cannot be told: no configuration was measured with two values of {column}.",
        design=f"Configurations alike in all but {column}; the commonest value, {values[0]}, is the reference.",
        findings=tuple(findings),
        panels=_panels(findings, column, str(values[0])),
        exclusions=apart,
    )


def _panels(findings: list[Finding], column: str, reference: str) -> tuple[Panel, ...]:
    """Return the ratios with their intervals."""
    rows = [
        {
            "label": f.name[:80],
            "treatment": column,
            "estimate": f.estimate,
            "low": f.low,
            "high": f.high,
            "n": f.n,
        }
        for f in findings
        if f.estimate is not None
    ]
    if not rows:
        return ()
    caption = (
        f"Energy per item over that of {reference}, with 95 % intervals; one that runs to an "
        "edge goes on beyond it. Left of 1 needs less energy."
    )
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return (
        Panel("ratio_forest", f"Energy by {column}", caption, frame, {"x": "energy ratio", "reference": 1.0}),
    )
