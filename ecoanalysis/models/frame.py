"""The frame that estimators learn from: one row per configuration measured, with its terms, features and groups."""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ecoanalysis.identity.models import ModelFacts
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.models.columns import Columns
from ecoanalysis.models.configuration import Configuration, configuration_of
from ecoanalysis.models.images import image_features, image_terms
from ecoanalysis.models.samples import request_features, request_terms, sample_features, sample_terms
from ecoanalysis.models.tokens import Serving, token_terms, typical_input_tokens, weights_touched

if TYPE_CHECKING:
    import polars as pl

# Columns of ideal joules, of what the residual learns from, and of what a device's data sheet promises.
TERM, FEATURE, RESOURCE = "term_", "x_", "resource_"
# Features that say how large an item is: the same deployment takes other energy for another length or picture.
SIZES = ("x_log_input", "x_log_output", "x_log_tokens", "x_log_forwards")
_TYPICAL_OUTPUT_TOKENS = 300.0
_TRAINING = "training"


def training_frame(measurements: "pl.DataFrame") -> "dict[str, pl.DataFrame]":
    """Return one frame per kind of item (token, image, sample, request), of rows that estimators can learn from.

    Left out: rows that are excluded, without energy, net of idle, of training, or whose model or device has no facts.
    Boundaries are never mixed: of each kind only the most frequent boundary is kept. Repeats of a configuration on one
    machine are one row, their median: as rows of their own they would stand on both sides of a split.
    """
    import polars as pl

    rows: dict[str, list[dict[str, Any]]] = {}
    for row in measurements.iter_rows(named=True):
        energy = row["energy_per_item_j"]
        if energy is None or energy <= 0 or row["excluded"] or row["idle_treatment"] not in (None, "gross"):
            continue
        if row["task"] == _TRAINING:  # its backward pass is no term of inference
            continue
        if row["basis"] not in ("measured", "derived") and row["item_unit"] != "request":
            continue
        config = configuration_of(row)
        if config is not None and (known := describe(config)):
            rows.setdefault(config.kind, []).append(known | _target(row, config))
    frames = {kind: pl.DataFrame(found, infer_schema_length=None) for kind, found in rows.items()}
    return {kind: _without_repeats(_one_boundary(frame)) for kind, frame in frames.items()}


def configuration_table(configurations: Iterable[Configuration]) -> Columns:
    """Return the table of configurations of one kind that nobody measured; terms that are NaN show as NaN."""
    return Columns([describe(config, strict=False) for config in configurations])


def describe(config: Configuration, *, strict: bool = True) -> dict[str, Any]:
    """Return groups, terms [J] and features of a configuration; empty where `strict` and a term is unknown."""
    terms, features = _terms_and_features(config)
    tdp_w = config.device.tdp_w or math.nan
    values = [*terms.values(), *features.values(), tdp_w]
    if strict and not all(math.isfinite(value) for value in values):
        return {}
    return (
        _groups(config)
        | {RESOURCE + name: value for name, value in _resources(config).items()}
        | {TERM + name: tdp_w * value for name, value in terms.items()}
        | {FEATURE + name: value for name, value in features.items()}
    )


