"""Facts of a transformer from its published config.json: its parameters are counted from the shapes."""

import re
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.models import ModelFacts
from ecoanalysis.models.config_mixers import ATTENTION, SLIDING, head_dim, known_mixer, kv_heads
from ecoanalysis.models.config_parameters import (
    count_parameters,
    expert_width,
    experts_chosen,
    experts_count,
    layers_of,
    shared_count,
)
from ecoanalysis.models.config_shape import architecture, defaults, first, size
from ecoanalysis.models.json_file import json_object

# What older architectures call layers, hidden size, heads, feed-forward width.
_OTHER_NAMES = {
    "num_hidden_layers": ("n_layer", "num_layers", "n_layers"),
    "hidden_size": ("n_embd", "d_model"),
    "num_attention_heads": ("n_head", "num_heads", "n_heads"),
    "intermediate_size": ("n_inner", "ffn_dim", "d_ff", "ffn_hidden_size"),
}
_INNER = ("text_config", "llm_config", "language_config")
# Parts of which the weights are not counted here.
_UNCOUNTED = (
    "is_encoder_decoder", "block_configs", "linear_attn_config", "compress_ratios", "cross_attention_layers",
    "altup_num_inputs", "ffn_config", "audio_config", "audio_processor", "embd_layer", "qformer_config",
)  # fmt: skip
_RECURRENT = re.compile(r"mamba|ssm|linear_|lru|kda|rwkv|conv_|attn_layer_|layers_block_type|xlstm")
_NEEDED = ("num_hidden_layers", "hidden_size", "num_attention_heads")
_GATED = "3"  # matrices of a network of which no usual width is known
_SIDE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


def facts_of_config(path: Path) -> tuple[ModelFacts, list[str]]:
    """Return the facts of a Hugging Face config.json, and what was assumed.

    Where `model.safetensors.index.json` lies beside it, the parameters are its bytes over those of one weight; else
    they are counted from the shapes. Raises `EcoError` where the file is missing, lacks a size that is counted with,
    or has parts that nothing here counts: a number that is far off would be worse.
    """
    shape = _shape(_read(path))
    missing = [name for name in _NEEDED if not isinstance(shape.get(name), int) or shape[name] <= 0]
    if missing := missing or [name for name in _widths(shape) if size(shape, name) <= 0]:
        raise EcoError(f"{path} lacks {', '.join(missing)}", "give the whole config.json, or --model 7e9")
    stored, uncounted, kind = _stored_count(path, shape), _uncounted(shape), repr(shape.get("model_type"))
    if uncounted and stored is None:
        raise EcoError(
            f"{path}: the parameters of {kind} are not counted ({', '.join(uncounted)})",
            "lay model.safetensors.index.json beside it, or give its parameters: --model 7e9",
        )
    if uncounted and stored is not None:
        return _facts(path, shape, (stored, stored)), [f"every parameter of {kind} works for each token"]
    counted, active = count_parameters(shape)
    total = stored or counted
    doubt = f"architecture {kind} is not in our table: counted like Llama's"
    facts = _facts(path, shape, (total, round(total * active / counted)))
    return facts, [] if architecture(shape) else [doubt]


def _shape(content: dict[str, Any]) -> dict[str, Any]:
    """Return the shape of the language model in a config, under the usual names."""
    inner: dict[str, Any] = next(
        (content[name] for name in _INNER if isinstance(content.get(name), dict)), {}
    )
    shape = _usual_names({**content, **inner})
    shape = {**defaults(shape), **{name: value for name, value in shape.items() if value is not None}}
    if (architecture(shape) or {}).get("kind") == "recurrent":
        shape.setdefault("num_attention_heads", 1)  # it has none; nothing of it is counted
    if isinstance(blocks := shape.get("layers_block_type"), list):
        shape.setdefault("num_hidden_layers", len(blocks))
    return shape


def _widths(shape: dict[str, Any]) -> tuple[str, ...]:
    """Return the widths that a shape has to say: none is guessed."""
    gated = (architecture(shape) or {}).get("block_matrices", _GATED) == _GATED
    dense = any(layer.dense for layer in layers_of(shape))
    return ("vocab_size", "intermediate_size") if gated and dense else ("vocab_size",)


