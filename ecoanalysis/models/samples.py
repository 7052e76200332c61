"""Ideal device-seconds of one sample at the wall, and of one request to a quantised model on a machine."""

import math

from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.models.configuration import Configuration

# Operations per sample where the table of models has none.
_FALLBACK_FLOPS = 1e9


def sample_terms(config: Configuration) -> dict[str, float]:
    """Return the device-seconds [s] that make one joule per sample: no ideal explains energy at the wall.

    Host, power supply and fans are in it, and the scenario decides how long they wait: of 188 MLPerf
    configurations a sum of ideals missed the median by 60 %, boosted trees by 5 %. So the residual learns it all.
    """
    return {"whole_system": 1.0 / (config.device.tdp_w or math.nan)}


def sample_features(config: Configuration) -> dict[str, float]:
    """Return the numbers that the learned residual of samples sees."""
    device, facts = config.device, config.facts
    precision = find_precision(config.precision)
    flops = float(facts.flops_per_item or 2 * (facts.params_count or 0) or _FALLBACK_FLOPS)
    peak = device.peak_flops(config.precision) or device.fp32_flops or math.nan
    scenarios = ("offline", "server", "single_stream", "multi_stream")
    return {
        "log_flops": math.log(flops),
        "log_params": math.log(float(facts.params_count or 1)),
        "intensity": math.log(flops / float(facts.params_count or 1)),
        "log_tdp": math.log(device.tdp_w or math.nan),
        "log_peak": math.log(peak),
        "log_bandwidth": math.log(device.bandwidth_bytes_per_s or 2e10),
        "log_devices": math.log(config.devices_count),
        "bits": precision.bits if precision else 16.0,
        "year": float(device.year or 2020),
        "is_cpu": float(device.kind in ("cpu", "board")),
        "is_server": float(device.kind == "datacenter_gpu"),
        "opencl": float("opencl" in config.stack),
        "neon": float("neon" in config.stack),
        "tensorrt": float("tensorrt" in config.stack),
        "cloud_ai": float("cloud ai" in config.stack),
        "is_high_accuracy": float(config.task.endswith("99.9")),
        "log_tdp_per_flops": math.log((device.tdp_w or math.nan) / peak),
        **{f"is_{name}": float(config.scenario == name) for name in scenarios},
    }


def request_terms(config: Configuration) -> dict[str, float]:
    """Return device-seconds per request [s] of a language model that answers one request at a time."""
    device, facts = config.device, config.facts
    precision = find_precision(config.precision)
    bits = precision.bits if precision else 16.0
    peak, bandwidth = device.peak_flops("fp16") or math.nan, device.bandwidth_bytes_per_s or math.nan
    active = float(facts.active_params_count or facts.params_count or 0)
    prompt, answer = config.input_tokens or 200.0, config.output_tokens or 1.0
    return {
        "weights": active * bits / 8 / bandwidth * answer / config.batch_size,
        "decode": 2 * active * answer / peak,
        "unpack": active * answer * (16.0 - bits) / 16 / peak,
        "prefill": 2 * active * prompt / peak,
        "step": 1e-3 * answer * (facts.layers_count or 32) / 32,
        "request": 1e-2,
    }


def request_features(config: Configuration) -> dict[str, float]:
    """Return the numbers that the learned residual of requests sees."""
    device, facts = config.device, config.facts
    precision = find_precision(config.precision)
    prompt, answer = config.input_tokens or 200.0, config.output_tokens or 1.0
    return {
        "bits": precision.bits if precision else 16.0,
        "log_active": math.log(float(facts.active_params_count or 1)),
        "log_input": math.log(prompt),
        "log_output": math.log(answer),
        "log_tdp": math.log(device.tdp_w or math.nan),
        "log_ridge": math.log((device.fp16_flops or 1) / (device.bandwidth_bytes_per_s or 1)),
        "log_layers": math.log(facts.layers_count or 32),
        "log_batch": math.log(config.batch_size),
    }
