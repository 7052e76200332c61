"""The report of the synthetic database, made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecoanalysis.report.compose import compose
from ecoanalysis.report.context import Context, load_context
from ecoanalysis.report.model import Report
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from tests.ecoanalysis.report.synthetic import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    path = build(tmp_path_factory.mktemp("synthetic") / "eco.duckdb")
    con = open_database(path)
    try:
        return load_context(con, Settings(database=path))
    finally:
        con.close()


@pytest.fixture(scope="session")
def report(context: Context) -> Report:
    return compose(context, title="A <b>title</b> & more")


@pytest.fixture(scope="session")
def page_file(report: Report, context: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ecoanalysis.report.html import write_html

    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(write_html(report, context.place), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield launched
        launched.close()
