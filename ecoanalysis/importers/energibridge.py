"""EnergiBridge CSV: counters or powers of the machine, every few hundred milliseconds."""

import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import read_table, to_numbers
from ecoanalysis.importers.times import from_unix

TITLE = "EnergiBridge CSV"
_SLACK_MS, _SLACK = 20.0, 0.2
_GPU = re.compile(r"^GPU(\d+)_POWER \((m?Watts)\)$")
# Column -> (name, kind, boundary, our column), of one boundary the best first: Intel's package counter, AMD's.
_PARTS = {
    "PACKAGE_ENERGY (J)": ("package", "cpu", "package", "energy_j"),
    "CPU_ENERGY (J)": ("package", "cpu", "package", "energy_j"),
    "CPU_POWER (Watts)": ("CPU", "cpu", "package", "power_w"),
    "DRAM_ENERGY (J)": ("dram", "memory", "dram", "energy_j"),
    "SYSTEM_POWER (Watts)": ("system", "platform", "platform", "power_w"),
}


def sniff(head: Head) -> bool:
    """Say whether the header has EnergiBridge's first columns and one of its meters."""
    return head.has("Delta", "Time") and any(
        name in _PARTS or _GPU.match(name) or name.startswith("CPU_USAGE_") for name in head.columns
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording; `Time` is unix milliseconds. Core energies are parts of the package and left out."""
    raw = read_table(head, need=("Delta", "Time"), is_log=True)
    frame = to_numbers(raw, *raw.columns)
    draft = Draft(head, "energibridge", dataset="energibridge")
    _doubts(draft, frame)
    t_s = frame["Time"] / 1e3
    tracks = [
        Track(
            name,
            kind,
            boundary,
            "energibridge",
            t_s,
            {ours: frame[column]},
            energy_source="counter" if ours == "energy_j" else "power",
        )
        for column, (name, kind, boundary, ours) in _parts(frame.columns).items()
    ]
    tracks.extend(_gpus(frame, t_s))
    usage = [column for column in frame.columns if re.match(r"^CPU_USAGE_\d+$", column)]
    if usage:
        util = frame.select(pl.mean_horizontal(*usage) / 100).to_series()
        if any(track.boundary == "package" for track in tracks):
            tracks = [_with_util(track, util) if track.boundary == "package" else track for track in tracks]
        else:
            only = {"util_ratio": util}
            tracks.append(Track("CPU", "cpu", "package", "energibridge", t_s, only, energy_source="none"))
    if not tracks:
        raise EcoError(f"{head.path}: no meter among its columns", f"known: {', '.join(_PARTS)}")
    read_at = t_s.drop_nulls()
    return finish_recording(
        draft, tracks, host="unknown", tool="EnergiBridge", rows_count=draft.timed(t_s),
        started_utc_ns=from_unix(float(read_at[0])) if read_at.len() else None,
    )  # fmt: skip


def _parts(columns: list[str]) -> dict[str, tuple[str, str, str, str]]:
    """Return the meters among the columns, one per boundary: a counter and a power of one package are not added."""
    best: dict[str, str] = {}
    for column, (_, _, boundary, _) in _PARTS.items():
        if column in columns:
            best.setdefault(boundary, column)
    return {column: _PARTS[column] for column in best.values()}


def _doubts(draft: Draft, frame: pl.DataFrame) -> None:
    """Note where `Delta`, the milliseconds from a reading until it is written, is not the step to the next `Time`.

    The first row is written at once, and the second has its time: EnergiBridge reads anew before it first waits.
    """
    steps = frame.select(step=-pl.col("Time").diff(-1), delta="Delta")[1:].drop_nulls()
    off = steps.filter((pl.col("step") - pl.col("delta")).abs() > _SLACK_MS + _SLACK * pl.col("delta"))
    if off.height > steps.height / 2:
        step, delta = (float(off[name].median() or 0.0) for name in ("step", "delta"))  # type: ignore[arg-type]
        text = f"Time moves by {step:g} ms where Delta says {delta:g} ms (medians)"
        hint = "the energy by Time is wrong where Delta is right: look at the file"
        draft.note("contradicting_numbers", text, hint, "warning")
    elif off.height:
        text = f"{off.height} rows are not followed by the next after their Delta"
        draft.note("missing_readings", text, "the file lost rows", "warning")


def _gpus(frame: pl.DataFrame, t_s: pl.Series) -> list[Track]:
    """Return the track of each GPU; some builds write milliwatts."""
    tracks = []
    for column in frame.columns:
        if found := _GPU.match(column):
            power = {"power_w": frame[column] * (1e-3 if found.group(2) == "mWatts" else 1.0)}
            tracks.append(Track("GPU", "gpu", "board", "energibridge", t_s, power, index=int(found.group(1))))
    return tracks


def _with_util(track: Track, util: pl.Series) -> Track:
    """Return the CPU's track with its utilisation."""
    return Track(
        track.name,
        track.kind,
        track.boundary,
        track.sensor,
        track.t_s,
        {**track.columns, "util_ratio": util},
        track.index,
        track.energy_source,
        track.facts,
    )
