"""perun HDF5 files: raw sensor series per run, round and host."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.perun_sensors import Series, tracks_of
from ecoanalysis.importers.recorded import finish_recording
from ecoanalysis.importers.times import parse_time, zone_of
from ecoanalysis.importers.tool_run import perun_run

TITLE = "perun HDF5"
LAYOUT = "own"
_MOST_READINGS = 50_000_000  # of all sensors: 0.8 GB with their times


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a series lies: run, round, host."""

    run: str
    round: str
    host: str


def sniff(head: Head) -> bool:
    """Say whether the file is HDF5: perun is the only tool of this list that writes it."""
    return head.data.startswith(b"\x89HDF\r\n\x1a\n")


def read(head: Head, options: Options) -> Imported:
    """Return one recording per run, round and host; RAPL's raw counters are imported, not perun's watts."""
    import h5py

    places: dict[_Place, list[Series]] = {}
    try:
        with h5py.File(head.path, "r") as file:
            _collect(file, places)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise EcoError(f"{head.path}: damaged HDF5 ({str(error)[:100]})", "copy the file again") from error
    if not places:
        raise EcoError(
            f"{head.path}: HDF5, but no perun series in it", "perun writes …/raw_data/timesteps and values"
        )
    draft = Draft(head, "perun_hdf5", dataset="perun")
    imported: Imported | None = None
    frames: list[pl.DataFrame] = []
    for repeat, (place, series) in enumerate(sorted(places.items(), key=lambda item: str(item[0]))):
        started, naive = parse_time(place.run, zone_of(options))
        if naive and options.tz is None:
            draft.naive_times()
        imported = finish_recording(
            draft,
            tracks_of(draft, series),
            host=place.host,
            tool="perun",
            started_utc_ns=started,
            rows_count=sum(one.t_s.len() for group in places.values() for one in group),
            repeat=repeat,
            tool_run=perun_run(place.run, place.round, place.host),
        )
        frames.extend(imported.samples)
    assert imported is not None
    return draft.finish(imported.source.rows_count, frames)


def _refuse_sizes(places: dict[_Place, list[Series]], *nodes: Any) -> None:
    """Raise `EcoError` where data sets would make a file of more readings than any log has: a shape costs no bytes."""
    have = sum(one.values.len() for series in places.values() for one in series)
    if have + max(node.size for node in nodes) > _MOST_READINGS:
        text = f"{nodes[0].file.filename}: more than {_MOST_READINGS} readings, in {nodes[0].name}"
        raise EcoError(text, "the file is damaged, or of many runs: export them one by one")


def _collect(file: object, places: dict[_Place, list[Series]]) -> None:
    """Fill the series of a file: …/<run>/nodes/<round>/nodes/<host>/nodes/<group>/nodes/<sensor>/raw_data."""
    import h5py

    def visit(name: str, node: object) -> None:
        parts = name.split("/")
        if (
            not (
                isinstance(node, h5py.Group)
                and parts[-1] == "raw_data"
                and "timesteps" in node
                and "values" in node
            )
            or len(parts) < 12
        ):
            return
        group, sensor = parts[-4], parts[-2]
        alt = node.get("alt_values")
        values = node["values"] if alt is None else alt
        _refuse_sizes(places, node["timesteps"], values)
        wrap = (
            float(values.attrs.get("valid_max", 0)) * float(values.attrs.get("mag", 1.0))
            if alt is not None
            else None
        )
        series = Series(
            group,
            sensor,
            str(values.attrs.get("unit", "")),
            pl.Series(np.asarray(node["timesteps"], dtype=np.float64))
            * float(node["timesteps"].attrs.get("mag", 1.0)),
            pl.Series(np.asarray(values, dtype=np.float64)) * float(values.attrs.get("mag", 1.0)),
            wrap_j=wrap or None,
        )
        places.setdefault(_Place(parts[-10], parts[-8], parts[-6]), []).append(series)

    file.visititems(visit)  # type: ignore[attr-defined]
