"""A table with a time, its columns named by the user or guessed, as a recording: a device per power or per owner."""

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.energy_words import boundary_of, is_part
from ecoanalysis.importers.headings import heading
from ecoanalysis.importers.owners import (
    Owner,
    once_each,
    owner_column,
    owners,
    shared_times,
    told_of_several,
)
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import number
from ecoanalysis.importers.times import NS, dates_told, from_unix, parse_time, stated_step_s, zone_of
from ecoanalysis.units import convert

# Our column -> the unit that we keep.
SAMPLE = {
    "power_w": "W",
    "energy_j": "J",
    "util_ratio": "ratio",
    "temperature_c": "",
    "memory_bytes": "B",
    "clock_hz": "Hz",
}
_KINDS = {
    "wall": "wall",
    "dram": "memory",
    "package": "cpu",
    "board": "board",
    "node": "platform",
    "platform": "platform",
    "module": "platform",
}


def trace(
    draft: Draft,
    options: Options,
    frame: pl.DataFrame,
    names: dict[str, str],
    columns: dict[str, pl.Series],
    *,
    guessed: bool,
) -> Imported:
    """Return a recording: a device per value of `device`, a device per `power_w.BOUNDARY.N`, or one device.

    Rows of one time are parted by the column that tells devices apart. Raises `EcoError` where no power is a number.
    """
    if not columns:
        raise EcoError("no quantity in the map", f"map one of: {', '.join(SAMPLE)}")
    _refuse_empty(draft, frame, columns, names)
    t_s, started = _times(draft, options, frame, names)
    column = names.get("device")
    if column is None and shared_times(t_s):
        column = owner_column(frame, t_s)
        t_s = _told_apart(draft, t_s, column)
    tracks: list[Track] = []
    for part, kept in _parts(columns).items():
        title = names[f"power_w.{part}"] if part else "device"
        if column is None or ("device" not in names and once_each(t_s, next(iter(kept.values())))):
            once = t_s.is_first_distinct() if column is not None else pl.repeat(True, t_s.len(), eager=True)
            whose = [Owner(once, title, None)]
        else:
            whose = [*owners(frame, column, as_said="device" in names)]
        for owner in whose:
            boundary = _boundary(part, owner.name if column else "", guessed=guessed)
            if boundary is not None:
                tracks.append(_track(owner, boundary, t_s, kept, len(tracks)))
    return finish_recording(
        draft, _metered(draft, tracks), host="unknown", tool="generic", started_utc_ns=started,
        rows_count=draft.timed(t_s),
    )  # fmt: skip


def _told_apart(draft: Draft, t_s: pl.Series, column: str | None) -> pl.Series:
    """Return the times, and note how the rows of one time were told apart, or that they could not be.

    Stamps that are coarser than the readings of one device are spread: three of one minute stand 20 s apart.
    """
    if column is not None:
        draft.note("devices_told_apart", f"several rows share each time: {column} says whose each is")
        return t_s
    if told_of_several(t_s):
        draft.note(
            "devices_not_told_apart",
            "several rows share each time and no column tells the devices apart: they are read as one",
            "say which column does: --column device=…", "error",
        )  # fmt: skip
        return t_s
    step = t_s.unique().sort().diff().drop_nulls().median()
    if not isinstance(step, float):
        return t_s
    draft.note(
        "times_spread", f"stamps are coarser than the readings: those of one are spread over {step:g} s"
    )
    frame = pl.DataFrame({"t": t_s})
    return frame.select(
        pl.col("t") + step * pl.int_range(pl.len()).over("t") / pl.len().over("t")
    ).to_series()


def _boundary(part: str, name: str, *, guessed: bool) -> str | None:
    """Return the boundary of a device; what a guessed map does not know its name may say. None for a part."""
    said = part.split(".")[0] or "board"
    if not guessed or said not in ("node", "wall"):
        return said
    if is_part(heading(name)):
        return None
    return boundary_of(heading(name)) or said


