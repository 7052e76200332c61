"""What the energies of a CodeCarbon row cover: the PUE that is in them, the time that they were metered over."""

import csv
import re
from math import log
from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, open_head
from ecoanalysis.importers.table import Row, as_float, as_text, read_table, to_numbers
from ecoanalysis.units import J_PER_KWH

_SAME_TIME = 0.05
_POWER_WITH_PUE_FROM = (3, 3)


def records_beside(head: Head) -> list[Path]:
    """Return the files beside a task file that state the PUE of its run.

    CodeCarbon names the task file itself, after the run, and leaves the name of the records to its user
    (`output_file`).
    """
    if "task_name" not in head.columns or "pue" in head.columns:
        return []
    first = next(csv.DictReader(head.lines), {})
    run = str(first.get("run_id") or "").encode()
    others = sorted(path for path in head.path.parent.glob("*.csv") if path != head.path)
    return [path for path in others if run and _states_pue(path, run)]


def _states_pue(path: Path, run: bytes) -> bool:
    """Say whether a file has records with their PUE, one of them of this run."""
    with path.open("rb") as stream:
        columns = set(stream.readline(1 << 12).strip().split(b","))
        return (
            {b"run_id", b"pue"} <= columns
            and b"task_name" not in columns
            and any(run in line for line in stream)
        )


def with_pue(draft: Draft, frame: pl.DataFrame, head: Head) -> pl.DataFrame:
    """Return the records with the PUE of their runs, where a task file leaves it to the records beside it.

    CodeCarbon 2.3 to 3.3 multiply the energies of tasks by the tracker's PUE, and their files do not state it.
    """
    if "task_name" not in frame.columns or "run_id" not in frame.columns or frame["pue"].count():
        return frame
    beside = records_beside(head)
    known = _pue_of_runs(beside)
    if known:
        names = ", ".join(path.name for path in beside)
        draft.note("parts_of_records", f"the sum of these tasks is a row of {names}: do not add both")
    pue = frame["run_id"].replace_strict(known, default=None, return_dtype=pl.Float64)
    if pue.null_count():
        draft.note(
            "pue_not_stated",
            "a task file does not state the PUE that its energies contain, where the tracker was given one",
            "lay the run's emissions.csv beside it, which does, and import again",
            "warning",
        )
    return frame.with_columns(pue.alias("pue"))


def _pue_of_runs(paths: list[Path]) -> dict[str, float]:
    """Return the PUE by run of some records; files that cannot be read state none."""
    found: dict[str, float] = {}
    for path in paths:
        try:
            frame = to_numbers(read_table(open_head(path), need=("run_id", "pue")), "pue")
        except EcoError:
            continue
        found |= {str(run): pue for run, pue in frame.select("run_id", "pue").drop_nulls().iter_rows()}
    return found


def pue_of(row: Row) -> float | None:
    """Return the PUE that the row's energies contain; None where nothing states it."""
    pue = as_float(row.get("pue"))
    return pue if pue is not None and pue >= 1 else None


def metered_s(row: Row, part: str, constant_w: float | None, duration_s: float | None) -> float | None:
    """Return the seconds that the energy of a part ("cpu", "gpu", "ram") was taken over.

    A power that is a constant of the tool tells it: energy / power, of a CPU its own, which counts from
    the start on; of all else the RAM's, which in machine mode is one. A meter is read along with it, or its counter
    from the start to the end: whichever its own energy / power is nearer to. The duration where nothing says another
    time; an unknown duration does not.
    """
    own = part == "cpu" and constant_w is not None
    found = _seconds(row, "cpu", constant_w) if own else _seconds(row, "ram", as_float(row.get("ram_power")))
    machine = as_text(row.get("tracking_mode")) in (None, "machine")
    if not machine or not found or (duration_s and abs(found / duration_s - 1) <= _SAME_TIME):
        return duration_s
    metered = None if own or part == "ram" else _seconds(row, part, as_float(row.get(f"{part}_power")))
    if metered and duration_s and abs(log(metered / duration_s)) < abs(log(metered / found)):
        return duration_s
    return found


def _seconds(row: Row, part: str, power_w: float | None) -> float | None:
    """Return energy / power [s]; from 3.3 on the power contains the PUE as the energy does, before it does not."""
    energy_kwh = as_float(row.get(f"{part}_energy"))
    if not energy_kwh or not power_w or energy_kwh < 0 or power_w < 0:
        return None
    return energy_kwh * J_PER_KWH / power_w / (1.0 if _power_has_pue(row) else pue_of(row) or 1.0)


def _power_has_pue(row: Row) -> bool:
    """Say whether the version of the row multiplies powers by the PUE: 3.3.2 was seen to, 2.4.2 not to."""
    numbers = re.findall(r"\d+", as_text(row.get("codecarbon_version")) or "")
    return tuple(int(number[:6]) for number in numbers[:2]) >= _POWER_WITH_PUE_FROM
