"""Argonne LLM-Inference-Bench power table: mean GPU power in milliwatts, throughput over all tokens."""

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, ratio, read_table, to_numbers

TITLE = "Argonne LLM-Inference-Bench power table"
_NEED = (
    "Hardware",
    "Framework",
    "Model",
    "Input Output Length",
    "Batch Size",
    "Latency",
    "Throughput",
    "avg_power",
)
_NUMBERS = (
    "Num of Hardware",
    "Input Output Length",
    "Batch Size",
    "Latency",
    "Throughput",
    "avg_power",
    "avg_power_w",
)
_MORE_THAN_OUTPUT = 1.2  # a rate this far above batch · length / latency counts the prompt
_OTHER_RATE = 0.05
_MILLIWATT_FROM = 5_000.0  # no accelerator board draws 5 kW: such a column is in milliwatts


def sniff(head: Head) -> bool:
    """Say whether the header is that of the power table."""
    return head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return joules per output token: power / (batch · output tokens / latency).

    The table's throughput counts input and output tokens (batch · 2 · length / latency), half of it is output.
    """
    frame = to_numbers(read_table(head, need=_NEED), *_NUMBERS)
    draft = Draft(
        head,
        "argonne",
        dataset="argonne_llm_inference_bench",
        name="LLM-Inference-Bench",
        licence="BSD-3-Clause",
        citation="Chitty-Venkata et al., LLM-Inference-Bench, SC24 workshops, arXiv:2411.00136",
        url="https://github.com/argonne-lcf/LLM-Inference-Bench",
    )
    for number, row in enumerate(frame.iter_rows(named=True)):
        _one(draft, number, row)
    if float(frame["avg_power"].max() or 0) > _MILLIWATT_FROM:  # type: ignore[arg-type]
        draft.note(
            "milliwatt_column",
            "avg_power is in milliwatts, whatever its name: divided by 1,000",
            severity="warning",
        )
    output_per_s = pl.col("Batch Size") * pl.col("Input Output Length") / pl.col("Latency")
    ratios = frame.select((pl.col("Throughput") / output_per_s).alias("ratio"))["ratio"]
    counted = ratios.median()
    off = int(((ratios / counted - 1).abs() > _OTHER_RATE).sum()) if isinstance(counted, float) else 0
    if off:
        draft.note(
            "rate_not_of_latency",
            f"{off} rows: throughput and latency do not agree as in the others",
            None,
            "warning",
        )
    if isinstance(counted, float) and counted > _MORE_THAN_OUTPUT:
        draft.note(
            "throughput_counts_prompt",
            f"Throughput is {counted:.3g} × the output tokens per s: input counts too; energy is per output token",
        )
    return draft.finish(frame.height)


def _one(draft: Draft, number: int, row: Row) -> None:
    """Keep one row."""
    power = as_float(row["avg_power_w"])
    if power is None:
        said = as_float(row["avg_power"])
        power = None if said is None else said / (1e3 if said > _MILLIWATT_FROM else 1.0)
    length, batch, latency = (
        as_float(row[name]) for name in ("Input Output Length", "Batch Size", "Latency")
    )
    output_per_s = ratio(None if length is None or batch is None else batch * length, latency)
    config = Config(
        task="text-generation",
        model=as_text(row["Model"]) or "unknown",
        framework=as_text(row["Framework"]) or "unknown",
        precision="unknown",
        batch_size=batch,
        modality="text",
        item_unit="token",
        scenario="offline",
        input_tokens=length,
        output_tokens=length,
        accelerators_count=as_int(row["Num of Hardware"]),
    )
    device = draft.device(
        as_text(row["Hardware"]) or "unknown", kind="datacenter_gpu", boundary="board", sensor="nvml"
    )
    draft.result(
        number,
        config,
        device_id=device,
        item_unit="token",
        energy_per_item_j=ratio(power, output_per_s),
        mean_power_w=power,
        throughput_items_per_s=output_per_s,
        latency_s=latency,
        batch_size_mean=batch,
        boundary="board",
        method="NVML mean power / output tokens per s",
        extra={"throughput_all_tokens_per_s": row["Throughput"]},
    )
