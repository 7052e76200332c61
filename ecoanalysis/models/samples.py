"""Ideal device-seconds of one sample at the wall, and of one request to a quantised model on a machine."""

import math

from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.models.configuration import Configuration

# Operations per sample where the table of models has none: what a benchmark takes is then learnt from its rows.
_FALLBACK_FLOPS = 1e9
_HOST_W, _EDGE_W = 100.0, 10.0  # scales of what a server and an edge box draw around accelerators [W]
_VECTOR_STACKS = ("opencl", "neon", "ruy")
_SERVER_KINDS = ("datacenter_gpu", "accelerator", "consumer_gpu")
_SERVER_TDP_W = 50.0  # accelerators below are modules of edge boxes


def sample_terms(config: Configuration) -> dict[str, float]:
    """Return the device-seconds [s] of one sample: operations over peak, times who draws power meanwhile.

    board: the accelerators; server: a machine shared by all of them; slot: what each adds to the server (fans, power
    supply, memory); box: an edge box. The scenario and what the benchmark takes beyond its operations are factors
    that rows teach (`physics`).
    """
    device = config.device
    tdp_w, rate = device.tdp_w or math.nan, _rate(config)
    time_s = _flops(config) / rate
    return {
        "board": time_s,
        "server": (_HOST_W / tdp_w * time_s / config.devices_count) if _in_server(config) else 0.0,
        "slot": _HOST_W / tdp_w * time_s if _in_server(config) else 0.0,
        "box": 0.0 if _in_server(config) else _EDGE_W / tdp_w * time_s / config.devices_count,
    }


def sample_features(config: Configuration) -> dict[str, float]:
    """Return the numbers that the learned residual of samples sees."""
    device, facts = config.device, config.facts
    precision = find_precision(config.precision)
    flops, params = _flops(config), float(facts.params_count or 1)
    scenarios = ("offline", "server", "single_stream", "multi_stream")
    stacks = ("opencl", "neon", "tensorrt", "cloud ai")
    return {
        "log_flops": math.log(flops),
        "log_params": math.log(params),
        "intensity": math.log(flops / params),
        "log_devices": math.log(config.devices_count),
        "bits": precision.bits if precision else 16.0,
        "is_server": float(_in_server(config)),
        "is_module": float(device.kind == "board"),
        "is_high_accuracy": float(config.task.endswith("99.9")),
        **{name.replace(" ", "_"): float(name in config.stack) for name in stacks},
        **{f"is_{name}": float(config.scenario == name) for name in scenarios},
    }


def _flops(config: Configuration) -> float:
    """Return the operations of one sample; twice the parameters where the table does not say."""
    facts = config.facts
    return float(facts.flops_per_item or 2 * (facts.params_count or 0) or _FALLBACK_FLOPS)


def _rate(config: Configuration) -> float:
    """Return the peak rate [operations/s]; of accelerators that state 8-bit integers only, that one.

    Engines of Arm and OpenCL kernels run every precision on the vector units.
    """
    device = config.device
    if any(name in config.stack for name in _VECTOR_STACKS) and device.fp32_flops:
        return device.fp32_flops
    return device.peak_flops(config.precision) or device.fp32_flops or device.int8_ops or math.nan


def _in_server(config: Configuration) -> bool:
    """Return whether the device sits in a server, rather than being a module or in an edge box."""
    return config.device.kind in _SERVER_KINDS and (config.device.tdp_w or 0.0) >= _SERVER_TDP_W


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
