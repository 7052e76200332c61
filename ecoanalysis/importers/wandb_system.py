"""Weights & Biases system metrics (run.history(stream="events") as CSV, wandb-events.jsonl): GPUs every few seconds."""

import json
import re

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import Track, finish_recording
from ecoanalysis.importers.table import lost_cells, number, read_table
from ecoanalysis.importers.times import from_unix

TITLE = "Weights & Biases system metrics, CSV or JSON lines"
LAYOUT = "log"  # rows of other metrics say nothing of the GPUs
_POWER = re.compile(r"^system\.gpu\.(\d+)\.powerWatts$")
_SAID = re.compile(r'"?system\.gpu\.\d+\.powerWatts"?')
# Metric of a GPU -> (our column, factor to our unit).
_METRICS = {
    "powerWatts": ("power_w", 1.0),
    "gpu": ("util_ratio", 0.01),
    "temp": ("temperature_c", 1.0),
    "memoryAllocatedBytes": ("memory_bytes", 1.0),
}
_CLOCKS = ("_timestamp", "_runtime")


def sniff(head: Head) -> bool:
    """Say whether a GPU's power is among the metrics, and a time of W&B's beside it."""
    return bool(_SAID.search(head.text)) and any(clock in head.text for clock in _CLOCKS)


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU; `system.gpu.process.*` is the same board again and left out."""
    raw = (
        _json_lines(read_text(head)) if head.text.lstrip().startswith("{") else read_table(head, is_log=True)
    )
    gpus = sorted(int(found[1]) for name in raw.columns if (found := _POWER.match(name)))
    clock = next((name for name in _CLOCKS if name in raw.columns), None)
    if clock is None or not gpus:
        raise EcoError(
            f"{head.path}: no time or no power of a GPU in it",
            'export run.history(stream="events", pandas=True)',
        )
    draft = Draft(head, "wandb_system", dataset="wandb")
    draft.note(
        "averaged_power", "W&B writes a reading, or a mean, each 10 s or so: short phases are smoothed"
    )
    tracks = [_track(raw, clock, gpu) for gpu in gpus]
    _doubts(draft, raw, clock, [f"system.gpu.{gpu}.powerWatts" for gpu in gpus])
    timed = raw.select(number(clock)).to_series().drop_nulls()
    return finish_recording(
        draft, tracks, host="unknown", tool="Weights & Biases", rows_count=sum(track.t_s.len() for track in tracks),
        started_utc_ns=from_unix(float(timed[0])) if clock == "_timestamp" and timed.len() else None,
    )  # fmt: skip


def _doubts(draft: Draft, raw: pl.DataFrame, clock: str, powers: list[str]) -> None:
    """Note cells that are no numbers, and rows that are there twice or out of their order."""
    numbers = raw.select(number(name) for name in (clock, *powers))
    if lost := lost_cells(raw, numbers, (clock, *powers)) + numbers[clock].null_count():
        draft.note("not_a_number", f"{lost} times or powers are no numbers: left out", None, "warning")
    back = int((numbers[clock].drop_nulls().diff() <= 0).sum())
    if back:
        draft.note("times_backwards", f"the time stands or goes back {back} times", None, "warning")


def _track(raw: pl.DataFrame, clock: str, gpu: int) -> Track:
    """Return the rows that say the power of one GPU."""
    have = {
        f"system.gpu.{gpu}.{metric}": said for metric, said in _METRICS.items()
        if f"system.gpu.{gpu}.{metric}" in raw.columns
    }  # fmt: skip
    rows = (
        raw.select(number(clock), *map(number, have))
        .drop_nulls([clock, f"system.gpu.{gpu}.powerWatts"])
        .sort(clock)
    )
    columns = {ours: rows[name] * factor for name, (ours, factor) in have.items()}
    return Track("GPU", "gpu", "board", "nvml", rows[clock], columns, index=gpu)


def _json_lines(text: str) -> pl.DataFrame:
    """Return the metrics of JSON lines as text columns, those of W&B's clocks and GPUs."""
    rows: list[dict[str, str]] = []
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            continue
        if isinstance(said, dict):
            rows.append({
                name: str(value) for name, value in said.items()
                if name in _CLOCKS or name.startswith("system.gpu.")
            })  # fmt: skip
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in names}, schema=dict.fromkeys(names, pl.String)
    )
