"""ML.ENERGY leaderboard files (JSON): the configurations of one task, or of one model, as the site publishes them."""

from typing import Any

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers import mlenergy_v3
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlenergy_timeline import load_json

TITLE = "ML.ENERGY leaderboard v3 task or model file (JSON)"
LAYOUT = "own"


def sniff(head: Head) -> bool:
    """Say whether it is JSON with configurations and the leaderboard's energies."""
    text = head.text
    return (
        text.lstrip().startswith("{")
        and '"configurations"' in text
        and (
            "energy_per_token_joules" in text
            or "energy_per_image_joules" in text
            or "energy_per_video_joules" in text
        )
    )


def read(head: Head, options: Options) -> Imported:
    """Return one result per configuration, as the flattened table would."""
    document = load_json(head)
    rows = document.get("configurations")
    if not isinstance(rows, list):
        raise EcoError(
            f"{head.path}: `configurations` is not a list",
            "take the file from the leaderboard's public/data/tasks",
        )
    shared = {"task": head.path.stem} | _flat(document)  # a model's file says model and task once
    if isinstance(document.get("task_id"), str):
        shared["task"] = document["task_id"]
    flat = [shared | _flat(row) for row in rows if isinstance(row, dict)]
    if not flat:
        raise EcoError(
            f"{head.path}: no configurations in it", "take the file from the leaderboard's public/data/tasks"
        )
    frame = pl.DataFrame(
        [{name: None if value is None else str(value) for name, value in row.items()} for row in flat],
        infer_schema_length=None,
    )
    return mlenergy_v3.import_frame(head, frame)


def _flat(row: dict[str, Any]) -> dict[str, object]:
    """Return what a configuration says, with the degrees of its parallelism beside the rest."""
    spread = row.get("parallelization")
    plain = {name: value for name, value in row.items() if not isinstance(value, dict | list)}
    return plain | ({k: v for k, v in spread.items() if k != "notes"} if isinstance(spread, dict) else {})
