"""Facts of a transformer from its published config.json: its parameters are counted from the shapes."""

from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.models import ModelFacts
from ecoanalysis.identity.table import read_rows
from ecoanalysis.models.json_file import json_object

# What older architectures call layers, hidden size, heads, feed-forward width.
_OTHER_NAMES = {
    "num_hidden_layers": ("n_layer", "num_layers", "n_layers"),
    "hidden_size": ("n_embd", "d_model"),
    "num_attention_heads": ("n_head", "num_heads", "n_heads"),
    "intermediate_size": ("n_inner", "ffn_dim", "d_ff", "ffn_hidden_size"),
}
_NEEDED = ("num_hidden_layers", "hidden_size", "num_attention_heads")
_SIDE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


def facts_of_config(path: Path) -> tuple[ModelFacts, list[str]]:
    """Return the facts of a Hugging Face config.json, and what was assumed.

    Where `model.safetensors.index.json` lies beside it, the parameters are its bytes over those of one weight; else
    they are counted from the shapes. Raises `EcoError` where the file is missing or lacks layers, hidden size or heads.
    """
    content = _read(path)
    inner = content.get("text_config")
    shape = _usual_names({**content, **inner} if isinstance(inner, dict) else content)
    missing = [name for name in _NEEDED if not isinstance(shape.get(name), int) or shape[name] <= 0]
    if missing:
        raise EcoError(f"{path} lacks {', '.join(missing)}", "give the config.json of a transformer")
    known = _architecture(shape)
    doubt = f"architecture {shape.get('model_type')!r} is not in our table: counted like Llama's"
    return _facts(path, shape), [] if known else [doubt]


def _architecture(shape: dict[str, Any]) -> dict[str, str] | None:
    """Return what the table says of a config's `model_type`: its family, its kind, how its weights are counted."""
    rows = read_rows("ecoanalysis.models", "architectures")
    return next((row for row in rows if row["model_type"] == shape.get("model_type")), None)


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


def _facts(path: Path, shape: dict[str, Any]) -> ModelFacts:
    """Return the facts of a shape."""
    layers, hidden, heads = (int(shape[name]) for name in _NEEDED)
    known = _architecture(shape) or {}
    experts = int(_first(shape, "num_experts", "num_local_experts", "n_routed_experts") or 0)
    counted, active = count_parameters(shape)
    stored = _stored_count(path, shape)
    latent = shape.get("kv_lora_rank")
    window, full = _windows(shape, layers)
    inner = int(shape.get("intermediate_size") or 4 * hidden)
    return ModelFacts(
        name=path.parent.resolve().name if path.name == "config.json" else path.stem,
        family=known.get("family") or str(shape.get("model_type") or "unknown"), modality="text",
        kind=known.get("kind") or ("moe" if experts else "dense"),
        year=None, params_count=stored or counted,
        active_params_count=round((stored or counted) * active / counted), denoiser_params_count=None,
        layers_count=layers, hidden_size=hidden, heads_count=heads, kv_heads_count=_kv_heads(shape),
        head_dim=_head_dim(shape), intermediate_size=inner, vocab_size=int(shape.get("vocab_size") or 0) or None,
        experts_count=experts or None,
        experts_per_token=_first(shape, "num_experts_per_tok", "num_experts_per_token", "moe_topk"),
        shared_experts_count=shape.get("n_shared_experts") or None,
        expert_intermediate_size=int(shape.get("moe_intermediate_size") or inner) if experts else None,
        moe_layers_count=_moe_layers(shape) if experts else None,
        attention="mla" if latent else "sliding" if window else None, window_tokens=window,
        attention_layers_count=layers, full_attention_layers_count=full,
        kv_latent_dim=int(latent) + int(shape.get("qk_rope_head_dim") or 0) if latent else None,
        flops_per_item=None, status="confident", source=str(path), url=None, note=None,
    )  # fmt: skip


