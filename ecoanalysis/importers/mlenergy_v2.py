"""ML.ENERGY leaderboard v2 tables, and the legacy v1 table: GPU energy per request, image or video."""

import json
import re
from pathlib import Path

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options, sibling
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, open_head
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, product, ratio, read_table, to_numbers

TITLE = "ML.ENERGY leaderboard v2 and legacy v1 (CSV)"
_URL = "https://github.com/ml-energy/leaderboard-v2"
_UNITS = {"Energy/req (J)": "request", "Energy/image (J)": "image", "Energy/video (J)": "video"}
_LEGACY = ("model", "throughput", "response_length", "latency", "energy")
# v1's own files name their GPU and task: A40_chat-concise_benchmark.csv.
_NAMED = re.compile(r"(?P<gpu>[A-Z]\d+)_(?P<task>[a-z-]+)_benchmark", re.ASCII)
_METHOD = "NVML energy counter through Zeus"
# v1 shows GPU generations only; the leaderboard's notes name the boards behind them.
_TEXT = ("config_file", "Model", "GPU", "gpu", "task", "model", "parallelism")


def sniff(head: Head) -> bool:
    """Say whether the header is one of the leaderboard's tables."""
    return (head.has("Model", "GPU") and bool(set(_UNITS) & set(head.columns))) or _is_legacy(head)


def _is_legacy(head: Head) -> bool:
    """Say whether the header is v1's: these columns and no other, but the GPU and task that may lead them."""
    return head.has(*_LEGACY) and set(head.columns) <= {*_LEGACY, "gpu", "task", "parallelism"}


def read(head: Head, options: Options) -> Imported:
    """Return one result per row: J per output token for text (J per request ÷ mean output tokens), else per item."""
    legacy = _is_legacy(head)
    raw = read_table(head, need=_LEGACY if legacy else ("Model", "GPU"))
    frame = to_numbers(raw, *[name for name in raw.columns if name not in _TEXT])
    metadata = sibling(head.path, "model_metadata.csv")
    draft = Draft(
        head,
        "mlenergy_v2",
        dataset="mlenergy_v1" if legacy else "mlenergy_v2",
        licence="Apache-2.0",
        url=_URL,
        citation="Chung et al., The ML.ENERGY leaderboard, 2023-2024",
        companions=[metadata] if metadata else [],
    )
    facts = _facts(metadata) if metadata else {}
    named = _NAMED.match(head.path.name) if legacy and "gpu" not in frame.columns else None
    if named is not None:
        frame = frame.with_columns(gpu=pl.lit(named["gpu"]), task=pl.lit(named["task"]))
        draft.note("named_by_file", f"GPU {named['gpu']} and task {named['task']} come from the file's name")
    for number, row in enumerate(frame.iter_rows(named=True)):
        (_legacy if legacy else _current)(draft, head, number, row, facts)
    draft.note("gpu_only", "GPU energy only: the host's CPU and memory are not in it")
    draft.note("precision_not_stated", "the table states no precision; v2 served one precision per model")
    return draft.finish(frame.height)


def _facts(path: Path) -> dict[str, Row]:
    """Return the metadata of each model, by its name in lower case."""
    frame = read_table(open_head(path))
    if not {"model", "params"} <= set(frame.columns):
        return {}
    frame = to_numbers(frame, "params", "total_params", "denoising_params")
    return {str(row["model"]).lower(): row for row in frame.iter_rows(named=True)}


def _count(fact: Row, *names: str) -> int | None:
    """Return the first of the sizes that is known, billions as a count."""
    for name in names:
        billions = as_float(fact.get(name))
        if billions is not None:
            return round(billions * 1e9)
    return None


def _parallelism(row: Row) -> str | None:
    """Return tp2pp2 and the like; None on one GPU."""
    degrees = {"tp": as_int(row.get("TP")) or 1, "pp": as_int(row.get("PP")) or 1}
    return "".join(f"{name}{count}" for name, count in degrees.items() if count > 1) or None


