"""The page's controls: where the keyboard stands is seen, an address means the same every time, paper has it all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecoanalysis.impact.place import find_place
from ecoanalysis.report.cells import configurations
from ecoanalysis.report.compose import compose
from ecoanalysis.report.context import Context, load_context
from ecoanalysis.report.html import write_html
from ecoanalysis.report.quantities import carbon, score, water
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from tests.ecoanalysis.report.synthetic import build

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.goto(page_file.as_uri())
    opened.wait_for_selector("html[data-ready=yes]")
    yield opened
    opened.close()


def test_the_keyboards_place_among_the_buttons_that_sort_is_seen(page: Any) -> None:
    page.focus("#csv")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#cells th button')"):
            break
    assert page.evaluate("document.activeElement.matches('#cells th button')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def _follow(page: Any, address: str) -> None:
    page.evaluate(f"location.hash = 'configurations&{address}'")
    page.wait_for_timeout(100)


def test_an_address_means_the_same_whatever_was_chosen_before(page: Any) -> None:
    whole = page.text_content("#explorer-status")
    rows = page.locator("#cells tbody tr").all_text_contents()
    _follow(page, "precision=int8&sort=e&dir=-1&q=model&region=FRA")
    assert page.text_content("#explorer-status") != whole
    assert page.input_value("[name=precision]") == "int8"
    _follow(page, "q=")
    assert page.text_content("#explorer-status") == whole
    assert page.locator("#cells tbody tr").all_text_contents() == rows
    assert [page.input_value(f"[name={name}]") for name in ("precision", "q", "region")] == ["", "", ""]
    assert page.locator("#cells th[aria-sort=none]").count() == page.locator("#cells th").count()


def test_a_value_that_no_configuration_has_filters_nothing(page: Any) -> None:
    whole = page.text_content("#explorer-status")
    _follow(page, "precision=int3&sort=nonsense")
    assert page.input_value("[name=precision]") == ""
    assert page.text_content("#explorer-status") == whole


def test_paper_has_the_drawing_of_a_trace_and_not_the_screens_canvas(page: Any) -> None:
    page.emulate_media(media="screen", color_scheme="dark")
    page.wait_for_function("() => document.querySelector('.trace-canvas').dataset.to")
    assert not page.is_visible("#trace-view .chart svg")
    page.emulate_media(media="print")
    assert page.is_visible("#trace-view .chart svg")
    assert not page.is_visible(".trace-canvas")


def test_paper_has_the_folded_tables_and_the_screen_has_them_folded_again(page: Any) -> None:
    folded = "document.querySelectorAll('details.appendix:not([open])').length"
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<details class=appendix></details>')"
    )
    before = page.evaluate(folded)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(folded) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(folded) == before > 0


def test_paper_says_how_many_rows_it_has(browser: Any, tmp_path: Path) -> None:
    database = build(tmp_path / "eco.duckdb", configs=60, samples=10)
    con = open_database(database, read_only=True)
    many = load_context(con, Settings(database=database))
    con.close()
    path = tmp_path / "report.html"
    path.write_text(write_html(compose(many, sections=("results",)), many.place), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(path.as_uri())
    opened.wait_for_selector("html[data-ready=yes]")
    opened.emulate_media(media="print")
    said = "() => getComputedStyle(document.querySelector('#explorer-status'), '::after').content"
    assert opened.locator("#cells tbody tr").count() == 50
    assert opened.evaluate(said) == '" Printed are the first 50."'
    opened.close()


def test_how_a_number_was_obtained_names_every_factor_as_the_report_does(page: Any, context: Context) -> None:
    place = find_place(Settings(region="FRA"))
    row = configurations(context.measurements, place, context.settings).row(0, named=True)
    for region, cells in (("", context.cells.row(0, named=True)), ("FRA", row)):
        page.select_option("#region", region)
        said = (
            page.locator("#cells tbody tr")
            .first.locator(".n")
            .evaluate_all("(all) => all.map((n) => n.dataset.how)")
        )
        for told, quantity in zip(said[1:4], (carbon(cells), water(cells), score(cells)), strict=True):
            assert (quantity.note or "").split(";")[0] in told
