"""EcoCompute: NVML energy of bitsandbytes quantization, result table and raw per-run table."""

import re

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, ratio, read_table, to_numbers

TITLE = "EcoCompute: bitsandbytes quantization energy (CSV)"
_TABLE = ("gpu", "model", "precision", "batch_size", "throughput_tok_s", "power_w", "energy_j_per_1k_tok")
_RAW = ("batch_size", "total_time_s", "throughput_tok_s", "avg_power_w", "total_energy_j", "tokens_generated")
_TOLERANCE = 0.03  # power / throughput and the stated energy agree this well where both are gross
_SIZE = re.compile(r"(\d+(?:\.\d+)?)B\b", re.IGNORECASE)


def sniff(head: Head) -> bool:
    """Say whether the header is one of the study's tables."""
    return head.has(*_TABLE) or head.has(*_RAW)


def read(head: Head, options: Options) -> Imported:
    """Return joules per token; a row whose energy is below power / throughput is net of idle, and says so."""
    draft = Draft(
        head,
        "ecocompute",
        dataset="ecocompute_quantenergy",
        name="EcoCompute",
        licence="MIT",
        citation="hongping-zh, EcoCompute dynamic evaluation, 2026",
        url="https://github.com/hongping-zh/ecocompute-dynamic-eval",
    )
    if head.has(*_RAW):
        return _raw(draft, head)
    frame = to_numbers(
        read_table(head, need=_TABLE),
        "batch_size",
        "throughput_tok_s",
        "power_w",
        "energy_j_per_1k_tok",
        "energy_sd",
        "n",
    )
    for number, row in enumerate(frame.iter_rows(named=True)):
        _stated(draft, number, row)
    return draft.finish(frame.height)


def _config(model: str, precision: str, batch: float | None) -> Config:
    """Return the configuration: Hugging Face transformers with bitsandbytes."""
    size = _SIZE.search(model)
    return Config(
        task="text-generation",
        model=model,
        framework="transformers+bitsandbytes",
        precision=precision_name(precision),
        batch_size=batch,
        modality="text",
        item_unit="token",
        scenario="offline",
        accelerators_count=1,
        output_tokens=256.0,
        params_count=round(float(size.group(1)) * 1e9) if size else None,
        facts_source="the model's name" if size else None,
    )


def _stated(draft: Draft, number: int, row: Row) -> None:
    """Keep one row of the result table, with its idle treatment told from power / throughput."""
    per_token = _over(as_float(row["energy_j_per_1k_tok"]), 1000)
    gross = ratio(as_float(row["power_w"]), as_float(row["throughput_tok_s"]))
    net = per_token is not None and gross is not None and per_token < gross * (1 - _TOLERANCE)
    if net and gross is not None and per_token is not None:
        idle_w = (gross - per_token) * (as_float(row["throughput_tok_s"]) or 0)
        draft.note(
            "idle_subtracted",
            f"{row['gpu']}: the stated energies are net of about {round(idle_w / 2.5) * 2.5:g} W of idle power",
            "gross energy = power / throughput is imported; the stated one is kept beside it",
            "warning",
        )
    config = _config(
        as_text(row["model"]) or "unknown", as_text(row["precision"]) or "", as_float(row["batch_size"])
    )
    device = draft.device(as_text(row["gpu"]) or "unknown", kind="gpu", boundary="board", sensor="nvml")
    spread = _over(as_float(row.get("energy_sd")), 1000)
    value = gross if net else per_token
    draft.result(
        number,
        config,
        device_id=device,
        label=as_text(row["precision"]),
        item_unit="token",
        energy_per_item_j=value,
        low_per_item_j=None if spread is None or value is None else value - 2 * spread,
        high_per_item_j=None if spread is None or value is None else value + 2 * spread,
        mean_power_w=as_float(row["power_w"]),
        throughput_items_per_s=as_float(row["throughput_tok_s"]),
        batch_size_mean=as_float(row["batch_size"]),
        boundary="board",
        repeats_count=as_int(row.get("n")),
        method="NVML power at 10 Hz" + (", mean power / throughput" if net else ""),
        extra={"stated_net_per_item_j": per_token} if net else None,
    )


def _over(value: float | None, divisor: float) -> float | None:
    """Return value / divisor, None for None."""
    return None if value is None else value / divisor


def _raw(draft: Draft, head: Head) -> Imported:
    """Keep the per-run table; GPU, model and precision stand in the file's name only."""
    frame = to_numbers(
        read_table(head, need=_RAW), *_RAW, "avg_gpu_util_pct", "avg_memory_util_pct", "peak_memory_gb"
    )
    words = head.path.name.lower()
    gpu = "A800" if "a800" in words else "unknown"
    model = "Mistral-7B" if "mistral7b" in words else "unknown"
    precision = "INT8 (pure)" if "pure_int8" in words else "unknown"
    device = draft.device(gpu, kind="gpu", boundary="board", sensor="nvml")
    for number, row in enumerate(frame.iter_rows(named=True)):
        tokens = as_float(row["tokens_generated"])
        batch = as_float(row["batch_size"])
        generated = None if tokens is None or batch is None else tokens * (batch if tokens <= 256 else 1)
        draft.result(
            number,
            _config(model, precision, batch),
            device_id=device,
            item_unit="token",
            items_count=generated,
            energy_j=as_float(row["total_energy_j"]),
            duration_s=as_float(row["total_time_s"]),
            mean_power_w=as_float(row["avg_power_w"]),
            throughput_items_per_s=as_float(row["throughput_tok_s"]),
            batch_size_mean=batch,
            boundary="board",
            method="NVML power at 10 Hz",
            extra={
                "util_ratio": _over(as_float(row["avg_gpu_util_pct"]), 100),
                "peak_memory_gb": row["peak_memory_gb"],
            },
        )
    if gpu != "unknown":
        draft.note(
            "named_by_file", f"GPU {gpu}, model {model} and precision {precision} come from the file's name"
        )
    return draft.finish(frame.height)
