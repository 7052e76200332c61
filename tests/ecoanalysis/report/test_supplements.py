"""An article holds the telling figures; what only the page has keeps one number in both."""

import polars as pl

from ecoanalysis.records import Panel
from ecoanalysis.report.charts.batch_curve import _chosen
from ecoanalysis.report.inline import Pointer, on_paper, pointed
from ecoanalysis.report.model import Figure, Report, Section, See

PANEL = Panel("coverage", "t", "c", pl.DataFrame())


def _report() -> Report:
    figures = (Figure("a", PANEL), Figure("b", PANEL, supplement=True), Figure("c", PANEL))
    return Report("t", "s", "", "", "", "", (Section("s", "S", figures),))


def test_supplements_count_apart_so_that_others_keep_their_numbers() -> None:
    assert _report().numbers() == {"figure:a": "1", "figure:b": "S1", "figure:c": "2"}


def test_an_article_names_a_supplement_without_a_link() -> None:
    see = pointed(See(("a", "b", "c")), _report().numbers())
    assert see[4] == Pointer("figure", "b", "S1")
    printed = on_paper(see)
    assert [piece for piece in printed if isinstance(piece, Pointer)] == [
        Pointer("figure", "a", "1"),
        Pointer("figure", "c", "2"),
    ]
    words = "".join(piece.number if isinstance(piece, Pointer) else piece for piece in printed if piece)  # type: ignore[union-attr,misc]
    assert words == "Evidence: Figures 1, S1 and 2 (S: in the page)."


def test_of_many_batch_curves_six_that_span_the_range_are_named() -> None:
    rows = [
        {
            "base_model": f"m{n:02d}",
            "device": "d",
            "item_unit": "token",
            "batch": batch,
            "energy_per_item_j": n / batch,
        }
        for n in range(1, 22)
        for batch in (1.0, 8.0)
    ]
    shown, names = _chosen(pl.DataFrame(rows))
    assert names == ["m21", "m17", "m13", "m09", "m05", "m01"]
    assert shown.filter(pl.col("name").is_null())["line"].n_unique() == 15
