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
    raw = read_table(head, need=_NEED, is_log=True)
    numbers = ("magnitude", "timestep", "value")
    frame = to_numbers(raw, *numbers).drop_nulls(numbers)
    draft = Draft(head, "perun_csv", dataset="perun")
    lost = raw.height - frame.height
    draft.leave_out("no time, magnitude or value in it", lost)
    if lost:
        text = f"{lost} rows lack a time, magnitude or value: left out"
        draft.note("unreadable_lines", text, severity="warning")
    draft.note(
        "derived_power",
        "RAPL powers are perun's quotients of its counter: import the HDF5 for the counter itself",
    )
    frames: list[pl.DataFrame] = []
    start = perun_start(head.path)
    for repeat, ((round_, host), part) in enumerate(
        frame.group_by("run id", "hostname", maintain_order=True)
    ):
        series = _series(part)
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


def _series(part: pl.DataFrame) -> list[Series]:
    """Return the readings of each sensor of one run."""
    groups = part.group_by("device_group", "sensor", "unit", maintain_order=True)
    return [
        Series(str(group), str(sensor), str(unit), one["timestep"], one["value"] * one["magnitude"])
        for (group, sensor, unit), one in groups
    ]