def _one_boundary(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return the rows of the boundary that most rows have."""
    most = frame.group_by("boundary", maintain_order=True).len().sort("len", descending=True)["boundary"][0]
    return frame.filter(frame["boundary"] == most).sort("id")


def _without_repeats(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return one row per configuration and machine: medians of log energy and device-seconds, with all `ids`."""
    import polars as pl

    measured = ("log_j", "device_s")
    same = [name for name in frame.columns if name not in ("id", *measured)]
    medians = [pl.col(name).cast(pl.Float64).median() for name in measured]
    return (
        frame.group_by(same, maintain_order=True)
        .agg(pl.col("id").first(), pl.col("id").alias("ids"), *medians)
        .sort("id")
    )


def ids_of(frame: "pl.DataFrame") -> tuple[int, ...]:
    """Return the ids of all measurements behind the rows of a frame, repeats included."""
    return tuple(frame["ids"].explode().sort().to_list())


def _target(row: Mapping[str, Any], config: Configuration) -> dict[str, Any]:
    """Return what was measured: log energy per item [ln J], device-seconds per item [s], and where it comes from."""
    throughput = row["throughput_items_per_s"]
    return {
        "id": row["id"],
        "log_j": math.log(row["energy_per_item_j"]),
        "device_s": config.devices_count / throughput if throughput else None,
        "config_id": row["config_id"],
        "host": row["host"],
        "dataset": row["dataset"] or "own recordings",
        "licence": row["licence"],
        "citation": row["citation"],
        "source": row["source_name"],
    }


def architecture_of(facts: ModelFacts) -> str:
    """Return the name that twins share: layers, hidden size and heads; a model's own where they are unknown."""
    shape = (facts.layers_count, facts.hidden_size, facts.heads_count)
    return "-".join(map(str, shape)) if all(shape) else facts.name


def _groups(config: Configuration) -> dict[str, Any]:
    """Return the names by which rows are grouped; twins share `arch`: layers, hidden size and heads."""
    facts = config.facts
    where = (config.device.name, config.precision, config.devices_count, config.task, config.stack)
    return {
        "kind": config.kind,
        "item_unit": config.item_unit,
        "model": facts.name,
        "arch": architecture_of(facts),
        "family": facts.family,
        "device": config.device.name,
        "precision": config.precision,
        "task": config.task,
        "stack": config.stack,
        "framework": config.stack.split(" ", 1)[0],
        "benchmark": (benchmark := f"{facts.family} {config.task} {config.precision}"),
        "scenario": config.scenario or "none",
        "workload": f"{benchmark} {config.scenario}",
        "deployment": "|".join(map(str, (config.model, *where))),
        "combination": "|".join(map(str, (facts.name, *where))),
        "boundary": config.boundary,
        "batch_size": float(config.batch_size),
        "devices_count": config.devices_count,
        "is_other_version": config.is_other_version,
        "tdp_w": config.device.tdp_w,
        "params_count": float(facts.params_count or math.nan),
        "active_params_count": float(facts.active_params_count or facts.params_count or math.nan),
    }


def _resources(config: Configuration) -> dict[str, float]:
    """Return logs of a device's joules per operation, joules per byte and watts, over those of an H100 SXM."""
    device = config.device
    tdp_w, bandwidth = device.tdp_w or math.nan, device.bandwidth_bytes_per_s or math.nan
    return {
        "flops": math.log(tdp_w / (device.peak_flops(config.precision) or math.nan) * 989e12 / 700),
        "bytes": math.log(tdp_w / bandwidth * 3.35e12 / 700),
        "watts": math.log(tdp_w / 700),
    }


def _terms_and_features(config: Configuration) -> tuple[dict[str, float], dict[str, float]]:
    """Return terms [s] and features of a configuration, by its kind."""
    if config.kind == "image":
        return image_terms(config), image_features(config)
    if config.kind.endswith("sample"):
        return sample_terms(config), sample_features(config)
    if config.kind == "request":
        return request_terms(config), request_features(config)
    given = config.input_tokens
    serving = Serving(
        config.precision,
        config.batch_size,
        config.devices_count,
        typical_input_tokens(config.task) if given is None else given,
        config.output_tokens or _TYPICAL_OUTPUT_TOKENS,
        config.is_expert_parallel,
    )
    return token_terms(config.facts, config.device, serving), _token_features(config, serving)


def _token_features(config: Configuration, serving: Serving) -> dict[str, float]:
    """Return the numbers that the learned residual of tokens sees: no name, no raw size of the device."""
    facts, device = config.facts, config.device
    if not (facts.layers_count and facts.hidden_size and facts.heads_count and facts.params_count):
        return {"unknown": math.nan}
    active = facts.active_params_count or facts.params_count
    dense, touched = weights_touched(facts, serving.batch_size)
    head_dim = facts.head_dim or facts.hidden_size / facts.heads_count
    full = facts.full_attention_layers_count
    fp8 = config.precision in ("fp8", "mxfp8")
    return {
        "log_batch": math.log(serving.batch_size),
        "log_devices": math.log(serving.devices_count),
        "log_active": math.log(active / 1e9),
        "log_sparsity": math.log(facts.params_count / active),
        "log_layers": math.log(facts.layers_count),
        "log_hidden": math.log(facts.hidden_size),
        "is_hybrid": float(facts.kind in ("hybrid", "recurrent")),
        "log_output": math.log(serving.output_tokens),
        "log_input": math.log(max(serving.input_tokens, 1.0)),
        "is_fp8": float(fp8),
        "is_expert_parallel": float(serving.is_expert_parallel),
        "log_cache_width": math.log(
            (facts.kv_heads_count or facts.heads_count) * head_dim / facts.hidden_size
        ),
        "log_batch_per_device": math.log(serving.batch_size / serving.devices_count),
        "touched_ratio": (dense + touched) / facts.params_count,
        "full_attention_ratio": 1.0
        if full is None
        else full / (facts.attention_layers_count or facts.layers_count),
        "log_memory_ratio": math.log(memory_ratio(config)),
        "log_ridge": math.log((device.fp16_flops or math.nan) / (device.bandwidth_bytes_per_s or math.nan)),
        "log_tdp": math.log(device.tdp_w or math.nan),
    }


def memory_ratio(config: Configuration) -> float:
    """Return weights over the memory of all devices; above about 0.9 nothing is left for the cache."""
    precision = find_precision(config.precision)
    weights = float(config.facts.params_count or 0) * (precision.bits if precision else 16.0) / 8
    memory = (config.device.memory_bytes or math.nan) * config.devices_count
    return max(weights, 1.0) / memory
