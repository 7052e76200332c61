"""The page in a real browser."""

import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecoanalysis.impact.place import find_place
from ecoanalysis.report.cells import configurations
from ecoanalysis.report.context import Context
from ecoanalysis.report.numbers import plain, text
from ecoanalysis.report.quantities import carbon, energy, score, water
from ecoanalysis.report.sections import results, summary
from ecoanalysis.settings import Settings

pytestmark = pytest.mark.browser

_MARKS = """() => [...document.querySelectorAll('[data-chart]')].map(
    c => c.querySelectorAll('.mark-symbol path, .mark-symbol use, '
        + '.mark-rect path, .mark-rule line, .mark-rule path').length)"""
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

_DRAWN = """() => { const view = window.ecoViews.ess, sets = Object.keys(view.getState({data: () => true}).data);
    const rows = sets.map(name => view.data(name)).find(rows => rows[0] && 'estimate' in rows[0]);
    return rows.map(r => [r.estimate, r.low, r.high]); }"""


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


def column(page: Any, title: str) -> list[str]:
    place = page.locator("#cells th").all_text_contents().index(title) + 1
    texts: list[str] = page.locator(f"#cells tbody tr td:nth-child({place})").all_text_contents()
    return texts


def reported(region: str, context: Context) -> pl.DataFrame:
    settings = Settings(region=region)
    return configurations(context.measurements, find_place(settings), settings)


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
    assert all("int8" in name for name in column(page, "Configuration"))
    page.fill("[name=q]", "model-2")
    names = column(page, "Configuration")
    assert names
    assert all("model-2" in name for name in names)
    page.fill("[name=q]", "")
    head = "#cells th:has-text('Energy')"
    page.click(f"{head} button")
    assert page.get_attribute(head, "aria-sort") == "ascending"
    first = column(page, "Energy per item")[0]
    page.click(f"{head} button")
    assert column(page, "Energy per item")[-1] == first


def test_permalink_restores_what_was_chosen(page: Any, browser: Any) -> None:
    page.select_option("[name=precision]", "int8")
    page.select_option("[name=region]", "FRA")
    chosen = column(page, "CO₂e per 1,000")
    other = browser.new_page()
    other.goto(page.url)
    other.wait_for_selector("html[data-ready=yes]")
    assert column(other, "CO₂e per 1,000") == chosen
    assert other.input_value("#region") == "FRA"
    other.close()


@pytest.mark.parametrize("region", ["FRA", "POL", "WORLD"])
def test_region_switch_equals_the_python_computation(page: Any, context: Context, region: str) -> None:
    page.select_option("[name=region]", region)
    rows = list(reported(region, context).iter_rows(named=True))
    columns = {"CO₂e per 1,000": carbon, "Water per 1,000": water, "ESS": score}
    for title, quantity in columns.items():
        assert column(page, title) == [text(quantity(row)) for row in rows]


def test_region_switch_recomputes_the_numbers_of_the_summary(page: Any, context: Context) -> None:
    cards = {card.label: card for card in summary._cards(context)}
    page.select_option("[name=region]", "FRA")
    rows = reported("FRA", context).rows(named=True)
    quantities = {"energy": energy, "co2": carbon, "water": water, "ess": score}
    recomputed = [card for card in cards.values() if card.row is not None]
    assert {card.number for card in recomputed} == set(quantities)
    for card in recomputed:
        shown = page.locator(".cards div", has_text=card.label).locator(".value").inner_text()
        assert shown.replace("\n", "") == text(quantities[card.number](rows[card.row]))


def test_region_switch_redraws_the_figure_of_ess_from_the_python_computation(
    page: Any, context: Context
) -> None:
    page.evaluate("window.ecoEnlivenAll()")
    page.select_option("[name=region]", "FRA")
    page.wait_for_timeout(300)
    place = find_place(Settings(region="FRA"))
    figure = results._scores(dataclasses.replace(context, place=place, cells=reported("FRA", context)))
    assert figure is not None
    drawn = page.evaluate(_DRAWN)
    expected = figure.panel.frame.select("estimate", "low", "high").rows()
    assert drawn == [pytest.approx(row, rel=1e-6) for row in expected]
    assert "France" in page.get_attribute("[data-chart=ess]", "aria-label")
    told = page.locator("#fig-ess details tbody tr").first.locator("td").all_text_contents()
    assert [plain(value, 5) for value in expected[0]] == told[2:5]


