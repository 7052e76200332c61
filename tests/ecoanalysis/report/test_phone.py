"""On a phone a row of numbers is a card: nothing of it lies beyond the edge, and every number says what it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_RIGHT = "(e) => e.getBoundingClientRect().right > innerWidth"
_WIDE = f"(name) => [...document.querySelectorAll(name)].filter({_RIGHT}).length"


@pytest.fixture
def phone(browser: Any, page_file: Path) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    yield page
    context.close()


def test_the_numbers_of_a_configuration_stand_within_the_screen_under_their_names(phone: Any) -> None:
    assert phone.locator("#cells tbody td.right").count() > 20
    assert phone.evaluate(_WIDE, "#cells td") == 0
    said = "(td) => getComputedStyle(td, '::before').content + td.dataset.name"
    titles = phone.evaluate(
        f"[...document.querySelectorAll('#cells tbody tr:first-child td.right')].map({said})"
    )
    assert titles[0] == '"Energy per item"Energy per item'


def test_a_column_can_be_sorted_by_on_a_phone(phone: Any) -> None:
    button = phone.locator("#cells th button", has_text="Energy per item")
    button.click()
    assert phone.locator("#cells th[aria-sort=ascending]").inner_text().startswith("Energy per item")


def test_a_row_is_a_row_again_on_a_desk(phone: Any) -> None:
    phone.set_viewport_size({"width": 1280, "height": 900})
    assert (
        phone.evaluate("getComputedStyle(document.querySelector('#cells tbody tr')).display") == "table-row"
    )


def test_a_long_command_breaks_and_a_short_one_does_not(phone: Any, page_file: Path) -> None:
    phone.add_style_tag(content="section { content-visibility: visible !important }")
    add = "(text) => document.querySelector('#summary p').insertAdjacentHTML('beforeend', `<code>${text}</code>`)"
    phone.evaluate(add, "eco-collect suite cpu --select precision=fp32,int8-dynamic,int8-static,bf16")
    assert phone.evaluate(_WIDE, "#summary code") == 0
    assert '<code class="short">--region FRA</code>' in page_file.read_text(encoding="utf-8")
