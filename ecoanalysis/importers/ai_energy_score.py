"""AI Energy Score: the leaderboard's tables of GPU energy per 1,000 queries, and its batch runner's results."""

import math

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.table import Row, as_float, as_text, read_table
from ecoanalysis.units import J_PER_KWH

TITLE = "AI Energy Score leaderboard and batch runner (CSV)"
_LEADERBOARD = ("model", "total_gpu_energy")
_RUNNER = ("model_name", "gpu_energy_wh", "successful_prompts")
_QUERIES = 1000.0  # the protocol: every model answers a thousand queries of its task
_MODALITIES = {
    "asr": "audio",
    "automatic_speech_recognition": "audio",
    "image_captioning": "multimodal",
    "image_classification": "vision",
    "image_generation": "vision",
    "object_detection": "vision",
    "question_answering": "text",
    "reasoning": "text",
    "sentence_similarity": "text",
    "summarization": "text",
    "text_classification": "text",
    "text_generation": "text",
}
_BOARD = "NVIDIA H100 80GB HBM3"


def sniff(head: Head) -> bool:
    """Say whether the header is the leaderboard's or the batch runner's."""
    return head.has(*_LEADERBOARD) or head.has(*_RUNNER)


def read(head: Head, options: Options) -> Imported:
    """Return one result per model: energy of the GPUs per query, measured; without any, the model is left out."""
    leaderboard = head.has(*_LEADERBOARD)
    frame = read_table(head, need=_LEADERBOARD if leaderboard else _RUNNER)
    draft = Draft(
        head,
        "ai_energy_score",
        dataset="ai_energy_score",
        name="AI Energy Score",
        citation="Luccioni, Gamazaychikov and others: AI Energy Score, 2025",
        url="https://huggingface.github.io/AIEnergyScore",
    )
    _file_notes(draft, timed=leaderboard or "total_duration_seconds" in frame.columns)
    device = draft.device(_BOARD, kind="datacenter_gpu", boundary="board", sensor="codecarbon")
    for place, row in enumerate(frame.iter_rows(named=True)):
        energy_j, queries = _of_leaderboard(row) if leaderboard else _of_runner(row)
        if (queries or 0) > (as_float(row.get("total_prompts")) or math.inf):
            text = "more prompts were answered than asked"
            draft.note("contradicting_numbers", text, "look at these rows of the file", "warning")
        if energy_j is None or energy_j <= 0 or not queries:
            draft.leave_out("without an energy, or without an answer")
            draft.note("no_energy", "rows without an energy or an answer are left out", None, "warning")
            continue
        draft.result(
            place,
            _config(row, head.path.stem),
            device_id=device,
            label=as_text(row.get("reasoning_state")) or as_text(row.get("class")),
            energy_j=energy_j,
            items_count=queries,
            duration_s=as_float(row.get("total_duration_seconds")),
            boundary="board",
            basis="measured",
            method="GPU energy by CodeCarbon over all queries",
            item_unit="request",
        )
    return draft.finish(frame.height)


def _file_notes(draft: Draft, *, timed: bool) -> None:
    """Note what holds for the whole file; `timed`: the leaderboard has no durations, the batch runner writes them."""
    draft.note(
        "device_from_protocol",
        "the file names no device: its protocol runs on one H100 80 GB, large models on as many as they need",
        "compare within this data set",
        "warning",
    )
    if not timed:
        hint = "powers and rates stay unknown"
        draft.note("unknown_columns", "no column total_duration_seconds", hint, "warning")


def _of_leaderboard(row: Row) -> tuple[float | None, float]:
    """Return energy [J] and queries of a row of the leaderboard; `total_gpu_energy` is kWh for all queries."""
    kwh = as_float(row["total_gpu_energy"])
    return (None if kwh is None else kwh * J_PER_KWH), _QUERIES


def _of_runner(row: Row) -> tuple[float | None, float]:
    """Return energy [J] and answered prompts of a row of the batch runner."""
    wh = as_float(row["gpu_energy_wh"])
    return (None if wh is None else wh * J_PER_KWH / 1e3), as_float(row["successful_prompts"]) or 0.0


def _config(row: Row, stem: str) -> Config:
    """Return the configuration of a row; the leaderboard says its task by the name of the file only."""
    said = (as_text(row.get("task")) or stem).lower().replace("-", "_").replace(" ", "_")
    task = said if said in _MODALITIES else "unknown"
    return Config(
        task=task.replace("_", "-"),
        model=as_text(row.get("model") or row.get("model_name")) or "unknown",
        framework="unknown",
        precision="unknown",
        modality=_MODALITIES.get(task),
        item_unit="request",
    )