def test_what_no_region_switch_recomputes_says_so(page: Any) -> None:
    assert page.locator("[data-placed]:visible").count() == 0
    page.select_option("[name=region]", "FRA")
    for section in ("summary", "methods", "provenance"):
        assert "not recomputed for France" in page.text_content(f"#{section} [data-placed]")
    assert "recomputed" in page.inner_text("#place-status")
    page.select_option("[name=region]", "")
    assert page.locator("[data-placed]:visible").count() == 0


def test_the_page_writes_numbers_as_the_formatter_does(page: Any) -> None:
    from ecoanalysis.records import Quantity

    cases = [
        (v * 10.0**e, low, high)
        for e in range(-12, 10, 3)
        for v in (1.0, 2.345, 9.9949, 41.7, 99.96, 730.2)
        for low, high in ((None, None), (0.97, 1.03), (0.9, 1.4), (0.3, 4.0), (0.5, 1.5), (0.999, 1.001))
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


# A page whose policy forbids `eval` is waited for by functions: words would be evaluated anew at each look.
def test_trace_zooms_by_keyboard_and_button(page: Any) -> None:
    span = "() => { const d = document.querySelector('.trace-canvas').dataset; return d.to - d.from; }"
    page.wait_for_function("() => document.querySelector('.trace-canvas').dataset.to")
    whole = page.evaluate(span)
    page.click("[aria-label='Zoom in']")
    page.wait_for_function(f"() => Math.abs(({span})() - {whole} / 2) < 1e-6 * {whole}")
    page.focus("#trace-view .chart")
    page.keyboard.press("Home")
    page.wait_for_function(f"() => Math.abs(({span})() - {whole}) < 1e-6 * {whole}")


def test_the_table_of_a_trace_holds_what_is_shown_and_its_csv_all_of_it(page: Any, context: Context) -> None:
    page.wait_for_function("() => document.querySelector('.trace-canvas').dataset.to")
    page.click("#trace-view details summary")
    series = context.traces[0].series[0]
    page.wait_for_selector("#trace-view tbody td")
    first = page.locator("#trace-view tbody tr").first.locator("td").all_inner_texts()
    assert (first[0], float(first[1])) == (series.device, series.t_s[0])
    assert float(first[4]) == pytest.approx(series.mean_w[0], abs=0.005)
    page.click("[aria-label='Zoom in']")
    time_shown = "document.querySelector('#trace-view tbody td:nth-child(2)')?.innerText"
    page.wait_for_function(f"() => {time_shown} && {time_shown} !== '{first[1]}'")
    middle = page.evaluate("Number(document.querySelector('.trace-canvas').dataset.from)")
    shown = float(page.locator("#trace-view tbody tr").first.locator("td").nth(1).inner_text())
    assert middle > 0
    assert shown == pytest.approx(max(t for t in series.t_s if t <= middle))
    with page.expect_download() as waiting:
        page.click("#trace-csv")
    lines = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
    end = page.evaluate("Number(document.querySelector('.trace-canvas').dataset.to)")
    of_first = [line for line in lines[1:] if line.startswith(series.device)]
    assert len(of_first) == sum(shown <= t <= end for t in series.t_s)


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_page_never_scrolls_sideways_and_text_is_not_clipped(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.add_style_tag(content="section, .chart { content-visibility: visible !important }")
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
    laid_out = "s => getComputedStyle(s).contentVisibility === 'visible'"
    assert page.evaluate(f"[...document.querySelectorAll('section')].every({laid_out})")


def test_a_jump_arrives_though_what_is_out_of_sight_has_an_estimated_height(page: Any) -> None:
    for name in ("provenance", "traces", "methods"):
        page.click(f".toc a[href='#{name}']")
        page.wait_for_timeout(300)
        top = page.evaluate(f"document.getElementById('{name}').getBoundingClientRect().top")
        end = page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")
        assert abs(top) < 2 or end < 2


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


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Any, axe: str, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    page.evaluate("window.ecoEnlivenAll()")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found["violations"]] == []
