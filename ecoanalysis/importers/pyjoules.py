"""pyJoules CSV: a row per tag, RAPL in microjoules, GPU in millijoules; a wrap makes it negative."""

import re

from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.recorded import unknown_config
from ecoanalysis.importers.table import as_float, as_text, read_table, to_numbers
from ecoanalysis.importers.times import from_unix

TITLE = "pyJoules CSV"
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
    raw = read_table(head, separator=";", need=("timestamp", "tag", "duration"))
    domains = {name: found for name in raw.columns if (found := _DOMAIN.match(name))}
    frame = to_numbers(raw, "timestamp", "duration", *domains)
    draft = Draft(head, "pyjoules", dataset="pyjoules")
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
                draft.note(
                    "negative_energy",
                    f"{column}: negative energy, the counter wrapped and pyJoules does not undo it: left unknown",
                    severity="warning",
                )
            elif energy == 0:
                draft.note(
                    "no_energy",
                    f"{column}: 0 in a window shorter than the counter's update: left unknown",
                    severity="warning",
                )
            draft.result(
                place, unknown_config(), column, device_id=device, label=as_text(row["tag"]),
                duration_s=as_float(row["duration"]), energy_j=energy * factor if energy > 0 else None,
                boundary=boundary, method="pyJoules: counter at both ends",
                started_utc_ns=from_unix(as_float(row["timestamp"])), item_unit="inference",
            )  # fmt: skip
    return draft.finish(frame.height)
