"""A condition holds for the whole report: what has no measurement that fits it is not shown."""

import dataclasses

import polars as pl

from ecoanalysis.records import Finding, StudyResult
from ecoanalysis.report.compose import compose
from ecoanalysis.report.context import Context, load_context
from ecoanalysis.report.sections import methods, summary
from ecoanalysis.store.database import open_database


def test_a_condition_leaves_out_the_runs_traces_and_notes_of_other_measurements(context: Context) -> None:
    con = open_database(context.settings.database, read_only=True)
    try:
        boards = load_context(con, context.settings, where="device = 'NVIDIA H100 80GB HBM3'")
        packages = load_context(con, context.settings, where="device_kind = 'cpu'")
        nowhere = load_context(con, context.settings, where="device_kind = 'cpu' AND run_id < 1020")
    finally:
        con.close()
    assert len(context.traces) == len(boards.traces) == 1  # of run 1000, on the H100
    assert "no_rapl" in boards.notes["code"].to_list()  # of run 1000
    assert packages.notes["run_id"].drop_nulls().is_empty()
    assert packages.traces == ()
    assert packages.runs["id"].sort().to_list() == packages.measurements["run_id"].sort().to_list()
    assert 0 < nowhere.runs.height < packages.runs.height < context.runs.height
    assert nowhere.recordings.height == 1
    assert pl.concat([boards.devices, packages.devices])["recording_id"].unique().to_list() == [1]


def test_estimates_of_a_source_are_not_laid_to_a_sensor_of_ours(context: Context) -> None:
    (own,) = [block.text for block in summary._warnings(context) if block.title.startswith("Estimated")]
    assert "no energy sensor could be read (Intel Xeon 6354)" in own
    assert "eco-collect doctor" in own
    cells = context.cells.with_columns(dataset=pl.lit("published"))
    (read,) = [
        block.text
        for block in summary._warnings(dataclasses.replace(context, cells=cells))
        if block.title.startswith("Estimated")
    ]
    assert "their source estimated them (published)" in read
    assert "doctor" not in read


def test_limits_say_what_is_counted_of_the_making_of_hardware(context: Context) -> None:
    counted = dataclasses.replace(context, settings=dataclasses.replace(context.settings, embodied=True))
    assert "The making of the hardware is not included." in " ".join(methods._limits(context))
    assert "is counted in the study of hardware mismatch alone" in " ".join(methods._limits(counted))


def test_a_fingerprint_changes_with_a_finding(context: Context) -> None:
    found = Finding("n", "e", "s", 1.0, 0.9, 1.1, "ratio", 3, "m", "measured")
    study = StudyResult("place", "Place", "Where?", "There.", "d", (found,))
    other = dataclasses.replace(study, findings=(dataclasses.replace(found, high=1.2),))
    prints = {
        compose(dataclasses.replace(context, studies=studies), sections=("summary",)).fingerprint
        for studies in ((), (study,), (other,))
    }
    assert len(prints) == 3