def _uncounted(shape: dict[str, Any]) -> list[str]:
    """Return the parts of a shape of which the weights are not counted here."""
    unusual = () if architecture(shape) else filter(_RECURRENT.match, shape)
    parts = [name for name in dict.fromkeys((*_UNCOUNTED, *unusual)) if shape.get(name)]
    return parts or sorted({str(layer.mixer) for layer in layers_of(shape) if not known_mixer(layer.mixer)})


def _read(path: Path) -> dict[str, Any]:
    """Return what a model's file of facts holds."""
    remedy = "download config.json of the model once more"
    return json_object(path, example="--model path/to/config.json", remedy=remedy)


def _usual_names(content: dict[str, Any]) -> dict[str, Any]:
    """Return a config with the names that most architectures use."""
    found = dict(content)
    for name, others in _OTHER_NAMES.items():
        for other in others:
            if found.get(name) is None and content.get(other) is not None:
                found[name] = content[other]
    return found


def _facts(path: Path, shape: dict[str, Any], counts: tuple[int, int]) -> ModelFacts:
    """Return the facts of a shape, of so many parameters in all and for one token."""
    layers, hidden, heads = (int(shape[name]) for name in _NEEDED)
    known, experts, parts = architecture(shape) or {}, experts_count(shape), layers_of(shape)
    latent, inner = shape.get("kv_lora_rank"), size(shape, "intermediate_size") or 4 * hidden
    attending = sum(one.mixer in (ATTENTION, SLIDING) for one in parts)
    window, full = _windows(shape, layers)
    return ModelFacts(
        name=path.parent.resolve().name if path.name == "config.json" else path.stem,
        family=known.get("family") or str(shape.get("model_type") or "unknown"), modality="text",
        kind="moe" if experts and known.get("kind", "dense") == "dense" else known.get("kind") or "dense",
        year=None, params_count=counts[0], active_params_count=counts[1], denoiser_params_count=None,
        layers_count=layers, hidden_size=hidden, heads_count=heads if attending else None,
        kv_heads_count=kv_heads(shape) if attending else None,
        head_dim=head_dim(shape), intermediate_size=inner, vocab_size=size(shape, "vocab_size") or None,
        experts_count=experts or None, experts_per_token=experts_chosen(shape) or None,
        shared_experts_count=shared_count(shape) or None if experts else None,
        expert_intermediate_size=expert_width(shape) if experts else None,
        moe_layers_count=sum(one.experts for one in parts) if experts else None,
        attention="none" if not attending else "mla" if latent else "sliding" if window else None, window_tokens=window,
        attention_layers_count=attending, full_attention_layers_count=min(full, attending),
        kv_latent_dim=int(latent) + int(shape.get("qk_rope_head_dim") or 0) if latent else None,
        flops_per_item=None, status="confident", source=str(path), url=None, note=None,
    )  # fmt: skip


def _windows(shape: dict[str, Any], layers: int) -> tuple[int | None, int]:
    """Return the attention window [tokens] and how many layers see everything."""
    window = shape.get("sliding_window")
    if not isinstance(window, int) or shape.get("use_sliding_window") is False:
        return None, layers
    mixers = [layer.mixer for layer in layers_of(shape)]
    if isinstance(shape.get("layer_types"), list) or SLIDING in mixers:
        return window, mixers.count(ATTENTION)
    if shape.get("model_type") == "gemma2":  # every other layer, as its modelling code has it
        return window, layers // 2
    pattern = int(shape.get("sliding_window_pattern") or 0)
    return window, layers // pattern if pattern else 0


def _stored_count(path: Path, shape: dict[str, Any]) -> int | None:
    """Return the parameters that the index of the weights beside a config implies; None without one, or if packed."""
    index = path.parent / "model.safetensors.index.json"
    width = _SIDE_BYTES.get(str(first(shape, "torch_dtype", "dtype")))
    if not index.is_file() or width is None or shape.get("quantization_config"):
        return None
    size = _read(index).get("metadata", {}).get("total_size")
    return int(size) // width if isinstance(size, int | float) and size > 0 else None
