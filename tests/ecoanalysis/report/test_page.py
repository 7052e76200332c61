"""The page in a real browser."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecoanalysis.impact.place import find_place
from ecoanalysis.report.cells import configurations
from ecoanalysis.report.context import Context
from ecoanalysis.report.numbers import text
from ecoanalysis.report.quantities import carbon, score, water
from ecoanalysis.settings import Settings

pytestmark = pytest.mark.browser

_MARKS = """() => [...document.querySelectorAll('[data-chart]')].map(
    c => c.querySelectorAll('.mark-symbol path, .mark-rect path, .mark-rule line').length)"""
_CLIPPED = """() => [...document.querySelectorAll('h1,h2,h3,p,li,dd,dt,figcaption')].filter(
    e => e.offsetParent && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline'
).map(e => e.textContent.slice(0, 60))"""
_OUTSIDE = """() => [...document.querySelectorAll('[data-chart]')].flatMap(c => {
    const box = c.querySelector('svg').getBoundingClientRect();
    const out = b => b.left < box.left - 2 || b.right > box.right + 2 ||
        b.top < box.top - 2 || b.bottom > box.bottom + 2;
    return [...c.querySelectorAll('svg text')].filter(
        t => t.getBoundingClientRect().width && out(t.getBoundingClientRect())
    ).map(t => c.dataset.chart + ': ' + t.textContent.slice(0, 40));
})"""


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    opened.said, opened.asked = [], []
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.goto(page_file.as_uri())
    opened.wait_for_selector("html[data-ready=yes]")
    yield opened
    context.close()


def column(page: Any, place: int) -> list[str]:
    texts: list[str] = page.locator(f"#cells tbody tr td:nth-child({place})").all_inner_texts()
    return texts


def test_nothing_is_requested_and_nothing_is_complained_about(page: Any) -> None:
    page.evaluate("window.ecoEnlivenAll()")
    page.wait_for_timeout(200)
    assert [url for url in page.asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert page.said == []


def test_live_charts_have_the_marks_of_the_static_ones(page: Any) -> None:
    count = _MARKS
    page_static = page.evaluate("document.querySelectorAll('[data-chart]').length")
    before = page.evaluate(count)
    page.evaluate("window.ecoEnlivenAll()")
    after = page.evaluate(count)
    assert page.evaluate("document.querySelectorAll('[data-live]').length") == page_static
    assert sum(before) > 50
    assert after == before


def test_filter_search_and_sort(page: Any) -> None:
    page.select_option("[name=precision]", "int8")
    assert all("int8" in name for name in column(page, 1))
    page.fill("[name=q]", "model-2")
    names = column(page, 1)
    assert names
    assert all("model-2" in name for name in names)
    page.fill("[name=q]", "")
    page.click("#cells th:nth-child(4) button")
    assert page.get_attribute("#cells th:nth-child(4)", "aria-sort") == "ascending"
    first = column(page, 4)[0]
    page.click("#cells th:nth-child(4) button")
    assert column(page, 4)[-1] == first


def test_permalink_restores_what_was_chosen(page: Any, browser: Any) -> None:
    page.select_option("[name=precision]", "int8")
    page.select_option("[name=region]", "FRA")
    chosen = column(page, 5)
    other = browser.new_page()
    other.goto(page.url)
    other.wait_for_selector("html[data-ready=yes]")
    assert column(other, 5) == chosen
    other.close()


@pytest.mark.parametrize("region", ["FRA", "POL", "WORLD"])
def test_region_switch_equals_the_python_computation(page: Any, context: Context, region: str) -> None:
    page.select_option("[name=region]", region)
    shown = [column(page, place) for place in (5, 6, 7)]
    place = find_place(Settings(region=region))
    cells = configurations(context.measurements, place, Settings(region=region))
    rows = list(cells.iter_rows(named=True))
    for texts, quantity in zip(shown, (carbon, water, score), strict=True):
        assert texts == [text(quantity(row)) for row in rows]


def test_the_page_writes_numbers_as_the_formatter_does(page: Any) -> None:
    from ecoanalysis.records import Quantity

    cases = [
        (v * 10.0**e, low, high)
        for e in range(-12, 10, 3)
        for v in (1.0, 2.345, 9.9949, 41.7, 99.96, 730.2)
        for low, high in ((None, None), (0.97, 1.03), (0.9, 1.4), (0.3, 4.0), (0.999, 1.001))
    ]
    given = [
        [v, None if low is None else v * low, None if high is None else v * high] for v, low, high in cases
    ]
    for unit in ("J", "g", "l", ""):
        written = page.evaluate(
            "([rows, unit]) => rows.map(([v, a, b]) => window.ecoShown(v, a, b, unit, 'measured'))",
            [given, unit],
        )
        assert written == [text(Quantity(v, unit, "measured", None, a, b)) for v, a, b in given]


def test_a_number_says_how_it_was_measured(page: Any) -> None:
    page.click("#cells tbody tr:first-child .n >> nth=0")
    told = page.inner_text("#how")
    assert "oundary" in told
    assert "95 % interval" in told
    page.keyboard.press("Escape")
    assert not page.is_visible("#how")


def test_theme_button_changes_the_colours(page: Any) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    page.click("#theme")
    assert page.evaluate(paper) != before


def test_csv_has_every_filtered_configuration_with_full_values(page: Any, context: Context) -> None:
    with page.expect_download() as waiting:
        page.click("#csv")
    lines = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == context.cells.height + 1
    assert "energy_per_item_j" in lines[0]
    values = sorted(context.cells["energy_per_item_j"].to_list())
    assert f"{values[0]:.12g}"[:10] in "\n".join(lines)


def test_trace_zooms_by_keyboard_and_button(page: Any) -> None:
    span = "() => { const d = document.querySelector('.trace-canvas').dataset; return d.to - d.from; }"
    page.wait_for_function("document.querySelector('.trace-canvas').dataset.to")
    whole = page.evaluate(span)
    page.click("[aria-label='Zoom in']")
    page.wait_for_timeout(80)
    assert page.evaluate(span) == pytest.approx(whole / 2, rel=1e-6)
    page.focus("#trace-view .chart")
    page.keyboard.press("Home")
    page.wait_for_timeout(80)
    assert page.evaluate(span) == pytest.approx(whole)


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_page_never_scrolls_sideways_and_text_is_not_clipped(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("window.ecoEnlivenAll()")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    clipped = page.evaluate(_CLIPPED)
    assert clipped == []
    outside = page.evaluate(_OUTSIDE)
    assert outside == []


def test_print_hides_what_only_a_screen_can_use(page: Any) -> None:
    page.emulate_media(media="print")
    assert not page.is_visible(".controls")
    assert page.is_visible("h1")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("axe")
    try:
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "axe-core@4.11"],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        pytest.skip("axe-core could not be installed: needs npm and a registry")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Any, axe: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    page.evaluate("window.ecoEnlivenAll()")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found["violations"]] == []
