"""pyJoules CSV: a row per tag, RAPL in microjoules, GPU in millijoules; a wrap makes it negative."""

import re

import polars as pl

from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import unknown_config
from ecoanalysis.importers.table import as_float, as_text, read_table, to_numbers
from ecoanalysis.importers.times import from_unix

TITLE = "pyJoules CSV"
_FIXED = ("timestamp", "tag", "duration")
_SAME_S, _FEW, _ROUNDING = 1e-3, 0.34, 1.02
_DOMAIN = re.compile(r"^(package|dram|core|uncore|nvidia_gpu)_(\d+)$")
# Domain -> (name, kind, boundary, joules per unit). Cores and uncore are parts of the package.
_PARTS = {
    "package": ("package", "cpu", "package", 1e-6),
    "dram": ("dram", "memory", "dram", 1e-6),
    "nvidia_gpu": ("GPU", "gpu", "board", 1e-3),
}


def sniff(head: Head) -> bool:
    """Say whether the first line is pyJoules' header."""
    names = head.text.split("\n", 1)[0].strip().split(";")
    return names[:3] == ["timestamp", "tag", "duration"]


def read(head: Head, options: Options) -> Imported:
    """Return a result per row and domain; a negative energy is a counter's wrap and is left unknown."""
    raw = read_table(head, need=_FIXED)
    domains = {name: found for name in raw.columns if (found := _DOMAIN.match(name))}
    frame = to_numbers(raw, "timestamp", "duration", *domains)
    draft = Draft(head, "pyjoules", dataset="pyjoules")
    _doubts(draft, frame, raw.columns)
    for place, row in enumerate(frame.iter_rows(named=True)):
        for column, found in domains.items():
            energy = as_float(row[column])
            if found.group(1) not in _PARTS or energy is None:
                continue
            name, kind, boundary, factor = _PARTS[found.group(1)]
            device = draft.device(
                f"{name}-{found.group(2)}",
                kind=kind,
                boundary=boundary,
                sensor="nvml" if kind == "gpu" else "rapl",
            )
            if energy < 0:
                text = "negative energy, the counter wrapped and pyJoules does not undo it: left unknown"
                draft.note("negative_energy", f"{column}: {text}", severity="warning")
            elif energy == 0:
                text = "0 in a window shorter than the counter's update: left unknown"
                draft.note("no_energy", f"{column}: {text}", severity="warning")
            draft.result(
                place, unknown_config(), column, device_id=device, label=as_text(row["tag"]),
                duration_s=as_float(row["duration"]), energy_j=energy * factor if energy > 0 else None,
                boundary=boundary, method="pyJoules: counter at both ends",
                started_utc_ns=from_unix(as_float(row["timestamp"])), item_unit="inference",
            )  # fmt: skip
    return draft.finish(frame.height)


def _doubts(draft: Draft, frame: pl.DataFrame, names: list[str]) -> None:
    """Note windows that overlap or are missing, parts above their whole, and columns that are no domain."""
    strange = [name for name in names if name not in _FIXED and not _DOMAIN.match(name)]
    if strange:
        draft.note(
            "unknown_columns", f"no domain that we know: {', '.join(strange)}: left out", severity="warning"
        )
    said = [name for name in names if _DOMAIN.match(name) and frame[name].count()]
    if lost := sum(frame[name].null_count() for name in (*_FIXED[::2], *said)):
        text = f"{lost} times or energies are no numbers, pyJoules always writes one"
        draft.note("lost_readings", text, "look at these lines of the file", "warning")
    between = (frame["timestamp"].shift(-1) - frame["timestamp"] - frame["duration"]).drop_nulls()
    overlaps, follows = int((between < -_SAME_S).sum()), int((between.abs() <= _SAME_S).sum())
    if overlaps:
        text = f"{overlaps} windows are longer than the time until the next, or out of order"
        draft.note("contradicting_numbers", text, "look at these lines of the file", "warning")
    if 0 < between.len() - overlaps - follows <= _FEW * between.len():
        text = f"{between.len() - overlaps - follows} windows do not begin where the one before ended, the others do"
        draft.note("missing_readings", text, "the file lost lines, or holds several traces", "warning")
    for whole in (name for name in names if name.startswith("package_")):
        parts = [name for part in ("core", "uncore") if (name := whole.replace("package", part)) in names]
        if not parts:
            continue
        exceeds = pl.sum_horizontal(*parts) > pl.col(whole) * _ROUNDING
        above = frame.filter(
            exceeds & (pl.col(whole) > 0)
        )  # 0 before the counter's update, negative over its wrap
        if above.height:
            text = f"{whole}: in {above.height} rows cores and uncore took more than their package"
            draft.note("contradicting_numbers", text, "look at these lines of the file", "warning")
