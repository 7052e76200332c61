"""The page's controls by keyboard and by address: where one stands is seen, and an address means the same every time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
