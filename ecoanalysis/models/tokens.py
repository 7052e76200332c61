"""Ideal device-seconds of one generated token, term by term."""

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ecoanalysis.identity.devices import DeviceSpec
from ecoanalysis.identity.models import ModelFacts
from ecoanalysis.identity.precisions import find_precision

_LAYER_S = 1e-5  # scale of one layer's kernel launches [s], so that fitted coefficients are of order one
_STEP_S = 1e-3  # scale of the host's work per step [s]
_TYPICAL_TOKENS = 200.0


@dataclass(frozen=True, slots=True)
class Serving:
    """How a language model is served: what a user knows before running it."""

    precision: str
    batch_size: float
    devices_count: int
    input_tokens: float
    output_tokens: float
    is_expert_parallel: bool


def token_terms(model: ModelFacts, device: DeviceSpec, serving: Serving) -> dict[str, float]:
    """Return device-seconds per token [s], each an ideal: bytes over bandwidth, operations over peak rate, launches.

    weights, experts: weights streamed once per step, shared by the batch; of a mixture of experts those that a
    batch touches, E·(1 − (1 − k/E)^B). cache: key-value and state bytes of the mean context. flops, prefill:
    operations of decoding and of the prompt spread over the output, with attention. launch, host, sequential,
    transition: layers × devices / batch, devices / batch, devices, and √(launch · host) ∝ batch^−½, between the
    launch-bound and the busy regime. Copies for mixtures of experts, fp8 kernels and collective latency.
    """
    precision = find_precision(serving.precision) or find_precision("bf16")
    assert precision is not None
    bandwidth, peak = device.bandwidth_bytes_per_s or math.nan, device.peak_flops(precision.name) or math.nan
    base_peak = device.fp16_flops or peak
    batch, devices = serving.batch_size, serving.devices_count
    layers, params = model.layers_count or 0, model.params_count or 0
    active = model.active_params_count or params
    context = serving.input_tokens + serving.output_tokens / 2
    dense, touched = weights_touched(model, batch)
    cache_bytes, attention_flops = _attention(model, context, devices)
    prompt_s = 2 * active / peak + _prompt_attention(model, serving.input_tokens) / base_peak
    launch = layers * devices / batch * _LAYER_S
    transition = devices * 1e-4 * math.sqrt(layers / 48 / batch)
    moe_ratio = (model.moe_layers_count or 0) / max(layers, 1)
    weight_s = precision.bits / 8 / bandwidth / batch
    return {
        "weights": dense * weight_s,
        "experts": touched * weight_s,
        "cache": cache_bytes / bandwidth,
        "state": _state_bytes(model) / bandwidth,
        "flops": 2 * active / peak + 2 * attention_flops / base_peak,
        "prefill": prompt_s * serving.input_tokens / serving.output_tokens,
        "launch": launch,
        "launch_moe": launch * moe_ratio,
        "launch_fp8": launch if precision.compute in ("fp8", "fp4") else 0.0,
        "host": devices / batch * _STEP_S,
        "collective": launch * math.log2(devices),
        "transition": transition,
        "transition_moe": transition * moe_ratio,
        "sequential": devices * _LAYER_S,
    }


def weights_touched(model: ModelFacts, batch: float) -> tuple[float, float]:
    """Return the weights that every step reads, and those of the experts that a batch touches [parameters]."""
    params, experts = float(model.params_count or 0), model.experts_count or 0
    hidden = model.hidden_size or 0
    in_experts = 0.0
    if experts and model.expert_intermediate_size and model.moe_layers_count:
        in_experts = 3.0 * model.moe_layers_count * experts * hidden * model.expert_intermediate_size
        in_experts = min(in_experts, 0.98 * params)
    dense = params - in_experts
    dense = max(
        dense - (model.vocab_size or 0) * hidden, 0.3 * dense
    )  # the input embedding is looked up, not read
    share = 1 - (1 - (model.experts_per_token or 1) / experts) ** batch if experts else 0.0
    return dense, in_experts * share


def cache_bytes(model: ModelFacts, context: float) -> float:
    """Return the bytes of key-value cache, in 16 bits, that one sequence of `context` tokens holds."""
    return _attention(model, context, 1)[0]


def _attention(model: ModelFacts, context: float, devices: int) -> tuple[float, float]:
    """Return cache bytes read and attention operations per token; heads beyond the kv heads repeat the cache."""
    seen = _tokens_seen(model, context)
    if model.kv_latent_dim:  # every device holds the whole latent cache
        return 2.0 * model.kv_latent_dim * devices * seen, 4.0 * (
            model.heads_count or 0
        ) * model.kv_latent_dim * seen
    heads, head_dim = _heads(model)
    kv_heads = model.kv_heads_count or heads
    return 4.0 * kv_heads * head_dim * max(1.0, devices / kv_heads) * seen, 4.0 * heads * head_dim * seen


def _prompt_attention(model: ModelFacts, tokens: float) -> float:
    """Return attention operations per token of a prompt: a token sees half of it; latent caches are unfolded there."""
    heads, head_dim = _heads(model)
    return 4.0 * heads * head_dim * _tokens_seen(model, tokens / 2)


def _heads(model: ModelFacts) -> tuple[int, float]:
    """Return the number of heads and the width of one."""
    heads = model.heads_count or 1
    return heads, model.head_dim or (model.hidden_size or 0) / heads


def _tokens_seen(model: ModelFacts, context: float) -> float:
    """Return the tokens that a token's attention reads, over all layers; layers with a window see no more than it."""
    with_cache = model.attention_layers_count or model.layers_count or 0
    full = with_cache if model.full_attention_layers_count is None else model.full_attention_layers_count
    return full * context + (with_cache - full) * min(context, model.window_tokens or context)


def _state_bytes(model: ModelFacts) -> float:
    """Return bytes of recurrent state read and written per token; state size 128 in 4 bytes (Mamba-2)."""
    if model.kind not in ("hybrid", "recurrent"):
        return 0.0
    recurrent = 0.45 * ((model.layers_count or 0) - (model.attention_layers_count or 0))
    return recurrent * 2 * (model.hidden_size or 0) * 128 * 4 * 2


def typical_input_tokens(task: str) -> float:
    """Return the prompt length assumed for a task whose data do not say it [tokens]."""
    return _task_tokens().get(task, _TYPICAL_TOKENS)


@cache
def _task_tokens() -> dict[str, float]:
    """Return the table of assumed prompt lengths."""
    text = files("ecoanalysis.models").joinpath("tables/task_tokens.csv").read_text()
    rows = (line.split(",", 2) for line in text.splitlines()[1:])
    return {task: float(tokens) for task, tokens, _ in rows}
