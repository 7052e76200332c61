"""The published recordings are enough for a report: nothing is collected, nothing else is read."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ecoanalysis.commands.report import report
from ecoanalysis.store.database import open_database

REFERENCE = Path(__file__).parents[3] / "data" / "reference"


def test_the_reference_recordings_alone_make_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [
        "--traces",
        str(REFERENCE),
        "--format",
        "html",
        "--sections",
        "summary,results",
        "--no-studies",
    ]
    CliRunner().invoke(report, arguments, catch_exceptions=False, standalone_mode=False)
    con = open_database("data/eco.duckdb", read_only=True)
    counted = con.execute(
        "SELECT count(DISTINCT config_id) FROM measurement WHERE energy_per_item_j > 0 AND boundary = 'package'"
    ).fetchone()
    con.close()
    assert counted is not None
    assert counted[0] >= 400
    assert not Path("data/traces").exists()
    page = Path("reports/ecoanalysis.html").read_text()
    assert "random_forest" in page
