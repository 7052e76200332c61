"""Parameters of what mixes tokens in a layer: attention of each kind, recurrences, short convolutions."""

from collections.abc import Callable
from typing import Any

from ecoanalysis.models.config_shape import size

ATTENTION, SLIDING = "attention", "sliding"
# What configs call them.
MIXERS = {
    "full_attention": ATTENTION, "sliding_attention": SLIDING, "chunked_attention": ATTENTION,
    "linear_attention": "delta", "mamba": "mamba2",
}  # fmt: skip


def mixer_parameters(shape: dict[str, Any], mixer: str) -> int:
    """Return the parameters of one layer's mixer; `KeyError` for one that is not known."""
    return _COUNTS[mixer](shape)


def known_mixer(mixer: str | None) -> bool:
    """Return whether the parameters of a mixer can be counted."""
    return mixer is None or mixer in _COUNTS


def kv_heads(shape: dict[str, Any]) -> int:
    """Return the key-value heads; Falcon's first generation has one."""
    if shape.get("multi_query") and not shape.get("new_decoder_architecture"):
        return 1
    return size(shape, "num_key_value_heads", "num_kv_heads", "n_head_kv") or int(
        shape["num_attention_heads"]
    )


def head_dim(shape: dict[str, Any]) -> int:
    """Return the width of a head."""
    said = size(shape, "head_dim", "attention_head_dim")
    return said or int(shape["hidden_size"]) // int(shape["num_attention_heads"])


def _full(shape: dict[str, Any]) -> int:
    """Attention to everything; Gemma 4 has other heads there, and may take keys as values."""
    if shape.get("kv_lora_rank"):
        return _latent(shape)
    width = size(shape, "global_head_dim") or head_dim(shape)
    keys = size(shape, "num_global_key_value_heads") or kv_heads(shape)
    one = bool(shape.get("attention_k_eq_v"))
    return _heads(shape, int(shape["num_attention_heads"]), keys, width, 0 if one else keys)


def _sliding(shape: dict[str, Any]) -> int:
    """Attention to a window; MiMo has other heads there."""
    if shape.get("kv_lora_rank"):
        return _latent(shape)
    keys = size(shape, "swa_num_key_value_heads") or kv_heads(shape)
    heads = size(shape, "swa_num_attention_heads") or int(shape["num_attention_heads"])
    return _heads(shape, heads, keys, size(shape, "swa_head_dim") or head_dim(shape), keys)


def _heads(shape: dict[str, Any], heads: int, keys: int, width: int, values: int) -> int:
    """Queries, keys, values and output, and Qwen's gate of the output."""
    value_width = size(shape, "v_head_dim") or width
    gate = heads * width if shape.get("attn_output_gate") else 0
    return int(shape["hidden_size"]) * ((heads + keys) * width + (heads + values) * value_width + gate)


def _latent(shape: dict[str, Any]) -> int:
    """Attention with a latent cache (DeepSeek-V2, arXiv:2405.04434)."""
    hidden, heads = int(shape["hidden_size"]), int(shape["num_attention_heads"])
    plain, turned = size(shape, "qk_nope_head_dim"), size(shape, "qk_rope_head_dim")
    value = size(shape, "v_head_dim") or head_dim(shape)
    rank, query, latent = shape.get("q_lora_rank"), heads * (plain + turned), int(shape["kv_lora_rank"])
    queries = hidden * int(rank) + int(rank) * query if rank else hidden * query
    return queries + hidden * (latent + turned) + latent * heads * (plain + value) + heads * value * hidden


def _delta(shape: dict[str, Any]) -> int:
    """Gated delta network (Qwen3-Next)."""
    hidden, values = int(shape["hidden_size"]), size(shape, "linear_num_value_heads")
    key = size(shape, "linear_num_key_heads") * size(shape, "linear_key_head_dim")
    value = values * size(shape, "linear_value_head_dim")
    convolved = (2 * key + value) * size(shape, "linear_conv_kernel_dim")
    return hidden * (2 * key + 2 * value + 2 * values) + convolved + value * hidden


def _mamba2(shape: dict[str, Any]) -> int:
    """Mamba-2 (arXiv:2405.21060), as Nemotron-H and Granite 4 have it."""
    hidden, heads = int(shape["hidden_size"]), size(shape, "mamba_num_heads", "mamba_n_heads", "num_heads")
    inner = heads * size(shape, "mamba_head_dim", "mamba_d_head", "head_dim")
    states = (
        2
        * size(shape, "n_groups", "mamba_n_groups")
        * size(shape, "ssm_state_size", "mamba_d_state", "state_size")
    )
    convolved = (inner + states) * size(shape, "conv_kernel", "mamba_d_conv")
    return hidden * (2 * inner + states + heads) + convolved + inner * hidden


def _mamba1(shape: dict[str, Any]) -> int:
    """Mamba (arXiv:2312.00752), alone or in Jamba."""
    hidden, state = int(shape["hidden_size"]), size(shape, "state_size", "mamba_d_state")
    inner = (size(shape, "expand", "mamba_expand") or 2) * hidden
    rank = size(shape, "time_step_rank", "mamba_dt_rank") or -(-hidden // 16)
    convolved = inner * size(shape, "conv_kernel", "mamba_d_conv")
    return 3 * hidden * inner + convolved + inner * (2 * rank + 3 * state)


def _conv(shape: dict[str, Any]) -> int:
    """Short convolution between gates (LFM2)."""
    hidden = int(shape["hidden_size"])
    return 4 * hidden * hidden + hidden * size(shape, "conv_L_cache")


def _lightning(shape: dict[str, Any]) -> int:
    """Lightning attention with an output gate (MiniMax-01, arXiv:2501.08313)."""
    return 5 * int(shape["hidden_size"]) * int(shape["num_attention_heads"]) * head_dim(shape)


_COUNTS: dict[str, Callable[[dict[str, Any]], int]] = {
    ATTENTION: _full, SLIDING: _sliding, "delta": _delta, "mamba2": _mamba2, "mamba1": _mamba1, "conv": _conv,
    "lightning": _lightning,
}  # fmt: skip
