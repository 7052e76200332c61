"""A number is the same number in the page, its JSON, the article, the LaTeX and the exported CSV."""

import gzip
import html
import json
import re
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.exporters.tables import write_tables
from ecoanalysis.report.cells import configurations, label
from ecoanalysis.report.compose import compose
from ecoanalysis.report.context import Context, load_context
from ecoanalysis.report.html import write_html
from ecoanalysis.report.latex import write_latex
from ecoanalysis.report.model import Report
from ecoanalysis.report.numbers import show, text
from ecoanalysis.report.pdf import write_pdf
from ecoanalysis.report.quantities import carbon, energy, score, water
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from tests.ecoanalysis.report.synthetic import build

NUMBERS = (energy, carbon, water, score)
_PREFIX = {"pico": "p", "nano": "n", "micro": "µ", "milli": "m", "kilo": "k", "mega": "M", "giga": "G"}
_BASE = {"joule": "J", "gram": "g", "litre": "L"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Report]:
    path = build(
        tmp_path_factory.mktemp("plain") / "eco.duckdb", configs=9, samples=50, hostile=False, steady=True
    )
    con = open_database(path)
    context = load_context(con, Settings(database=path))
    con.close()
    return context, compose(context)


def expected(context: Context) -> set[str]:
    """Every number of every configuration, as the one formatter writes it, without spaces."""
    return {squeezed(text(f(row))) for row in context.cells.iter_rows(named=True) for f in NUMBERS}


def squeezed(words: str) -> str:
    return re.sub(r"\s", "", words)


def test_both_ways_to_write_an_interval_are_among_them(plain: tuple[Context, Report]) -> None:
    assert {"±" in number for number in expected(plain[0])} == {True, False}


def test_the_page_shows_each_number_once_formatted(plain: tuple[Context, Report]) -> None:
    context, report = plain
    page = write_html(report, context.place)
    rows = re.findall(r"<tr>(.*?)</tr>", page[page.index('<table id="cells"') :], re.DOTALL)
    cells = {
        squeezed(html.unescape(re.sub("<[^>]+>", "", c))) for r in rows for c in re.findall("<td.*?</td>", r)
    }
    assert expected(context) <= cells


def test_the_article_shows_the_same_numbers(plain: tuple[Context, Report], tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not here: apt-get install poppler-utils")
    context, report = plain
    path = tmp_path / "report.pdf"
    path.write_bytes(write_pdf(report))
    read = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    missing = {number for number in expected(context) if number not in squeezed(read)}
    assert missing == set()


def test_the_latex_says_the_same_numbers(plain: tuple[Context, Report], tmp_path: Path) -> None:
    context, report = plain
    write_latex(report, context, tmp_path)
    body = (tmp_path / "tables" / "configurations.tex").read_text(encoding="utf-8")
    found = {read_siunitx(cell) for line in body.splitlines() for cell in line.removesuffix(r"\\").split("&")}
    assert {number.translate({0x202F: None}) for number in expected(context)} <= found


def read_siunitx(cell: str) -> str:
    """What siunitx typesets, as the formatter writes it; empty for what is no number."""
    told = re.search(r"\\num\{([^}]*)\}", cell)
    if told is None:
        return ""
    value, *spread = told.group(1).split(" +- ")
    bounds = re.search(r"\\numrange\{([^}]*)\}\{([^}]*)\}", cell)
    core = f"{value}±{spread[0]}" if spread else value
    core += f"({bounds.group(1)}–{bounds.group(2)})" if bounds else ""
    unit = re.search(r"\\unit\{((?:\\[a-z]+)+)\}", cell)
    names = re.findall(r"\\([a-z]+)", unit.group(1)) if unit else []
    symbol = "".join(_PREFIX.get(name) or _BASE[name] for name in names)
    return squeezed(("≈" if r"\approx" in cell else "") + core + symbol)


def test_the_json_in_the_page_gives_the_same_numbers(plain: tuple[Context, Report]) -> None:
    context, report = plain
    packed = re.search(r'id="data">([^<]+)<', write_html(report, context.place))
    assert packed
    cells = json.loads(gzip.decompress(b64decode(packed.group(1))))["explorer"]["cells"]
    columns = {"e": "energy_per_item_j", "co2": "co2_g_per_item", "water": "water_l_per_item", "ess": "ess"}
    for short, column in columns.items():
        assert cells[short] == pytest.approx(context.cells[column].to_list(), rel=1e-6)
    assert cells["label"] == [label(row) for row in context.cells.iter_rows(named=True)]


def test_the_exported_csv_gives_the_same_numbers(plain: tuple[Context, Report], tmp_path: Path) -> None:
    context, _ = plain
    con = open_database(context.settings.database, read_only=True)
    write_tables(con, tmp_path / "csv", "csv")
    con.close()
    measured = pl.read_csv(tmp_path / "csv" / "measurement.csv")
    both = context.measurements.select("id", "energy_per_item_j", "low_per_item_j", "high_per_item_j")
    joined = both.join(measured.select("id", pl.col("energy_per_item_j").alias("exported")), on="id")
    assert joined.height == both.height
    assert joined["exported"].to_list() == joined["energy_per_item_j"].to_list()
    again = context.measurements.drop("energy_per_item_j").join(
        joined.select("id", pl.col("exported").alias("energy_per_item_j")), on="id", maintain_order="left"
    )
    cells = configurations(again, context.place, context.settings)
    assert {squeezed(text(f(row))) for row in cells.iter_rows(named=True) for f in NUMBERS} == expected(
        context
    )


def test_digits_follow_the_uncertainty_of_every_configuration(plain: tuple[Context, Report]) -> None:
    for row in plain[0].cells.iter_rows(named=True):
        shown = show(energy(row))
        assert shown is not None
        if shown.spread is not None:  # one digit of uncertainty, two when it begins with 1 or 2
            digits = shown.spread.replace(".", "").lstrip("0").rstrip("0") or "0"
            assert len(digits) <= 2
            assert len(shown.value.partition(".")[2]) == len(shown.spread.partition(".")[2])
