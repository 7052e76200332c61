"""`eco study` and `eco compare` on published measurements, as a user types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecoanalysis.commands.compare import compare
from ecoanalysis.commands.study import study
from ecoanalysis.errors import EcoError
from ecoanalysis.impact.rebuild import rebuild
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.read import read
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database
from ecoanalysis.store.ingest import ingest

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def database(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("commands") / "eco.duckdb"
    with open_database(path) as con:
        ingest(con, read(shared_data / "ecocompute_quantenergy/ecocompute_results.csv", Options()))
        rebuild(con, Settings())
    return str(path)


def test_every_finding_is_readable_by_machines(database: str) -> None:
    result = CliRunner().invoke(study, ["all", "--json", "--embodied", "--database", database])
    assert result.exit_code == 0
    studies = json.loads(result.output)
    assert [one["name"] for one in studies] == [
        "quantization",
        "mismatch",
        "implementation",
        "scaling",
        "place",
        "quality",
    ]
    wanted = {"estimand", "estimate", "low", "high", "n", "method", "exclusions", "measurement_ids", "unit"}
    for one in studies:
        assert one["answer"]
        assert one["exclusions"] is not None
        assert all(wanted <= set(finding) for finding in one["findings"])


def test_a_figure_is_traced_to_the_rows_behind_it(database: str) -> None:
    result = CliRunner().invoke(
        study, ["quantization", "--trace", "crossover of nf4", "--database", database]
    )
    assert result.exit_code == 0
    assert "8 measurements" in result.output
    assert result.output.count("result ") == 8
    assert "ecocompute_results.csv" in result.output


def test_a_figure_of_factors_alone_points_to_the_factors(database: str) -> None:
    result = CliRunner().invoke(study, ["place", "--trace", "carbon against water", "--database", database])
    assert "eco factors" in result.output


def test_an_unknown_finding_or_study_gets_a_hint(database: str) -> None:
    for arguments in (["place", "--trace", "nothing of this name"], ["placement"]):
        result = CliRunner().invoke(study, [*arguments, "--database", database])
        assert isinstance(result.exception, EcoError)
        assert result.exception.hint


def test_two_selections_with_commas_are_compared_with_what_was_left_out(database: str) -> None:
    sides = ["precision=fp16,nominal_batch_size=1.0", "precision=nf4,nominal_batch_size=1.0"]
    result = CliRunner().invoke(compare, [*sides, "--database", database])
    assert result.exit_code == 0
    assert "the energy per item of precision=fp16" in result.output
    assert "left out" in result.output
