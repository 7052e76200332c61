"""A stored validation: what is kept of each split, how sure its coverage is, and when it is out of date."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from ecoanalysis.commands.fit import fit as fit_command
from ecoanalysis.commands.validate import validate as validate_command
from ecoanalysis.errors import EcoError
from ecoanalysis.models.fit import read_book
from ecoanalysis.models.held_out import HeldOut
from ecoanalysis.models.learning_curve import learning_curve
from ecoanalysis.models.residual import BLENDS
from ecoanalysis.models.validation import (
    CURVE_SCHEMA,
    Validation,
    Watch,
    fingerprint,
    read_validation,
    stored_validation,
    wilson,
    write_validation,
)
from ecoanalysis.store.database import open_database
from tests.ecoanalysis.models.rows import made


def held_out(count: int = 20) -> tuple[pl.DataFrame, HeldOut]:
    """Return ten groups of two rows whose predictions are off by e^0.1."""
    frame = pl.DataFrame(
        {
            "dataset": ["made"] * count,
            "kind": ["token"] * count,
            "model": ["m"] * count,
            "device": ["d"] * count,
        }
    )
    measured = np.linspace(-1, 1, count)
    groups = np.array([f"g{i // 2}" for i in range(count)])
    predicted = dict.fromkeys(BLENDS, measured + 0.3) | {"physics+trees": measured + 0.1}
    return frame, HeldOut("arch", np.arange(count), groups, measured, predicted)


def test_wilson_bounds_are_those_worked_by_hand() -> None:
    # 9 of 10 at 95 %: (0.9 + 0.19208 ± 1.96 · √(0.009 + 0.0096040)) / 1.38416
    assert wilson(0.9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-3)
    assert wilson(0.5, 0) == (0.0, 1.0)
    low, high = wilson(1.0, 30)
    assert (low, high) == (pytest.approx(0.8865, abs=1e-3), pytest.approx(1.0))


def test_a_split_is_kept_with_coverage_points_and_the_best_blend() -> None:
    frame, held = held_out()
    watch = Watch()
    widths = np.where(np.arange(20) < 4, 0.05, 0.2)  # four of twenty miss
    watch.seen(frame, held, held.measured + 0.1, widths)
    (row,) = watch.coverage
    assert (row["dataset"], row["split"], row["n"], row["groups_count"]) == ("made", "arch", 20, 10)
    assert row["coverage"] == pytest.approx(0.8)
    assert (row["low"], row["high"]) == wilson(0.8, 10)
    assert watch.champions == {"token": {"arch": "physics+trees"}}
    point = watch.points[0]
    assert point["ratio"] == pytest.approx(np.exp(0.1))
    assert point["low"] == pytest.approx(np.exp(0.05))
    assert point["measured_j"] == pytest.approx(np.exp(-1))


def test_a_validation_survives_its_file(tmp_path: Path) -> None:
    frame, held = held_out()
    watch = Watch()
    watch.seen(frame, held, held.measured + 0.1, np.full(20, 0.2))
    found = watch.record(_metrics(), pl.DataFrame(schema=CURVE_SCHEMA), made(), "2026-11-27")
    path = tmp_path / "fits" / "validation.json"
    write_validation(found, path)
    again, own = stored_validation(tmp_path / "eco.duckdb")
    assert own
    assert (again.champions, again.data, again.attribution) == (found.champions, found.data, ("made (made)",))
    assert again.coverage.equals(
        found.coverage.with_columns(pl.col("low", "high", "width").round_sig_figs(4))
    )
    write_validation(again, tmp_path / "second.json")
    assert (tmp_path / "second.json").read_bytes() == path.read_bytes()
    path.write_text("{}")
    with pytest.raises(EcoError, match="not a stored validation"):
        read_validation(path)


def _metrics() -> pl.DataFrame:
    from ecoanalysis.models.validate import SCHEMA

    return pl.DataFrame(schema=SCHEMA)


def test_the_fingerprint_is_that_of_the_energies_and_not_of_their_order() -> None:
    rows = made()
    assert fingerprint(rows) == fingerprint(rows.reverse())
    changed = rows.with_columns(
        energy_per_item_j=pl.when(pl.col("id") == 3).then(9.9).otherwise(pl.col("energy_per_item_j"))
    )
    assert fingerprint(changed) != fingerprint(rows)
    left_out = rows.with_columns(excluded=pl.when(pl.col("id") == 3).then(pl.lit("copy")))
    assert fingerprint(left_out) != fingerprint(rows)


def test_more_measurements_bring_less_error() -> None:
    curve = learning_curve(made(noise=0.02, arch_sd=0.05))
    champion = curve.filter(pl.col("estimator") == "champion").sort("rows_count")
    assert champion["rows_count"].to_list() == [20, 50]  # 112 rows, a quarter of the architectures held out
    assert champion["mdape"][-1] < champion["mdape"][0]
    assert set(curve["estimator"]) == {"champion", "physics", "loglinear"}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that holds the rows of a known law."""
    path = tmp_path / "eco.duckdb"
    open_database(path).close()
    rows = made().head(36).with_columns(run_id=pl.col("id").cast(pl.Int64) + 4096)
    monkeypatch.setattr("ecoanalysis.store.queries.measurements", lambda con: rows)
    return path


def test_fits_name_their_runs_and_are_made_again_only_when_data_change(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = CliRunner()
    first = runner.invoke(fit_command, ["--db", str(database)], catch_exceptions=False)
    book = read_book(database.parent / "fits" / "current.json")
    assert "token: 36 measurements" in first.output
    assert len(book.run_ids) == 36
    assert book.run_ids[0] == "0000000000001000"  # 4096
    assert book.attribution == ("made (made)",)
    second = runner.invoke(fit_command, ["--db", str(database)], catch_exceptions=False)
    assert "nothing to do" in second.output
    monkeypatch.setattr("ecoanalysis.store.queries.measurements", lambda con: made(noise=0.3).head(36))
    third = runner.invoke(fit_command, ["--db", str(database)], catch_exceptions=False)
    assert "token: 36 measurements" in third.output
    assert read_book(database.parent / "fits" / "current.json").data != book.data
    with pytest.raises(EcoError, match="no row has the licence"):
        runner.invoke(fit_command, ["--db", str(database), "--licensed", "WTFPL"], catch_exceptions=False)


def test_a_validation_of_one_split_tells_its_progress_and_is_not_stored(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecoanalysis.store.queries.measurements", lambda con: made().head(60))
    runner = CliRunner()
    stored = database.parent / "fits" / "validation.json"
    part = runner.invoke(
        validate_command, ["--db", str(database), "--split", "inside", "--json"], catch_exceptions=False
    )
    assert not stored.exists()
    assert {row["split"] for row in json.loads(part.stdout)} == {"inside"}
    assert "inside" in part.stderr  # progress
    with pytest.raises(EcoError, match="unknown split moon"):
        runner.invoke(validate_command, ["--db", str(database), "--split", "moon"], catch_exceptions=False)


def test_what_ships_was_validated_on_the_data_that_it_names() -> None:
    found, own = stored_validation(Path("nowhere/eco.duckdb"))
    assert isinstance(found, Validation)
    assert not own
    assert found.attribution
    assert {"coverage", "ratio"} <= {*found.coverage.columns, *found.points.columns}
    assert found.metrics.filter(pl.col("estimator") == "champion").height >= 10
