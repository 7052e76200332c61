"""What is set in print: no word about the page's controls, numbers written alike, commands and equations as such."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ecoanalysis.impact.factor import Factor
from ecoanalysis.report.citations import factor_reference
from ecoanalysis.report.context import Context
from ecoanalysis.report.inline import Code, pieces
from ecoanalysis.report.latex import write_latex
from ecoanalysis.report.model import Report
from ecoanalysis.report.numbers import kept
from ecoanalysis.report.pdf import write_pdf


@pytest.fixture(scope="module")
def article(report: Report, tmp_path_factory: pytest.TempPathFactory) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not here: apt-get install poppler-utils")
    path = tmp_path_factory.mktemp("article") / "report.pdf"
    path.write_bytes(write_pdf(report))
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_article_does_not_speak_of_the_pages_controls(article: str, page_file: Path) -> None:
    assert "Filter, sort and search" in page_file.read_text(encoding="utf-8")
    assert "Filter" not in article
    assert "recomputes" not in article


def test_the_latex_does_not_either(report: Report, context: Context, tmp_path: Path) -> None:
    body = write_latex(report, context, tmp_path).read_text(encoding="utf-8")
    assert "Filter" not in body
    assert "\\begin{equation}\nC = E \\cdot \\mathrm{PUE} \\cdot I\n" in body
    assert r"\texttt{-{}-region FRA}" in body


def test_equations_and_tables_are_numbered_in_the_order_of_reading(article: str) -> None:
    assert re.findall(r"\((\d)\)\s*$", article, re.M)[:3] == ["1", "2", "3"]
    appendix = article[article.index("Appendix") :]
    numbers = [int(n) for n in re.findall(r"^\s*Table (\d+)\. ", appendix, re.M)]
    assert numbers == sorted(numbers)


def test_commands_stand_apart_from_words(report: Report) -> None:
    said = "Say: --region FRA, or run eco-collect suite quick --select framework=sklearn; eco-collect doctor says."
    commands = [piece.text for piece in pieces(said, report) if isinstance(piece, Code)]
    assert commands == [
        "--region FRA",
        "eco-collect suite quick --select framework=sklearn",
        "eco-collect doctor",
    ]
    assert (
        "".join(piece.text if isinstance(piece, Code) else str(piece) for piece in pieces(said, report))
        == said
    )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("22,578 pairs", "22\u202f578 pairs"),
        ("2,677 runs", "2677 runs"),
        ("the power -0.87 (-1.00 to", "the power \u22120.87 (\u22121.00 to"),
        ("int4-8 and GPT-2", "int4-8 and GPT-2"),
        ("1,5 and 10, 200", "1,5 and 10, 200"),
        ("5 % of", "5\u202f% of"),
    ],
)
def test_numbers_in_sentences_are_written_as_in_tables(said: str, shown: str) -> None:
    assert kept(said) == shown


def test_the_source_of_a_factor_is_cited_by_its_author_and_year() -> None:
    source = "Ember (2026), Yearly electricity data, via Our World in Data; life-cycle, location-based"
    factor = Factor(
        458.29, 30, 800, "g/kWh", "UNKNOWN", "w", 2025, source, "https://a.org", "assumed", "CC", ""
    )
    found = factor_reference(factor)
    assert (found.authors, found.year, found.title[:6]) == ("Ember", "2026", "Yearly")
