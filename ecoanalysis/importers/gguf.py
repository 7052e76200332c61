"""LLM-Energy-Benchmark (llama.cpp GGUF ladder, vLLM): CodeCarbon energy of whole tasks, with accuracy."""

import re

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import (
    Row,
    as_float,
    as_text,
    product,
    ratio,
    read_table,
    refuse_without,
    to_numbers,
)

TITLE = "LLM-Energy-Benchmark: GGUF quantization ladder"
_NEED = ("model", "engine", "task", "n_problems", "energy_j", "quantization", "machine")
_NUMBERS = (
    "n_problems",
    "n_batches",
    "batch_size",
    "accuracy_pct",
    "energy_j",
    "energy_kwh",
    "co2_kg",
    "prompt_tokens",
    "generated_tokens",
    "ttft_mean_s",
    "tpot_s",
    "decode_tok_s",
    "mean_inference_s",
    "j_per_generated_token",
)
# The columns of the repository's own files; "Precisión" is the accuracy.
_SPANISH = {
    "Modelo": "model", "Motor": "engine", "Tarea": "task", "Numero de Problemas": "n_problems",
    "Numero de Lotes": "n_batches", "Tamaño Batch": "batch_size", "Precisión": "accuracy_pct",
    "Energía (kWh)": "energy_kwh", "Energía (J)": "energy_j", "CO2 (kg)": "co2_kg", "Tokens Prompt": "prompt_tokens",
    "Tokens Generados": "generated_tokens", "TTFT Medio (s)": "ttft_mean_s", "TPOT (s/token)": "tpot_s",
    "Throughput Decode (tok/s)": "decode_tok_s", "Inferencia Media (s)": "mean_inference_s",
    "Energía (J/token gen)": "j_per_generated_token", "Cuantizacion": "quantization",
    "cuantización": "quantization", "Attention Implementation": "attention", "Speculative Decoding": "speculative",
    "speculative_method": "speculative", "Maquina": "machine",
}  # fmt: skip
# What the records of CodeCarbon in the same repository say of the machines; the others are not stated anywhere.
_MACHINES = {"CITIC": "NVIDIA A2", "Spark": "NVIDIA GB10"}
_GGUF_QUANT = re.compile(r"[-._](?:(?:i?q\d\w*)|f16|fp16|f32|bf16)\.gguf$", re.IGNORECASE)


def sniff(head: Head) -> bool:
    """Say whether the header is that of the benchmark, in its own Spanish or in English."""
    spanish = ("Modelo", "Motor", "Tarea", "Numero de Problemas", "Energía (J)")
    quantized = head.has("Cuantizacion") or head.has("cuantización")
    return head.has(*_NEED, "j_per_generated_token") or (head.has(*spanish) and quantized)


def read(head: Head, options: Options) -> Imported:
    """Return one result per row: joules per problem, CPU + GPU + modelled RAM; tokens are in the configuration.

    Raises `EcoError` for a table without the benchmark's columns.
    """
    frame = _named(read_table(head), head)
    draft = Draft(
        head,
        "gguf",
        dataset="llm_energy_benchmark",
        name="LLM-Energy-Benchmark",
        licence="MIT",
        citation="A. Lodeiro-Díaz, LLM-Energy-Benchmark, 2026",
        url="https://github.com/alejandroldz/LLM-Energy-Benchmark",
    )
    seen: dict[tuple[object, ...], int] = {}
    for number, row in enumerate(frame.iter_rows(named=True)):
        _one(draft, number, row, seen)
    draft.note("modelled_ram", "the energy is CodeCarbon's sum: the GPU is measured, RAM is modelled")
    return draft.finish(frame.height)


def _named(table: pl.DataFrame, head: Head) -> pl.DataFrame:
    """Return the table with English names; a file of one machine is called after it (q_citic.csv)."""
    names = {theirs: ours for theirs, ours in _SPANISH.items() if ours not in table.columns}
    frame = table.rename(names, strict=False)
    if "machine" not in frame.columns:
        name = head.path.stem.lower()
        found = next((machine for machine in _MACHINES if name.endswith(machine.lower())), "unknown")
        frame = frame.with_columns(machine=pl.lit(found))
    refuse_without(frame, head, _NEED)
    return to_numbers(frame, *_NUMBERS)


def _one(draft: Draft, number: int, row: Row, seen: dict[tuple[object, ...], int]) -> None:
    """Keep one row; a row that repeats an earlier one (same work, same energy) is noted as a copy of it."""
    problems, energy = as_float(row["n_problems"]), as_float(row["energy_j"])
    machine = as_text(row["machine"]) or "unknown"
    model = as_text(row["model"]) or "unknown"
    config = Config(
        task=as_text(row["task"]) or "unknown", model=_GGUF_QUANT.sub("", model), framework=_engine(row),
        precision=precision_name(row["quantization"]), batch_size=as_float(row["batch_size"]), modality="text",
        item_unit="request", scenario=_scenario(row), accelerators_count=1,
        input_tokens=ratio(as_float(row["prompt_tokens"]), problems),
        output_tokens=ratio(as_float(row["generated_tokens"]), problems), dataset=as_text(row["task"]),
    )  # fmt: skip
    if machine not in _MACHINES:
        draft.note("device_not_stated", f"machine {machine}: its GPU is not stated anywhere in the data set")
    device = draft.device(
        _MACHINES.get(machine, f"machine {machine}"), kind="platform", boundary="node", sensor="codecarbon"
    )
    mean_s = as_float(row["mean_inference_s"])
    co2 = as_float(row["co2_kg"])
    result = draft.result(
        number, config, device_id=device, label=f"{machine} {as_text(row['quantization'])}",
        item_unit="request", items_count=problems, energy_j=energy, duration_s=product(mean_s, problems),
        latency_s=mean_s, throughput_items_per_s=ratio(1.0, mean_s),
        batch_size_mean=as_float(row["batch_size"]), quality_value=as_float(row["accuracy_pct"]),
        quality_metric=f"{as_text(row['task'])}_pct", boundary="node", basis="estimated",
        method="CodeCarbon: NVML GPU, CPU, modelled RAM", co2_g_reported=None if co2 is None else co2 * 1e3,
        extra={"machine": machine, "decode_tokens_per_s": row["decode_tok_s"], "ttft_s": row["ttft_mean_s"],
        "tpot_s": row["tpot_s"], "file": model, "source_file": row.get("source_file")},
    )  # fmt: skip
    key = (
        model, machine, row["task"], row["engine"], row["batch_size"],
        None if energy is None else f"{energy:.6e}",
    )  # fmt: skip
    if key in seen:
        draft.note(
            "duplicate_row", f"row {number} repeats row {seen[key]}", severity="error", result_id=result
        )
    seen.setdefault(key, number)


def _scenario(row: Row) -> str:
    """Return offline, with the attention and speculation that the row states."""
    said = (as_text(row.get(name)) for name in ("attention", "speculative"))
    return ", ".join(["offline", *filter(None, said)])


def _engine(row: Row) -> str:
    """Return the framework's usual name."""
    said = as_text(row["engine"]) or "unknown"
    return {"llamacpp": "llama.cpp"}.get(said.lower(), said)
