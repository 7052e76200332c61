"""Zeus measurements: the window log CSV and the JSON of a Measurement."""

import json

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import unknown_config
from ecoanalysis.importers.table import as_float, as_text, read_table, to_numbers
from ecoanalysis.importers.times import from_unix

TITLE = "Zeus window log (CSV) and Measurement (JSON)"
# Field -> (name, kind, boundary, joules per unit). The SoC's fields are millijoules.
_PARTS = {
    "gpu_energy": ("GPU", "gpu", "board", 1.0),
    "cpu_energy": ("CPU", "cpu", "package", 1.0),
    "dram_energy": ("RAM", "memory", "dram", 1.0),
    "soc_energy": ("SoC", "platform", "module", 1e-3),
}


def sniff(head: Head) -> bool:
    """Say whether it is the window log, or the JSON of a measurement."""
    return head.has("start_time", "window_name", "elapsed_time") or (
        '"gpu_energy"' in head.text and '"time"' in head.text and head.text.lstrip().startswith("{")
    )


def read(head: Head, options: Options) -> Imported:
    """Return a result per window and device; GPU indices are relative to CUDA_VISIBLE_DEVICES."""
    draft = Draft(head, "zeus_window", dataset="zeus")
    draft.note(
        "relative_indices", "GPU indices count the visible devices only; Zeus writes no names and no host"
    )
    return _json(draft, head) if head.text.lstrip().startswith("{") else _csv(draft, head)


def _keep(
    draft: Draft,
    place: int,
    part: str,
    index: str,
    energy: float | None,
    seconds: float | None,
    label: str | None,
    started: int | None,
) -> None:
    """Keep the energy of one device in one window; zero is below the counter's resolution, not nothing."""
    name, kind, boundary, factor = _PARTS[part]
    if energy is None:
        return
    if energy <= 0:
        draft.note(
            "no_energy",
            f"{name} {index}: {energy:g} J in a window: shorter than the counter's update, taken as not measured",
            "measure longer windows",
            "warning",
        )
        return
    device = draft.device(
        f"{name} {index}" if index else name,
        kind=kind,
        boundary=boundary,
        sensor="zeus",
        index=int(index) if index.isdigit() else 0,
    )
    draft.result(
        place, unknown_config(), f"{part} {index}", device_id=device, label=label, energy_j=energy * factor,
        duration_s=seconds, boundary=boundary, method="Zeus: counter at both ends of the window",
        started_utc_ns=started, item_unit="inference",
    )  # fmt: skip


def _csv(draft: Draft, head: Head) -> Imported:
    """Keep the rows of a window log."""
    raw = read_table(head, need=("start_time", "elapsed_time"))
    energies = [name for name in raw.columns if name.startswith("gpu") and name.endswith("_energy")]
    _doubt_names(draft, {*raw.columns} - {"start_time", "window_name", "elapsed_time", *energies})
    frame = to_numbers(raw, "start_time", "elapsed_time", *energies)
    for place, row in enumerate(frame.iter_rows(named=True)):
        for column in energies:
            _keep(
                draft,
                place,
                "gpu_energy",
                column.removeprefix("gpu").removesuffix("_energy"),
                as_float(row[column]),
                as_float(row["elapsed_time"]),
                as_text(row.get("window_name")),
                from_unix(as_float(row["start_time"])),
            )
    return draft.finish(frame.height)


def _json(draft: Draft, head: Head) -> Imported:
    """Keep a measurement, or one per line."""
    place = 0
    for line in _documents(head):
        seconds = as_float(line.get("time"))
        _doubt_names(draft, {*line} - {"time", *_PARTS})
        for part in _PARTS:
            said = line.get(part)
            pairs = (
                said.items()
                if isinstance(said, dict)
                else [("", said)]
                if part == "soc_energy" and said is not None
                else []
            )
            for index, value in pairs:
                _keep(
                    draft,
                    place,
                    part,
                    "" if part == "soc_energy" and index == "" else str(index),
                    as_float(value),
                    seconds,
                    None,
                    None,
                )
        place += 1
    return draft.finish(place)


def _doubt_names(draft: Draft, strange: set[str]) -> None:
    """Note columns or keys that Zeus does not write."""
    if strange:
        text = f"no measurement of Zeus that we know: {', '.join(sorted(strange))[:100]}: left out"
        draft.note("unknown_columns", text, severity="warning")


def _documents(head: Head) -> list[dict[str, object]]:
    """Return the objects of a JSON or JSON-lines file; raises `EcoError` when there is none."""
    text = read_text(head)
    for lines in ([text], text.splitlines()):
        try:
            found = [json.loads(line) for line in lines if line.strip()]
        except (json.JSONDecodeError, RecursionError):
            continue
        if found and all(isinstance(one, dict) for one in found):
            return found
    raise EcoError(f"{head.path}: not valid JSON", "the file is damaged or unfinished")
