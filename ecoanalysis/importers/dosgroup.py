"""GPU power against utilization (TU Berlin): training steps, board power and sometimes a wall meter."""

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_text, ratio, read_table, to_numbers

TITLE = "GPU power against utilization, training (TU Berlin)"
_NEED = ("gpu", "model_name", "batch_size", "dtype", "tokens_per_second_mean", "power_draw_watts_mean")
_TEXT = ("gpu", "model_name", "dtype", "io_latency_enabled", "power_meter_available", "cap_reached")


def sniff(head: Head) -> bool:
    """Say whether the header is that of the aggregated results."""
    return head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return a board result per row, and a wall result where a meter was read. TRAINING, not inference.

    Whether the meter follows the board is for `checks.meters` to say.
    """
    raw = read_table(head, need=_NEED)
    frame = to_numbers(raw, *[name for name in raw.columns if name not in _TEXT])
    draft = Draft(
        head,
        "dosgroup",
        dataset="dosgroup_gpu_power_training",
        name="gpu_power_benchmark",
        licence="MIT",
        citation="Distributed and Operating Systems group, TU Berlin, gpu_power_benchmark",
        url="https://github.com/dos-group/gpu_power_benchmark",
    )
    for number, row in enumerate(frame.iter_rows(named=True)):
        _one(draft, number, row)
    draft.note("training", "training steps (forward and backward): not to be pooled with inference")
    return draft.finish(frame.height)


def _one(draft: Draft, number: int, row: Row) -> None:
    """Keep one configuration; an idle row has power, but no energy per token."""
    gpu = as_text(row["gpu"]) or "unknown"
    idle = row["model_name"] == "baseline"
    config = Config(
        task="idle" if idle else "training", model=as_text(row["model_name"]) or "unknown", framework="pytorch",
        precision=precision_name(row["dtype"]), batch_size=as_float(row["batch_size"]), modality="text",
        item_unit="token", input_tokens=as_float(row.get("context_window")), accelerators_count=1,
        scenario=f"warmup {row.get('warmup_iterations')}, cooldown {row.get('cooldown_seconds')} s",
    )  # fmt: skip
    rate = as_float(row["tokens_per_second_mean"])
    seen = {
        "util_ratio": _percent(row, "gpu_utilization_mean"),
        "mem_util_ratio": _percent(row, "memory_utilization_mean"),
        "temperature_c": as_float(row.get("temperature_celsius_mean")),
        "mfu_ratio": _percent(row, "mfu_percentage_mean"),
        "memory_mb": as_float(row.get("memory_used_mb_mean")),
    }
    for part, boundary, column in (
        ("", "board", "power_draw_watts_mean"),
        ("wall", "wall", "power_meter_active_power_w_mean"),
    ):
        power = as_float(row.get(column))
        if power is None:
            continue
        device = draft.device(
            gpu, kind="wall" if part else "gpu", boundary=boundary, sensor="meter" if part else "nvml"
        )
        draft.result(
            number, config, part, device_id=device, item_unit="token", energy_per_item_j=ratio(power, rate),
            mean_power_w=power, throughput_items_per_s=rate, boundary=boundary,
            method="AC meter" if part else "NVML power", batch_size_mean=as_float(row["batch_size"]), extra=seen,
        )  # fmt: skip


def _percent(row: Row, name: str) -> float | None:
    """Return a percentage as a ratio."""
    value = as_float(row.get(name))
    return None if value is None else value / 100
