"""The rows of a CodeCarbon file that are records of their own: neither shifted, nor running totals."""

import json
import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.table import MISSING, read_table, refuse_without, to_numbers

_NEED = ("duration", "energy_consumed")

_NUMBERS = (
    "duration",
    "emissions",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "pue",
    "gpu_count",
    "cpu_count",
    "ram_total_size",
)


def read_rows(head: Head) -> pl.DataFrame:
    """Return a file's rows as texts: of a table, or of the JSON that the tool's loggers write.

    Raises `EcoError` where it is neither, or states no duration or no energy.
    """
    if not is_json(head):
        return read_table(head, need=_NEED)
    text = read_text(head).strip()
    try:
        found = json.loads(text if text.startswith("[") or text.count("\n{") == 0 else f"[{_comma(text)}]")
    except (json.JSONDecodeError, RecursionError) as error:
        hint = "the file is damaged or unfinished"
        raise EcoError(f"{head.path}: not valid JSON ({str(error)[:80]})", hint) from error
    rows = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    texts = [[None if row.get(name) is None else str(row[name]) for name in names] for row in rows]
    frame = pl.DataFrame(texts, dict.fromkeys(names, pl.String), orient="row")
    refuse_without(frame, head, _NEED)
    return frame


def _comma(lines: str) -> str:
    """Return objects, one after the other, with commas between them."""
    return re.sub(r"\}\s*\n\s*\{", "},{", lines)


def is_json(head: Head) -> bool:
    """Say whether a file is JSON with CodeCarbon's names."""
    names = (*_NEED, "emissions", "codecarbon_version")
    return head.text.lstrip()[:1] in ("{", "[") and all(f'"{name}"' in head.text for name in names)


def records_of(draft: Draft, raw: pl.DataFrame) -> pl.DataFrame:
    """Return the readable rows of a file in numbers, with their `row_number`, impossible durations left unknown."""
    return _durations(draft, _readable(draft, raw.with_row_index("row_number")))


def last_of_run(draft: Draft, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the last row of each run: `flush()` appends cumulative rows. Task files have no such rows."""
    if "run_id" not in frame.columns or "task_name" in frame.columns:
        return frame
    frame = frame.with_columns(run_id=pl.when(~pl.col("run_id").is_in(MISSING)).then("run_id"))
    rank = pl.col("duration").fill_null(-1).rank("ordinal", descending=True).over("run_id")
    kept = frame.filter((rank == 1) | pl.col("run_id").is_null())
    if kept.height < frame.height:
        draft.leave_out("running total of a run, a later row is its whole", frame.height - kept.height)
        draft.note(
            "cumulative_rows",
            f"{frame.height - kept.height} rows are running totals: only the last row of each run is kept",
        )
    return kept


def _readable(draft: Draft, raw: pl.DataFrame) -> pl.DataFrame:
    """Return the records in numbers, without those that have words in columns of numbers: their cells are shifted."""
    frame = to_numbers(raw, *_NUMBERS)
    said = [name for name in _NUMBERS if name in raw.columns]
    words = [raw[name].is_not_null() & ~raw[name].is_in(MISSING) & frame[name].is_null() for name in said]
    shifted = pl.select(pl.any_horizontal(words)).to_series()
    if shifted.any():
        draft.note(
            "shifted_rows", f"{shifted.sum()} rows have words in columns of numbers: left out",
            "rows of another version of CodeCarbon under this header? give them their own", "warning",
        )  # fmt: skip
    return frame.filter(~shifted)


def _durations(draft: Draft, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the records without durations of zero or less: 2.5 and 2.6 take the Unix time from those of tasks."""
    impossible = pl.col("duration") <= 0
    count = frame.filter(impossible).height
    if count:
        draft.note(
            "impossible_duration", f"{count} rows: a duration of zero or less: left unknown; mean powers stand on the "
            "time that the constant power of RAM tells", "CodeCarbon 2.7 and later write it right", "warning",
        )  # fmt: skip
    return frame.with_columns(pl.when(~impossible).then("duration").alias("duration"))
