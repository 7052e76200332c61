"""The LaTeX of a report: it compiles, hostile names included, and nothing in it is lost."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ecoanalysis.report.context import Context
from ecoanalysis.report.latex import write_latex
from ecoanalysis.report.latex_table import table_lines
from ecoanalysis.report.latex_text import tex
from ecoanalysis.report.model import Column, Report, Table

ENGINE = shutil.which("pdflatex") or shutil.which("lualatex")


@pytest.fixture(scope="module")
def folder(report: Report, context: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("latex")
    write_latex(report, context, made)
    return made


def needs_packages() -> None:
    if ENGINE is None:
        pytest.skip("NOT COMPILED: no LaTeX here (apt-get install texlive-latex-recommended texlive-science)")
    found = subprocess.run(
        ["kpsewhich", "siunitx.sty", "microtype.sty"], capture_output=True, text=True, check=False
    )
    if len(found.stdout.split()) < 2:
        pytest.skip("NOT COMPILED: LaTeX lacks siunitx or microtype (apt-get install texlive-science)")


def test_the_report_compiles_and_has_every_citation(folder: Path) -> None:
    needs_packages()
    assert ENGINE is not None
    command = [ENGINE, "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    runs = [command, ["bibtex", "report"], command, command]
    for run in runs:
        done = subprocess.run(
            run, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:]
    log = (folder / "report.log").read_text(encoding="utf-8", errors="replace")
    assert "undefined references" not in log
    assert "Citation" not in log
    assert "Missing character" not in log
    too_wide = [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(too_wide, default=0.0) < 40, too_wide


def test_every_figure_and_table_that_is_named_is_there(folder: Path) -> None:
    body = (folder / "report.tex").read_text(encoding="utf-8")
    tables = "".join(path.read_text(encoding="utf-8") for path in sorted((folder / "tables").glob("*.tex")))
    labels = set(re.findall(r"\\label\{([^}]+)\}", body + tables))
    assert set(re.findall(r"\\ref\{([^}]+)\}", body)) <= labels
    assert re.findall(r"\\ref\{fig:", body)
    for name in re.findall(r"\\includegraphics\[[^]]*\]\{([^}]+)\}", body):
        assert (folder / name).read_bytes().startswith(b"%PDF")


def test_options_of_a_command_line_keep_their_two_hyphens() -> None:
    assert tex("eco report --region FRA") == "eco report -{}-region FRA"


def test_what_latin_modern_lacks_is_named_by_its_code_point() -> None:
    assert tex("שλ") == "{[}U+05E9{]}{[}U+03BB{]}"
    assert tex("Größe ≈ 1 µJ") == r"Größe $\approx$ 1 \textmu{}J"


def test_a_long_table_breaks_over_pages_and_a_short_one_floats() -> None:
    def table(rows: int) -> str:
        columns = (Column("Name", width="wide"), Column("n", "right"))
        return table_lines(Table("t", "A", "b", columns, tuple(("word " * 30, i) for i in range(rows))))

    assert r"\begin{table}" in table(5)
    assert r"\begin{longtable}" in table(50)
    assert r"L{0." in table(5)