def _current(draft: Draft, head: Head, number: int, row: Row, facts: dict[str, Row]) -> None:
    """Keep one row of v2."""
    column = next(name for name in _UNITS if name in row)
    unit, energy = _UNITS[column], as_float(row[column])
    model = as_text(row["Model"]) or "unknown"
    fact = facts.get(model.lower(), {})
    tokens = as_float(row.get("Avg Output Tokens"))
    gpus = (as_int(row.get("TP")) or 1) * (as_int(row.get("PP")) or 1)
    text = unit == "request"
    config = Config(
        task=_task(head, unit), model=model, framework="vllm" if text else "diffusers", precision="unknown",
        batch_size=as_float(row.get("Max BS (reqs)") if text else row.get("Batch size")),
        modality=_modality(head, text), item_unit="token" if text else unit, output_tokens=tokens,
        steps=as_int(row.get("Denoising steps")), frames=as_int(row.get("Frames")), accelerators_count=gpus,
        input_shape=as_text(fact.get("resolution")), parallelism=_parallelism(row), scenario="steady_state",
        params_count=_count(fact, "total_params", "params"), facts_source="ML.ENERGY v2" if fact else None,
        extra=json.dumps({"denoising_params": _count(fact, "denoising_params")}) if _count(fact,
        "denoising_params") else None,
    )  # fmt: skip
    device = draft.device(
        as_text(row["GPU"]) or "unknown", kind="datacenter_gpu", boundary="board", sensor="nvml"
    )
    throughput = as_float(row.get("Token tput (tok/s)"))
    latency = as_float(row.get("Avg TPOT (s)") if text else row.get("Batch latency (s)"))
    if not text:
        throughput = ratio(as_float(row.get("Batch size")), latency)
    per_item = ratio(energy, tokens) if text else energy
    draft.result(
        number, config, device_id=device, item_unit=config.item_unit, energy_per_item_j=per_item,
        boundary="board", throughput_items_per_s=throughput, latency_s=latency, mean_power_w=product(per_item,
        throughput), batch_size_mean=as_float(row.get("Avg BS (reqs)") if text else row.get("Batch size")),
        method=_METHOD + (", J per request / mean output tokens" if text else ""),
        extra={"energy_per_request_j": energy} if text else None, label=as_text(row.get("config_file")),
    )  # fmt: skip


def _task(head: Head, unit: str) -> str:
    """Return the task, from the unit and the name that the leaderboard gave the file."""
    name = head.path.name
    if unit == "request":
        return next((task for task in ("code", "chat") if task in name), "text-generation")
    return "image-to-video" if "image_to_video" in name else f"text-to-{unit}"


def _modality(head: Head, text: bool) -> str:
    """Return the modality: the multimodal chat has its own table."""
    if not text:
        return "vision"
    return "multimodal" if head.path.name.startswith("mllm") else "text"


def _legacy(draft: Draft, head: Head, number: int, row: Row, facts: dict[str, Row]) -> None:
    """Keep one row of v1: one request at a time, J per request."""
    model = as_text(row["model"]) or "unknown"
    fact = facts.get(model.lower(), {})
    tokens, energy = as_float(row["response_length"]), as_float(row["energy"])
    config = Config(
        task=as_text(row.get("task")) or "chat",
        model=model,
        framework="transformers",
        precision="unknown",
        batch_size=1.0,
        modality="text",
        item_unit="token",
        output_tokens=tokens,
        scenario="single_stream",
        accelerators_count=as_int(row.get("parallelism")) or 1,
        params_count=_count(fact, "total_params", "params"),
        facts_source="ML.ENERGY v2" if fact else None,
    )
    device = draft.device(
        as_text(row.get("gpu")) or "unknown", kind="datacenter_gpu", boundary="board", sensor="nvml"
    )
    per_token, throughput = ratio(energy, tokens), as_float(row["throughput"])
    draft.result(
        number,
        config,
        device_id=device,
        item_unit="token",
        energy_per_item_j=per_token,
        boundary="board",
        throughput_items_per_s=throughput,
        latency_s=as_float(row["latency"]),
        batch_size_mean=1.0,
        duration_s=None,
        mean_power_w=product(per_token, throughput),
        method=_METHOD + ", J per request / mean output tokens",
        extra={"energy_per_request_j": energy},
    )