def count_parameters(shape: dict[str, Any]) -> tuple[int, int]:
    """Return all parameters of a shape, and those that one token touches; biases and norms are left out (< 0.1 %)."""
    layers, hidden = int(shape["num_hidden_layers"]), int(shape["hidden_size"])
    matrices = int((_architecture(shape) or {}).get("block_matrices", 3))
    inner = int(shape.get("intermediate_size") or 4 * hidden)
    experts = int(_first(shape, "num_experts", "num_local_experts", "n_routed_experts") or 0)
    chosen = int(_first(shape, "num_experts_per_tok", "num_experts_per_token", "moe_topk") or 0)
    expert = matrices * hidden * int(shape.get("moe_intermediate_size") or inner)
    shared = int(shape.get("n_shared_experts") or 0) * expert
    sparse = _moe_layers(shape) if experts else 0
    dense = (layers - sparse) * matrices * hidden * inner
    router = sparse * hidden * experts
    tied = _is_tied(shape)
    embeddings = int(shape.get("vocab_size") or 32000) * hidden * (1 if tied else 2)
    positions = int(shape.get("n_positions") or 0) * hidden
    fixed = embeddings + positions + layers * _attention(shape) + dense + router + sparse * shared
    return fixed + sparse * experts * expert, fixed + sparse * chosen * expert


def _attention(shape: dict[str, Any]) -> int:
    """Return the attention weights of one layer; with a latent cache as in DeepSeek-V2 (arXiv:2405.04434)."""
    hidden, heads = int(shape["hidden_size"]), int(shape["num_attention_heads"])
    latent = shape.get("kv_lora_rank")
    if not latent:
        return hidden * _head_dim(shape) * (2 * heads + 2 * _kv_heads(shape))
    plain, turned, value = (
        int(shape[name]) for name in ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    )
    rank = shape.get("q_lora_rank")
    query = heads * (plain + turned)
    queries = hidden * int(rank) + int(rank) * query if rank else hidden * query
    cache = hidden * (int(latent) + turned) + int(latent) * heads * (plain + value)
    return queries + cache + heads * value * hidden


def _kv_heads(shape: dict[str, Any]) -> int:
    """Return the key-value heads; Falcon's first generation has one."""
    if shape.get("multi_query") and not shape.get("new_decoder_architecture"):
        return 1
    return int(
        _first(shape, "num_key_value_heads", "num_kv_heads", "n_head_kv") or shape["num_attention_heads"]
    )


def _head_dim(shape: dict[str, Any]) -> int:
    """Return the width of a head."""
    return int(shape.get("head_dim") or int(shape["hidden_size"]) // int(shape["num_attention_heads"]))


def _moe_layers(shape: dict[str, Any]) -> int:
    """Return how many layers have experts."""
    layers = int(shape["num_hidden_layers"]) - int(shape.get("first_k_dense_replace") or 0)
    every = int(_first(shape, "decoder_sparse_step", "moe_layer_freq", "interleave_moe_layer_step") or 1)
    return layers // max(every, 1)


def _windows(shape: dict[str, Any], layers: int) -> tuple[int | None, int]:
    """Return the attention window [tokens] and how many layers see everything."""
    window = shape.get("sliding_window")
    if not isinstance(window, int) or shape.get("use_sliding_window") is False:
        return None, layers
    kinds = shape.get("layer_types")
    if isinstance(kinds, list):
        return window, sum(kind == "full_attention" for kind in kinds)
    if shape.get("model_type") == "gemma2":  # every other layer, as its modelling code has it
        return window, layers // 2
    pattern = int(shape.get("sliding_window_pattern") or 0)
    return window, layers // pattern if pattern else 0


def _is_tied(shape: dict[str, Any]) -> bool:
    """Return whether input and output embeddings are one; the default of the architecture where it is not said."""
    said = shape.get("tie_word_embeddings")
    return bool(said) if said is not None else (_architecture(shape) or {}).get("tied") == "yes"


def _stored_count(path: Path, shape: dict[str, Any]) -> int | None:
    """Return the parameters that the index of the weights beside a config implies; None without one, or if packed."""
    index = path.parent / "model.safetensors.index.json"
    width = _SIDE_BYTES.get(str(_first(shape, "torch_dtype", "dtype")))
    if not index.is_file() or width is None or shape.get("quantization_config"):
        return None
    size = _read(index).get("metadata", {}).get("total_size")
    return int(size) // width if isinstance(size, int | float) and size > 0 else None


def _first(shape: dict[str, Any], *names: str) -> Any:
    """Return the first of several values that is there."""
    return next((shape[name] for name in names if shape.get(name) is not None), None)