def _track(owner: Owner, boundary: str, t_s: pl.Series, kept: dict[str, pl.Series], place: int) -> Track:
    """Return the readings of one device."""
    here = owner.rows & t_s.is_not_null()
    return Track(
        owner.name, _KINDS.get(boundary, "board"), boundary, "generic", t_s.filter(here),
        {ours: column.filter(here) for ours, column in kept.items()},
        index=place if owner.index is None else owner.index,
        energy_source="counter" if "energy_j" in kept else "power",
    )  # fmt: skip


def _metered(draft: Draft, tracks: list[Track]) -> list[Track]:
    """Return the devices but those without a power beside others: no reading, or 0 W from first to last."""
    powers = [track.columns.get("power_w", pl.Series([1.0])) for track in tracks]
    metered = [power.max() not in (None, 0) for power in powers]
    if all(metered) or not any(metered):
        return tracks
    names = ", ".join(track.name for track, kept in zip(tracks, metered, strict=True) if not kept)
    text = f"{names}: 0 W or nothing from first to last: left out"
    draft.note("no_power", text, "no meter? where 0 W is true, map it with --column", "warning")
    return [track for track, kept in zip(tracks, metered, strict=True) if kept]


def _refuse_empty(
    draft: Draft, frame: pl.DataFrame, columns: dict[str, pl.Series], names: dict[str, str]
) -> None:
    """Raise `EcoError` where no power or energy is a number: nothing would be measured, and nobody told."""
    metered = [ours for ours in columns if ours.split(".")[0] in ("power_w", "energy_j")]
    if metered and not any(columns[ours].count() for ours in metered):
        said = frame[names[metered[0]]].drop_nulls()
        example = f", as {said[0]!r}" if said.len() else ""
        raise EcoError(
            f"{draft.source.path}: no number in column {names[metered[0]]}{example}",
            "write one number into each cell, with a point as the decimal sign",
        )


def _parts(columns: dict[str, pl.Series]) -> dict[str, dict[str, pl.Series]]:
    """Return the columns by device: those of `power_w.BOUNDARY.N` are one each, the others belong together."""
    parts: dict[str, dict[str, pl.Series]] = {}
    for ours, column in columns.items():
        name, _, part = ours.partition(".")
        parts.setdefault(part, {})[name] = column
    return parts


def _times(
    draft: Draft, options: Options, frame: pl.DataFrame, names: dict[str, str]
) -> tuple[pl.Series, int | None]:
    """Return the times [s], and the first as ns since the epoch where they are dates or Unix times."""
    said, unit = frame[names["time"]], names["time_unit"]
    step_s = stated_step_s(options)
    if step_s is not None:
        ticks = pl.int_range(pl.len())
        rows = frame.select(ticks.over(names["device"]) if "device" in names else ticks).to_series()
        return rows * step_s, None
    numeric = pl.DataFrame([said.alias("time")]).select(number("time")).to_series()
    if numeric.null_count() == 0:
        factor = convert(1.0, unit, "s") if unit else _unix_factor(float(numeric[0]))
        t_s = numeric * factor
        first = from_unix(float(t_s.min()))  # type: ignore[arg-type]
        if not unit and first is None:
            text = f"{names['time']}: numbers without a unit: taken as seconds"
            draft.note(
                "times_in_seconds", text, f"say another: --column 'time={names['time']}:ms'", "warning"
            )
        return t_s, first
    zone = zone_of(options)
    stamps = [parse_time(text, zone) for text in dates_told(draft.source.path, said.to_list(), options)]
    t_s = pl.Series([None if ns is None else ns / NS for ns, _ in stamps], dtype=pl.Float64)
    if options.tz is None and any(naive for _, naive in stamps):
        draft.naive_times()
    return t_s, min((ns for ns, _ in stamps if ns is not None), default=None)


def _unix_factor(first: float) -> float:
    """Return the seconds per unit of a time without one: Unix times tell by their size, others are seconds."""
    scales = (1.0, 1e-3, 1e-6, 1e-9)
    return next((factor for factor in scales if from_unix(first * factor) is not None), 1.0)
