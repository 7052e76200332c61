"""AMD uProf timechart CSV: sections, then records of socket and core powers."""

import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.damaged_cells import cell_doubts
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import ragged_rows, read_table, to_numbers

TITLE = "AMD uProf timechart CSV"
LAYOUT = "log"
_SOCKET = re.compile(r"^socket(\d+)-package-power$", re.IGNORECASE)


def sniff(head: Head) -> bool:
    """Say whether there is a record header with a socket's power."""
    return "RecordId" in head.text and "package-power" in head.text


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per socket; core powers are parts of the socket and left out."""
    lines = read_text(head).splitlines()
    start = next((place for place, line in enumerate(lines) if line.startswith("RecordId")), None)
    if start is None:
        raise EcoError(
            f"{head.path}: no line that begins with RecordId",
            "record with: AMDuProfCLI timechart --event power",
        )
    raw = read_table(head, text="\n".join(lines[start:]), need=("Timestamp",), quoted=False, is_log=True)
    columns = [name for name in raw.columns if _SOCKET.match(name)]
    frame = to_numbers(raw, *columns).with_columns(_clock())
    draft = Draft(head, "uprof", dataset="uprof")
    tracks = [_track(name, int(found.group(1)), frame) for name in columns if (found := _SOCKET.match(name))]
    draft.note("no_date", "uProf writes the time of day only: the date is unknown")
    timed = draft.timed(frame["t_s"])
    numbers = to_numbers(raw, "RecordId")["RecordId"].drop_nulls()
    if skipped := int((numbers.diff().drop_nulls() != 1).sum()):
        text = f"at {skipped} places RecordId does not count on by one"
        draft.note("missing_readings", text, "the file lost lines", "warning")
    for code, text in cell_doubts(columns, raw.select(pl.col(columns).fill_null("")).rows(), decimal=True):
        draft.note(code, text, "look at these lines of the file", "warning")
    if wrong := ragged_rows(lines[start:], ","):
        draft.note("ragged_rows", f"{wrong} rows have more or fewer cells than the header", None, "warning")
    return finish_recording(draft, tracks, host="unknown", tool="AMD uProf", rows_count=timed)


def _track(column: str, socket: int, frame: pl.DataFrame) -> Track:
    """Return the readings of one socket."""
    power = {"power_w": frame[column]}
    return Track(f"package-{socket}", "cpu", "package", "uprof", frame["t_s"], power, index=socket)


def _clock() -> pl.Expr:
    """Return H:M:S:ms as seconds; past midnight a day is added."""
    parts = pl.col("Timestamp").str.extract_groups(r"^(\d+):(\d+):(\d+)[:.](\d+)").struct
    number = [parts.field(str(place)).cast(pl.Float64, strict=False) for place in range(1, 5)]
    seconds = number[0] * 3600 + number[1] * 60 + number[2] + number[3] / 1000
    return (seconds + 86_400 * (seconds.diff().fill_null(0) < -43_200).cum_sum()).alias("t_s")
