"""Terminal views, label card, notebook, command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ecoanalysis.commands.badge import badge
from ecoanalysis.commands.report import report as report_command
from ecoanalysis.commands.show import show
from ecoanalysis.commands.top import top
from ecoanalysis.errors import EcoError
from ecoanalysis.report.badge import Card, check_card, draw_card
from ecoanalysis.report.context import Context
from ecoanalysis.report.notebook import Results
from ecoanalysis.report.terminal import sparkline


def test_a_sparkline_keeps_the_highest_of_each_stretch() -> None:
    assert sparkline([0.0, 8.0, 0.0, 4.0], width=2) == "█▄"
    assert sparkline([1.0, None, 1.0]) == "█ █"
    assert sparkline([]) == ""


def test_top_ranks_by_energy_and_marks_estimates(context: Context) -> None:
    result = CliRunner().invoke(top, ["--database", str(context.settings.database), "-n", "3"])
    assert result.exit_code == 0, result.output
    assert "package boundary" in result.output
    assert "≈" in result.output


def test_show_finds_a_run_by_the_beginning_of_its_id(context: Context) -> None:
    result = CliRunner().invoke(show, ["00000000000003e8", "--database", str(context.settings.database)])
    assert result.exit_code == 0, result.output
    assert "up to 900 W" in result.output
    assert "eco-collect doctor" in result.output


def test_show_of_an_unknown_run_names_the_newest(context: Context) -> None:
    result = CliRunner().invoke(show, ["ffff", "--database", str(context.settings.database)])
    assert isinstance(result.exception, EcoError)
    assert "00000000" in result.exception.hint


def test_a_changed_card_is_found_out(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "card.svg"
    given = ["model-3", "--database", str(context.settings.database), "--output", str(path)]
    assert CliRunner().invoke(badge, given).exit_code == 0
    card = path.read_text(encoding="utf-8")
    assert check_card(card).model == "model-3"
    with pytest.raises(EcoError, match="changed"):
        check_card(card.replace(check_card(card).energy, "1 nJ"))


def test_a_notebook_escapes_names(context: Context) -> None:
    shown = Results(context.cells)._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


def test_nothing_to_report_is_an_error_with_the_command_that_mends_it(tmp_path: Path) -> None:
    given = [
        "--traces",
        str(tmp_path / "none"),
        "--database",
        str(tmp_path / "none.duckdb"),
        "--output",
        str(tmp_path),
    ]
    result = CliRunner().invoke(report_command, given)
    assert isinstance(result.exception, EcoError)
    assert result.exception.hint == "eco import FILE, or eco-collect suite quick"
    assert not list(tmp_path.glob("*.html"))


def test_a_card_with_control_signs_in_its_names_is_xml_all_the_same() -> None:
    from xml.etree import ElementTree as ET

    fields = dict.fromkeys(Card.__dataclass_fields__, "x") | {"model": "a\x00b\x1b[31m", "energy": "1\u202fJ"}
    drawn = draw_card(Card(**fields))
    words = [node.text for node in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert "a\ufffdb\ufffd[31m" in words
    assert "1\u202fJ" in words
    assert check_card(drawn).model == "a\x00b\x1b[31m"
