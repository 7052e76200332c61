"""The section on skill shows the stored validation, its own data's where there is one, and says when fits are old."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.models.fit import Book, write_book
from ecoanalysis.models.validate import SCHEMA
from ecoanalysis.models.validation import (
    COVERAGE_SCHEMA,
    CURVE_SCHEMA,
    POINT_SCHEMA,
    Validation,
    fingerprint,
    write_validation,
)
from ecoanalysis.report.context import Context
from ecoanalysis.report.draw import draw
from ecoanalysis.report.model import Callout, Figure, Prose, Table
from ecoanalysis.report.sections import skill


def stored() -> Validation:
    """Return a validation of two splits with numbers that are told apart."""
    row = dict.fromkeys(SCHEMA) | {
        "dataset": "made",
        "kind": "token",
        "n": 90,
        "groups_count": 10,
        "r2": 0.97,
    }
    row |= {"mape": 0.2, "within_2x": 0.99, "bias_ratio": 1.0, "width": 1.5}
    metrics = [
        row | {"split": "arch", "estimator": "champion", "mdape": 0.111, "coverage": 0.91},
        row | {"split": "arch", "estimator": "loglinear", "mdape": 0.222},
        row | {"split": "arch", "estimator": "ecologits", "mdape": 0.333},
        row | {"split": "arch", "estimator": "constant", "mdape": 0.001},
        row | {"split": "device", "estimator": "champion", "mdape": 0.444, "coverage": 0.5},
        row | {"split": "arch, 1 anchor", "estimator": "champion", "mdape": 0.05, "coverage": 0.9},
    ]
    name = {"dataset": "made", "kind": "token", "split": "arch"}
    coverage = [
        name | {"n": 90, "groups_count": 10, "coverage": 0.91, "low": 0.6, "high": 0.98, "width": 1.5}
    ]
    points = [
        name
        | {"model": "m", "device": "d", "measured_j": 1.0, "ratio": 0.8 + 0.01 * i, "low": 0.5, "high": 2.0}
        for i in range(41)
    ]
    curve = [
        name | {"estimator": "champion", "rows_count": size, "mdape": error}
        for size, error in ((20, 0.3), (50, 0.2))
    ]
    return Validation(
        pl.DataFrame(metrics, SCHEMA), pl.DataFrame(coverage, COVERAGE_SCHEMA), pl.DataFrame(points, POINT_SCHEMA),
        pl.DataFrame(curve, CURVE_SCHEMA), {}, ("Somebody (MIT)",), "f" * 16, "2026-11-27",
    )  # fmt: skip


@pytest.fixture
def own(context: Context, tmp_path: Path) -> Context:
    """A report whose database lies beside a stored validation."""
    write_validation(stored(), tmp_path / "fits" / "validation.json")
    return replace(context, settings=replace(context.settings, database=tmp_path / "eco.duckdb"))


def test_figures_are_those_of_the_stored_validation(own: Context) -> None:
    (section,) = skill.build(own)
    answer, table, provenance = section.blocks[0], section.blocks[2], section.blocks[-1]
    assert isinstance(answer, Callout)
    assert "new architecture 11\u202f%, new device 44\u202f%" in answer.text
    assert "In 1 of 2 kinds of extrapolation" in answer.text
    assert isinstance(table, Table)
    arch, device = table.rows
    assert arch[3:5] == ("11.1%", "22% (loglinear)")  # TDP × time knows the time: no baseline here
    assert arch[6] == "91% (60%–98%)"
    assert device[4] == "–"
    assert isinstance(provenance, Prose)
    assert "your own data (2026-11-27): Somebody (MIT)" in provenance.text


def test_ratio_coverage_and_learning_curve_are_drawn(own: Context) -> None:
    (section,) = skill.build(own)
    figures = [block for block in section.blocks if isinstance(block, Figure)]
    assert [figure.panel.chart for figure in figures] == ["ratio_quantiles", "coverage", "learning_curve"]
    ratios = figures[0].panel.frame.row(0, named=True)
    # ratios 0.80 … 1.20 in steps of 0.01: quartiles 0.9, 1.0, 1.1
    assert [ratios[name] for name in ("q25", "q50", "q75")] == pytest.approx([0.9, 1.0, 1.1], abs=1e-3)
    for figure in figures:
        assert "<svg" in draw(figure.panel).svg


def test_without_an_own_validation_the_published_data_are_named(context: Context, tmp_path: Path) -> None:
    elsewhere = replace(context, settings=replace(context.settings, database=tmp_path / "eco.duckdb"))
    (section,) = skill.build(elsewhere)
    last = section.blocks[-1]
    assert isinstance(last, Prose)
    assert "not from the data of this report" in last.text
    assert "ML.ENERGY" in last.text


def test_fits_of_other_data_are_said_to_be(own: Context) -> None:
    path = own.settings.database.parent / "fits" / "current.json"
    write_book(Book({}, data="0" * 16), path)
    assert any(
        isinstance(block, Callout) and "other data" in block.title for block in skill.build(own)[0].blocks
    )
    write_book(Book({}, data=fingerprint(own.measurements)), path)
    assert not any(
        isinstance(block, Callout) and "other data" in block.title for block in skill.build(own)[0].blocks
    )
