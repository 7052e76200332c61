"""perun's CSV export: one reading per line, with unit and magnitude."""

import polars as pl

from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.perun_sensors import Series, tracks_of
from ecoanalysis.importers.recorded import finish_recording
from ecoanalysis.importers.table import read_table, to_numbers
from ecoanalysis.importers.tool_run import perun_run, perun_start

TITLE = "perun CSV export"
_NEED = ("run id", "hostname", "device_group", "sensor", "unit", "magnitude", "timestep", "value")


def sniff(head: Head) -> bool:
    """Say whether the header is that of the export."""
    return head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return one recording per host and run id; the export has powers only, the HDF5 has the counters."""
    raw = read_table(head, need=_NEED)
    frame = to_numbers(raw, "magnitude", "timestep", "value").drop_nulls(["timestep", "value"])
    draft = Draft(head, "perun_csv", dataset="perun")
    draft.leave_out("no time or no value in it", raw.height - frame.height)
    draft.note(
        "derived_power",
        "RAPL powers are perun's quotients of its counter: import the HDF5 for the counter itself",
    )
    frames: list[pl.DataFrame] = []
    start = perun_start(head.path)
    for repeat, ((round_, host), part) in enumerate(
        frame.group_by("run id", "hostname", maintain_order=True)
    ):
        series = [
            Series(
                str(group),
                str(sensor),
                str(unit),
                one["timestep"],
                one["value"] * one["magnitude"].fill_null(1.0),
            )
            for (group, sensor, unit), one in part.group_by(
                "device_group", "sensor", "unit", maintain_order=True
            )
        ]
        frames.extend(
            finish_recording(
                draft,
                tracks_of(draft, series),
                host=str(host),
                tool="perun",
                rows_count=0,
                repeat=repeat,
                tool_run=perun_run(start, str(round_), str(host)),
            ).samples
        )
    return draft.finish(frame.height, frames)
