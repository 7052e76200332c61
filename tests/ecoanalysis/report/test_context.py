"""A condition holds for the whole report: what has no measurement that fits it is not shown."""

import polars as pl

from ecoanalysis.report.context import Context, load_context
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
    assert (boards.notes.height, packages.notes.height) == (1, 0)
    assert packages.traces == ()
    assert packages.runs["id"].sort().to_list() == packages.measurements["run_id"].sort().to_list()
    assert 0 < nowhere.runs.height < packages.runs.height < context.runs.height
    assert nowhere.recordings.height == 1
    assert pl.concat([boards.devices, packages.devices])["recording_id"].unique().to_list() == [1]
