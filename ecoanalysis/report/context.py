"""What a report is made of: the database read once, as frames, names hidden where asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.impact.place import Place, find_place
from ecoanalysis.records import StudyResult
from ecoanalysis.report.cells import configurations
from ecoanalysis.report.model import Trace
from ecoanalysis.report.traces import load_traces
from ecoanalysis.settings import Settings
from ecoanalysis.store import queries
from ecoanalysis.store.frame import frame

if TYPE_CHECKING:
    import duckdb


_NO_ITEMS = ("no energy per item", "no items counted")  # what `excluded` says of an energy without items


@dataclass(frozen=True, slots=True)
class Context:
    """The frames behind a report. `cells` are the configurations of `cells.configurations`."""

    settings: Settings
    place: Place
    measurements: pl.DataFrame
    cells: pl.DataFrame
    excluded: pl.DataFrame
    runs: pl.DataFrame
    devices: pl.DataFrame
    recordings: pl.DataFrame
    sources: pl.DataFrame
    notes: pl.DataFrame
    traces: tuple[Trace, ...]
    studies: tuple[StudyResult, ...]
    anonymous: bool

    @property
    def uncounted(self) -> pl.DataFrame:
        """The measurements whose energy is known and whose items are not."""
        return _uncounted(self.excluded)


def load_context(
    con: "duckdb.DuckDBPyConnection",
    settings: Settings,
    *,
    where: str | None = None,
    anonymous: bool = False,
    studies: tuple[StudyResult, ...] = (),
) -> Context:
    """Return what the database holds for a report.

    `where` is an SQL condition over `MEASUREMENT_SCHEMA`: what has no measurement that fits it, runs, devices, sources
    and notes alike, is left out. `anonymous` hides host names, commands, job and file names.
    Raises `EcoError` when there is nothing to report, or for a condition that SQL does not take.
    """
    found = select(con, where)
    used = found.filter(pl.col("excluded").is_null(), pl.col("energy_per_item_j") > 0)
    runs = queries.runs(con)
    if used.is_empty() and _uncounted(found).is_empty() and (where or runs.is_empty()):
        raise _nothing(where, found)
    others = [read(con) for read in (queries.devices, queries.recordings, queries.sources, queries.notes)]
    of_them = _fitting(con, found, [runs, *others]) if where else [runs, *others]
    frames = (found, used, *of_them)
    found, used, runs, devices, recordings, sources, notes = _hide(*frames) if anonymous else frames
    place, drawn = find_place(settings), _runs_to_draw(con, runs["id"].to_list() if where else None)
    return Context(
        settings=settings,
        place=place,
        measurements=used,
        cells=configurations(used, place, settings),
        excluded=found.filter(pl.col("excluded").is_not_null()),
        runs=runs,
        devices=devices,
        recordings=recordings,
        sources=sources,
        notes=notes,
        traces=load_traces(con, drawn, _told_apart(devices)),
        studies=studies,
        anonymous=anonymous,
    )


def _told_apart(devices: pl.DataFrame) -> dict[int, str]:
    """Return the names of devices by id; those of one name in one recording have their boundary and index in it."""
    alike = pl.len().over("recording_id", "name") > 1
    full = pl.format("{}, {} {}", "name", "boundary", pl.col("index").fill_null(0))
    return dict(devices.select("id", pl.when(alike).then(full).otherwise("name")).rows())


def _uncounted(found: pl.DataFrame) -> pl.DataFrame:
    """Return the measurements that are out of use for want of a number of items only."""
    return found.filter(pl.col("excluded").is_in(_NO_ITEMS), pl.col("energy_j") > 0)


def _nothing(where: str | None, found: pl.DataFrame) -> EcoError:
    """Return the error for a database, or a condition, that leaves nothing to report."""
    if where and not found.is_empty():
        return EcoError("every measurement that fits --where is excluded", "eco check")
    if where:
        return EcoError(
            "there is nothing to report under this condition", "leave --where out, or name others"
        )
    if not found.is_empty():
        return EcoError("no measurement is in use", "eco check says why")
    return EcoError("there is nothing to report", "eco import FILE, or eco-collect suite quick")


def select(con: "duckdb.DuckDBPyConnection", where: str | None) -> pl.DataFrame:
    """Return the measurements that fit a condition. Raises `EcoError` for one that SQL does not take."""
    import duckdb

    try:
        return queries.measurements(con, where)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.ConversionException) as error:
        columns = ", ".join(list(queries.MEASUREMENT_SCHEMA)[:12])
        first = str(error).splitlines()[0]
        raise EcoError(f"--where: {first}", f"an SQL condition over {columns}, …") from error


def _fitting(
    con: "duckdb.DuckDBPyConnection", found: pl.DataFrame, frames: list[pl.DataFrame]
) -> list[pl.DataFrame]:
    """Return runs, devices, recordings, sources and notes with only what the measurements in `found` are of.

    A note goes with what it is most nearly of: its run, else its result, source or recording.
    """
    runs, devices, recordings, sources, notes = frames
    results = frame(con, "SELECT id, device_id FROM result").filter(_among("id", found["result_id"]))
    runs = runs.filter(_among("id", found["run_id"]))
    recordings = recordings.filter(_among("id", runs["recording_id"]))
    devices = devices.filter(_among("recording_id", recordings["id"]) | _among("id", results["device_id"]))
    sources = sources.filter(_among("id", found["source_id"]))
    of = {"run_id": runs, "result_id": results, "source_id": sources, "recording_id": recordings}
    near = pl.coalesce(
        *(pl.when(pl.col(name).is_not_null()).then(_among(name, of[name]["id"])) for name in of)
    )
    return [runs, devices, recordings, sources, notes.filter(near.fill_null(True))]


def _among(column: str, ids: pl.Series) -> pl.Expr:
    """Return whether a column holds one of some ids."""
    return pl.col(column).is_in(ids.drop_nulls().unique().to_list()).fill_null(False)


def _runs_to_draw(con: "duckdb.DuckDBPyConnection", among: list[int] | None) -> list[int]:
    """Return the runs whose traces are shown: the one with most samples, then others of other configurations."""
    only, given = ("", []) if among is None else ("WHERE list_contains(?::BIGINT[], run.id)", [among])
    rows = frame(
        con,
        f"""SELECT arg_max(run_id, n) AS run_id, max(n) AS n FROM (
            SELECT run_id, count(*) AS n FROM sample GROUP BY run_id) AS counted
        JOIN run ON run.id = run_id {only} GROUP BY config_id ORDER BY n DESC, run_id LIMIT 12""",
        given,
    )
    return [int(run_id) for run_id in rows["run_id"].to_list()]


def _hide(*frames: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Return the frames with hosts called machine A, B, … and without commands, jobs, paths and serial numbers."""
    hosts = sorted({str(h) for f in frames if "host" in f.columns for h in f["host"].drop_nulls().unique()})
    alias = {host: f"machine {_letters(place)}" for place, host in enumerate(hosts)}
    private = {
        "command",
        "job_id",
        "vendor_uid",
        "path",
        "source_path",
        "config_extra",
        "extra",
        "policy",
        "container",
    }
    hidden = []
    for found in frames:
        columns: list[pl.Expr | pl.Series] = []
        for name, dtype in found.schema.items():
            if name in private:
                columns.append(pl.lit(None, dtype=dtype).alias(name))
            elif name == "host":
                columns.append(pl.col(name).replace(alias))
            elif name in ("text", "hint") and alias:
                columns.append(pl.col(name).str.replace_many(list(alias), list(alias.values())))
        hidden.append(found.with_columns(columns))
    return tuple(hidden)


def _letters(place: int) -> str:
    """Return A … Z, AA, AB …: the name of the n-th machine."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)
