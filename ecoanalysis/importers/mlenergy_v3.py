"""ML.ENERGY leaderboard v3, flattened: steady-state GPU energy of LLMs and diffusion models."""

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import as_float, as_int, as_text, read_table, to_numbers

TITLE = "ML.ENERGY leaderboard v3 (CSV)"
_ITEMS = {"image": "energy_per_image_joules", "video": "energy_per_video_joules"}
_DEGREES = ("tensor_parallel", "expert_parallel", "data_parallel", "ulysses_degree", "ring_degree")
_SHORT = {
    "tensor_parallel": "tp",
    "expert_parallel": "ep",
    "data_parallel": "dp",
    "ulysses_degree": "ulysses",
    "ring_degree": "ring",
}
_METHOD = "NVML energy counter through Zeus, steady state"
_TEXT = ("task", "architecture", "gpu_model", "model_id", "nickname", "weight_precision")


def sniff(head: Head) -> bool:
    """Say whether the header is that of the flattened leaderboard, LLM or diffusion."""
    llm = head.has("energy_per_token_joules", "max_num_seqs", "gpu_model", "model_id")
    return llm or (
        head.has("gpu_model", "model_id", "inference_steps")
        and bool(set(_ITEMS.values()) & set(head.columns))
    )


def read(head: Head, options: Options) -> Imported:
    """Return one result per row: joules per output token, image or video, of all GPUs of the deployment."""
    return import_frame(head, read_table(head, need=("task", "model_id", "gpu_model")))


def import_frame(head: Head, frame: pl.DataFrame) -> Imported:
    """Return the results of the leaderboard's columns; raises `EcoError` when the naming ones are missing."""
    if not {"model_id", "gpu_model"} <= set(frame.columns):
        raise EcoError(
            f"{head.path}: no column model_id or gpu_model", f"it has: {', '.join(frame.columns)[:200]}"
        )
    numeric = [name for name in frame.columns if name not in _TEXT]
    frame = to_numbers(frame, *numeric)
    draft = Draft(
        head,
        "mlenergy_v3",
        dataset="mlenergy_v3",
        name="ML.ENERGY leaderboard v3",
        licence="none stated: cite, do not relicense",
        citation="Chung et al., ML.ENERGY benchmark, 2025",
        url="https://github.com/ml-energy/leaderboard",
    )
    one = _llm if "energy_per_token_joules" in frame.columns else _diffusion
    for number, row in enumerate(frame.iter_rows(named=True)):
        one(draft, number, row)
    draft.note("gpu_only", "GPU energy only: the host's CPU and memory are not in it")
    return draft.finish(frame.height)


def _device(draft: Draft, row: dict[str, object]) -> int:
    """Return the id of the row's kind of GPU."""
    return draft.device(
        as_text(row["gpu_model"]) or "unknown", kind="datacenter_gpu", boundary="board", sensor="nvml"
    )


def _parallelism(row: dict[str, object]) -> str | None:
    """Return how the model is spread: tp2ep4, ulysses8, …; None on one GPU."""
    degrees = {name: as_int(row.get(name)) or 1 for name in _DEGREES}
    return "".join(f"{_SHORT[name]}{count}" for name, count in degrees.items() if count > 1) or None


def _params(row: dict[str, object], name: str) -> int | None:
    """Return billions as a count."""
    billions = as_float(row.get(name))
    return round(billions * 1e9) if billions is not None else None


def _llm(draft: Draft, number: int, row: dict[str, object]) -> None:
    """Keep one deployment of a language model."""
    task = as_text(row["task"]) or "text-generation"
    config = Config(
        task=task,
        model=as_text(row["model_id"]) or "unknown",
        framework="vllm",
        precision=precision_name(row.get("weight_precision")),
        batch_size=as_float(row.get("max_num_seqs")),
        modality="text"
        if task not in ("image-chat", "video-chat", "audio-chat", "omni-chat")
        else "multimodal",
        item_unit="token",
        output_tokens=as_float(row.get("avg_output_len")),
        scenario="steady_state",
        accelerators_count=as_int(row.get("num_gpus")),
        parallelism=_parallelism(row),
        params_count=_params(row, "total_params_billions"),
        active_params_count=_params(row, "activated_params_billions"),
        facts_source="ML.ENERGY v3",
    )
    itl_ms = as_float(row.get("median_itl_ms"))
    draft.result(
        number, config, device_id=_device(draft, row), label=as_text(row.get("nickname")), item_unit="token",
        energy_per_item_j=as_float(row.get("energy_per_token_joules")), boundary="board", method=_METHOD,
        mean_power_w=as_float(row.get("avg_power_watts")),
        throughput_items_per_s=as_float(row.get("output_throughput_tokens_per_sec")),
        latency_s=None if itl_ms is None else itl_ms / 1e3, batch_size_mean=as_float(row.get("avg_batch_size")),
        extra={"energy_per_request_j": row.get("energy_per_request_joules"),
        "architecture": row.get("architecture"), "p90_itl_s": _ms(row, "p90_itl_ms"), "p99_itl_s": _ms(row,
        "p99_itl_ms"), "source_task": row["task"]},
    )  # fmt: skip


def _ms(row: dict[str, object], name: str) -> float | None:
    """Return milliseconds as seconds."""
    value = as_float(row.get(name))
    return None if value is None else value / 1e3


def _diffusion(draft: Draft, number: int, row: dict[str, object]) -> None:
    """Keep one deployment of a model of images or videos; the unit is the one whose energy is given."""
    unit = "video" if as_float(row.get("energy_per_video_joules")) is not None else "image"
    height, width = as_int(row.get(f"{unit}_height")), as_int(row.get(f"{unit}_width"))
    frames = as_int(row.get("num_frames"))
    config = Config(
        task=as_text(row["task"]) or f"text-to-{unit}",
        model=as_text(row["model_id"]) or "unknown",
        framework="diffusers",
        precision=precision_name(row.get("weight_precision")),
        batch_size=as_float(row.get("batch_size")),
        modality="vision",
        item_unit=unit,
        scenario="steady_state",
        input_shape=f"{height}x{width}" if height and width else None,
        steps=as_int(row.get("inference_steps")),
        frames=frames,
        accelerators_count=as_int(row.get("num_gpus")),
        parallelism=_parallelism(row),
        params_count=_params(row, "total_params_billions"),
        active_params_count=_params(row, "activated_params_billions"),
        facts_source="ML.ENERGY v3",
    )
    draft.result(
        number,
        config,
        device_id=_device(draft, row),
        label=as_text(row.get("nickname")),
        item_unit=unit,
        energy_per_item_j=as_float(row.get(_ITEMS[unit])),
        boundary="board",
        method=_METHOD,
        mean_power_w=as_float(row.get("avg_power_watts")),
        latency_s=as_float(row.get("batch_latency_s")),
        throughput_items_per_s=as_float(row.get(f"throughput_{unit}s_per_sec")),
        batch_size_mean=as_float(row.get("batch_size")),
        extra={"fps": row.get("fps")} if row.get("fps") else None,
    )
