"""Any CSV, its columns named by the user or by headings with units: samples with a time, results with an energy."""

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.columns import in_unit, parted
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.generic_log import SAMPLE, trace
from ecoanalysis.importers.generic_results import RESULT, read_results
from ecoanalysis.importers.guess import guess, quoted, suggestion
from ecoanalysis.importers.guess_values import named_by_values
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.table import number, read_table
from ecoanalysis.importers.times import DATE_ORDERS

TITLE = "any CSV with --column OURS=THEIRS[:UNIT], or with headings that say their units"
_ORDERS = [("date", order) for order in DATE_ORDERS]
_MEASURED = (*SAMPLE, "energy_per_item_j", "mean_power_w")  # a map with one of these is the whole map
_BACK_RATIO = 0.1  # of the rows


def sniff(head: Head) -> bool:
    """Say whether the headings alone tell what the columns are; else the user chooses this format."""
    return bool(guess(head.columns))


def read(head: Head, options: Options) -> Imported:
    """Return samples (with `time`) or results (with `energy_j` or `energy_per_item_j`), as the map says.

    `OURS==TEXT` gives all rows the same text: `item_unit==token`; `time==0.5s` is a row each half second;
    `time=Date+Time` joins two columns. Without a map the headings are guessed from, and a warning says so.
    """
    columns, guessed = _map(head, options)
    constants = {ours: theirs[1:] for ours, theirs in columns.items() if theirs.startswith("=")}
    pairs = {ours: parted(theirs) for ours, theirs in columns.items() if ours not in constants}
    frame = _read(head, [theirs for theirs, _ in pairs.values()], is_log="time" in columns)
    if guessed and "time" in pairs:
        _refuse_durations(head, frame, pairs["time"][0])
    elif guessed and "time" not in columns:
        more = named_by_values(frame, set(columns))
        columns, pairs = columns | more, pairs | {ours: (theirs, "") for ours, theirs in more.items()}
    frame = frame.with_columns(pl.lit(text).alias(f"={ours}") for ours, text in constants.items())
    units = {ours: unit for ours, (_, unit) in pairs.items()}
    names = {ours: theirs for ours, (theirs, _) in pairs.items()} | {ours: f"={ours}" for ours in constants}
    draft = Draft(head, "generic", dataset=head.path.stem)
    if guessed:
        text = ", ".join(
            f"{_plainly(ours)} {'is' if theirs.startswith('=') else 'from'} {theirs.removeprefix('=')}"
            for ours, theirs in columns.items()
        )
        hint = "say otherwise with --format generic --column …"
        draft.note("guessed_columns", f"read by its headings: {text}", hint, "warning")
    if "time" in names:
        quantities = {
            ours: in_unit(frame, names[ours], units[ours], SAMPLE[ours.split(".")[0]])
            for ours in names
            if ours.split(".")[0] in SAMPLE
        }
        times = {"time_unit": units.get("time", "")}
        return trace(draft, options, frame, names | times, quantities, guessed=guessed)
    return read_results(draft, frame, names, units)


def _map(head: Head, options: Options) -> tuple[dict[str, str], bool]:
    """Return the column map, and whether its quantities are guessed; raises `EcoError` where it has none."""
    said = {
        ours: theirs for ours, theirs in options.columns.items() if (ours, theirs) not in _ORDERS
    }  # how dates are written is no column
    guessed = not any(ours.split(".")[0] in _MEASURED for ours in said)
    columns = guess(head.columns) | said if guessed else said
    if not {ours.split(".")[0] for ours in columns} & {*SAMPLE, *RESULT}:
        raise EcoError(
            f"{head.path}: the generic format needs a column map",
            "for example --column time=ts --column power_w=watts:mW",
        )
    return columns, guessed


def _plainly(ours: str) -> str:
    """Return one of our columns as a note says it: "power_w of package"."""
    name, _, part = ours.partition(".")
    return f"{name} of {part.split('.')[0]}" if part else name


def _read(head: Head, needed: list[str], *, is_log: bool) -> pl.DataFrame:
    """Return the table; "Date+Time" is a column of ours: both, parted by a blank."""
    joined = {name: name.split("+") for name in needed if "+" in name and name not in head.columns}
    plain = [name for name in needed if name not in joined]
    need = (*plain, *(name for names in joined.values() for name in names))
    frame = read_table(head, need=need, is_log=is_log)
    return frame.with_columns(
        pl.concat_str(pl.col(names).str.strip_chars(), separator=" ").alias(name)
        for name, names in joined.items()
    )


def _refuse_durations(head: Head, frame: pl.DataFrame, time: str) -> None:
    """Raise `EcoError` where a column of numbers that looks like a clock goes back in many rows: durations of runs."""
    steps = frame.select(number(time)).to_series().drop_nulls().diff().drop_nulls()
    back = int((steps < 0).sum())
    if back > _BACK_RATIO * steps.len():
        said = suggestion(head.columns) or "--format generic --column energy_j=…:J --column model=…"
        raise EcoError(
            f"{head.path}: {time} goes back {back} times in {frame.height} rows: durations of runs, not a clock",
            f"eco import {quoted(str(head.path))} {said}",
        )
