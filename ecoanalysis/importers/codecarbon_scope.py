"""What the energies of a CodeCarbon row cover: the PUE that is in them, the time that they were metered over."""

import re
from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import sibling
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import open_head
from ecoanalysis.importers.table import Row, as_float, as_text, read_table, to_numbers
from ecoanalysis.units import J_PER_KWH

_SAME_TIME = 0.05
_POWER_WITH_PUE_FROM = (3, 3)


def with_pue(draft: Draft, frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return the records with the PUE of their runs, where a task file leaves it to the emissions.csv beside it.

    CodeCarbon 2.3 to 3.3 multiply the energies of tasks by the tracker's PUE, and their files do not state it.
    """
    if "task_name" not in frame.columns or "run_id" not in frame.columns or frame["pue"].count():
        return frame
    known = _pue_of_runs(sibling(path, "emissions.csv"))
    pue = frame["run_id"].replace_strict(known, default=None, return_dtype=pl.Float64)
    if pue.null_count():
        draft.note(
            "pue_not_stated",
            "a task file does not state the PUE that its energies contain, where the tracker was given one",
            "keep the run's emissions.csv beside it: it does",
            "warning",
        )
    return frame.with_columns(pue.alias("pue"))


def _pue_of_runs(path: Path | None) -> dict[str, float]:
    """Return the PUE by run of an emissions.csv; nothing where there is none."""
    if path is None:
        return {}
    try:
        frame = to_numbers(read_table(open_head(path), need=("run_id", "pue")), "pue")
    except EcoError:
        return {}
    return {str(run): pue for run, pue in frame.select("run_id", "pue").iter_rows() if pue is not None}


def pue_of(row: Row) -> float | None:
    """Return the PUE that the row's energies contain; None where nothing states it."""
    pue = as_float(row.get("pue"))
    return pue if pue is not None and pue >= 1 else None


def metered_s(row: Row, part: str, constant_w: float | None, duration_s: float | None) -> float | None:
    """Return the seconds that the energy of a part ("cpu", "gpu", "ram") was taken over.

    A power that is a constant of the tool tells it: energy / power, of a CPU its own, which counts from
    the start on; of all else the RAM's, which in machine mode is one, and the meters are read along with it. The
    duration where nothing says another time.
    """
    own = part == "cpu" and constant_w is not None
    found = _seconds(row, "cpu", constant_w) if own else _seconds(row, "ram", as_float(row.get("ram_power")))
    machine = as_text(row.get("tracking_mode")) in (None, "machine")
    if not machine or not found or not duration_s or abs(found / duration_s - 1) <= _SAME_TIME:
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
