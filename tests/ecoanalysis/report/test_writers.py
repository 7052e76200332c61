"""The three writers: hostile names are text, bytes repeat, estimates are marked, names can be hidden."""

import gzip
import html
import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.report.alt import describe
from ecoanalysis.report.compose import compose
from ecoanalysis.report.context import Context, load_context
from ecoanalysis.report.latex import write_latex
from ecoanalysis.report.latex_text import tex
from ecoanalysis.report.model import Figure, Report
from ecoanalysis.report.numbers import text
from ecoanalysis.report.payload import frame_data
from ecoanalysis.report.pdf import write_pdf
from ecoanalysis.report.printable import printable
from ecoanalysis.report.quantities import energy
from ecoanalysis.store.database import open_database
from tests.ecoanalysis.report.synthetic import HOSTILE, build


@pytest.fixture(scope="module")
def pdf_file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    path.write_bytes(write_pdf(report))
    return path


def data_of(page: str, block: str = "data") -> dict[str, object]:
    found = re.search(rf'id="{block}">([^<]+)<', page)
    assert found
    return json.loads(gzip.decompress(b64decode(found.group(1))))  # type: ignore[no-any-return]


def test_page_names_no_other_host_but_its_links(page_file: Path) -> None:
    page = page_file.read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="https?://(?!arxiv|doi|ourworldindata)', page)
    assert '<link rel="stylesheet"' not in page
    assert "default-src 'none'" in page


def test_hostile_names_are_text_in_the_page(page_file: Path) -> None:
    page = page_file.read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<b>title</b>" not in page
    data = data_of(page)
    assert set(HOSTILE) <= set(data["explorer"]["cells"]["model"])  # type: ignore[index]


def test_the_shown_energies_are_the_formatters(page_file: Path, context: Context) -> None:
    cells = re.findall(r"<td[^>]*>.*?</td>", page_file.read_text(encoding="utf-8"))
    shown = "".join(">" + html.unescape(re.sub("<[^>]+>", "", cell)) + "\n" for cell in cells)
    for row in context.cells.iter_rows(named=True):
        assert f">{text(energy(row))}\n" in shown


def test_same_report_gives_same_bytes_in_two_processes_with_other_hash_seeds(tmp_path: Path) -> None:
    path = build(tmp_path / "eco.duckdb", configs=9, samples=300)
    code = (
        "import sys, hashlib, pathlib\n"
        "from ecoanalysis.settings import Settings\n"
        "from ecoanalysis.store.database import open_database\n"
        "from ecoanalysis.report.context import load_context\n"
        "from ecoanalysis.report.compose import compose\n"
        "from ecoanalysis.report.html import write_html\n"
        "from ecoanalysis.report.pdf import write_pdf\n"
        "p = pathlib.Path(sys.argv[1])\n"
        "c = load_context(open_database(p, read_only=True), Settings(database=p))\n"
        "r = compose(c)\n"
        "print(hashlib.sha256(write_html(r, c.place).encode()).hexdigest(), hashlib.sha256(write_pdf(r)).hexdigest())\n"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", code, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "ECO_CACHE": str(tmp_path / seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert answers[0] == answers[1]


def test_pdf_is_tagged_with_embedded_outline_fonts(pdf_file: Path) -> None:
    content = pdf_file.read_bytes()
    assert b"/MarkInfo" in content
    assert b"pdfuaid:part" in content
    if shutil.which("pdffonts") is None:
        pytest.skip("pdffonts is not here: apt-get install poppler-utils")
    fonts = subprocess.run(["pdffonts", str(pdf_file)], capture_output=True, text=True, check=True).stdout
    lines = fonts.splitlines()[2:]
    assert lines
    assert all("Type 3" not in line for line in lines)
    assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in lines), fonts


def test_hostile_names_are_text_in_the_article(pdf_file: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not here: apt-get install poppler-utils")
    read = subprocess.run(
        ["pdftotext", "-layout", str(pdf_file), "-"], capture_output=True, text=True, check=True
    ).stdout
    flat = re.sub(r"\s+", "", read)
    assert "<script>alert" in flat
    assert "[U+1F331]" in flat
    assert "A<b>title</b>&more" in flat


def test_what_no_font_has_is_named_by_its_code_point() -> None:
    assert printable("🌱 \u202eab\u200bc") == "[U+1F331] abc"
    assert printable("Größe ≈ 1 µJ, שלום") == "Größe ≈ 1 µJ, שלום".replace("µ", "µ")


def test_latex_commands_in_names_are_defused(report: Report, context: Context, tmp_path: Path) -> None:
    main = write_latex(report, context, tmp_path / "latex")
    body = "".join(
        p.read_text(encoding="utf-8") for p in [main, *sorted((tmp_path / "latex" / "tables").glob("*.tex"))]
    )
    body = body.replace(r"\allowbreak{}", "")
    assert r"\input{/etc" not in body
    assert r"\textbackslash{}input\{/etc/passwd\}" in body
    assert tex("50 % & _x_ #1") == r"50 \% \& \_x\_ \#1"
    assert (tmp_path / "latex" / "figures" / "energy.pdf").read_bytes().startswith(b"%PDF")
    assert r"\newcommand{\ecoLowestEnergyPerItem}" in (tmp_path / "latex" / "numbers.tex").read_text()


def test_estimates_are_marked(context: Context) -> None:
    for row in context.cells.iter_rows(named=True):
        assert text(energy(row)).startswith("≈") == (row["basis"] == "estimated")


def test_anonymous_report_has_no_host_and_no_command(context: Context) -> None:
    from ecoanalysis.report.html import write_html

    path = context.settings.database
    con = open_database(path, read_only=True)
    try:
        hidden = load_context(con, context.settings, anonymous=True)
    finally:
        con.close()
    page = write_html(compose(hidden), hidden.place)
    assert "secret" not in page
    assert "secret" not in json.dumps([data_of(page), data_of(page, "figures")])
    assert "machine A" in page


def test_spikes_survive_in_the_trace(context: Context) -> None:
    highest = max(v for v in context.traces[0].series[0].high_w if v is not None)
    assert highest == pytest.approx(900)


def test_every_chart_has_words_with_its_numbers(report: Report) -> None:
    figures = [b for s in report.sections for b in s.blocks if isinstance(b, Figure)]
    assert figures
    for figure in figures:
        words = describe(figure.panel)
        assert str(figure.panel.frame.height) in words
        assert re.search(r"from [\d(]", words)


def test_empty_database_says_what_to_run(tmp_path: Path) -> None:
    con = open_database(tmp_path / "eco.duckdb")
    from ecoanalysis.settings import Settings

    with pytest.raises(EcoError) as caught:
        load_context(con, Settings(database=tmp_path / "eco.duckdb"))
    assert caught.value.hint == "eco import FILE, or eco-collect suite quick"


def test_unknown_section_is_refused_with_the_choice(context: Context) -> None:
    with pytest.raises(EcoError, match="unknown section"):
        compose(context, sections=("nonsense",))


def test_the_downloads_of_a_figure_have_no_signs_of_no_width() -> None:
    assert frame_data(pl.DataFrame({"label": ["a", "a\u200b", None], "x": [1.0, 2.0, 3.0]})) == {
        "label": ["a", "a", None],
        "x": [1.0, 2.0, 3.0],
    }
