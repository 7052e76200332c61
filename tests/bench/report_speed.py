"""The report of 1,900 configurations, ten studies' panels and a million samples: bytes, CPU cold and warm, paint."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_CODE = """
import sys, time, pathlib
from ecoanalysis.report.produce import Wanted, publish
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
database, output = map(pathlib.Path, sys.argv[1:])
from tests.bench.report_panels import studies
said = []
written = publish(
    open_database(database, read_only=True), Settings(database=database), Wanted(output), studies(), said.append
)
page, article = (path.stat().st_size for path in written)
print(page, article, round(time.process_time(), 2), *[line.split()[1] for line in said])
"""


def run() -> list[str]:
    """Return the figures, one line each."""
    from tests.ecoanalysis.report.synthetic import build

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = build(folder / "eco.duckdb", configs=1900, samples=1_000_000, hostile=False)
        environment = {**os.environ, "ECO_CACHE": str(folder / "cache")}
        lines = []
        for state in ("cold", "warm"):
            done = subprocess.run(
                [sys.executable, "-c", _CODE, str(path), str(folder)],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            size, pdf, cpu, cells = done.stdout.split()
            lines.append(
                f"report, {cells} configurations, ten studies, 1,000,000 samples, {state}: "
                f"{cpu} s CPU for page and article"
            )
        lines.append(f"page {int(size) / 1e6:.2f} MB (bar 2.5), article {int(pdf) / 1e6:.2f} MB")
        return lines + _paint(folder / "ecoanalysis.html")


def _paint(page: Path) -> list[str]:
    """Return first paint and readiness in headless Chromium, in a fresh process."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return ["first paint: no Chromium here"]
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        opened = browser.new_page()
        opened.goto(page.as_uri())
        opened.wait_for_selector("html[data-ready=yes]")
        ready = opened.evaluate("performance.now()")
        paint = opened.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        browser.close()
    return [f"first paint {paint / 1e3:.2f} s (bar 0.5), interactive {ready / 1e3:.2f} s (bar 1.5)"]
