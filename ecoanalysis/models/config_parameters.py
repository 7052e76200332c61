"""Parameters of a transformer, counted from the shapes in its config.json: layer by layer, biases and norms left out.

Shapes are those of the modelling code in transformers; what mixes tokens is counted by `config_mixers`.
"""

from dataclasses import dataclass
from typing import Any

from ecoanalysis.models.config_mixers import ATTENTION, MIXERS, SLIDING, mixer_parameters
from ecoanalysis.models.config_shape import architecture, entry, size

_BLOCKS = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}  # Nemotron-H: a layer is one of these
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
_CHOSEN = ("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk", "moe_k")
_SHARED = ("n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts")
_SHARED_WIDTH = (
    "moe_shared_expert_intermediate_size", "shared_expert_intermediate_size", "shared_intermediate_size",
    "share_expert_dim",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer holds: what mixes tokens (None for nothing), and whether a dense network and experts follow."""

    mixer: str | None
    dense: bool
    experts: bool


def layers_of(shape: dict[str, Any]) -> list[Layer]:
    """Return the layers of a shape."""
    pattern = shape.get("hybrid_override_pattern")
    blocks = [_BLOCKS.get(sign, sign) for sign in pattern] if pattern else shape.get("layers_block_type")
    if blocks and {"mlp", "moe"} & set(blocks):
        return [
            Layer(None if kind in ("mlp", "moe") else MIXERS.get(kind, kind), kind == "mlp", kind == "moe")
            for kind in blocks
        ]
    count = int(shape["num_hidden_layers"])
    sparse = [bool(experts_count(shape)) and _has_experts(shape, index) for index in range(count)]
    beside = bool(shape.get("enable_moe_block"))  # Gemma 4 runs both
    fed = (architecture(shape) or {}).get("block_matrices") != "0"
    return [
        Layer(mixer, fed and (beside or not one), fed and one)
        for mixer, one in zip(_mixers(shape, count), sparse, strict=True)
    ]


def count_parameters(shape: dict[str, Any]) -> tuple[int, int]:
    """Return all parameters of a shape, and those that one token touches, embeddings included in both."""
    hidden, layers = int(shape["hidden_size"]), layers_of(shape)
    fixed = _embeddings(shape, len(layers)) + _vision(shape)
    expert, chosen, number = _expert(shape), experts_chosen(shape), experts_count(shape)
    for index, layer in enumerate(layers):
        fixed += mixer_parameters(shape, layer.mixer) if layer.mixer else 0
        if layer.dense:
            fixed += _matrices(shape) * hidden * _width(shape, index)
        if layer.experts:
            fixed += hidden * number + _shared(shape) + 2 * hidden * (_latent(shape) or 0)
    sparse = sum(layer.experts for layer in layers)
    return fixed + sparse * number * expert, fixed + sparse * chosen * expert


def experts_count(shape: dict[str, Any]) -> int:
    """Return the experts of a layer, 0 for a dense model."""
    return size(shape, *_EXPERTS)


def experts_chosen(shape: dict[str, Any]) -> int:
    """Return the experts that one token takes, 0 for a dense model."""
    return size(shape, *_CHOSEN) if experts_count(shape) else 0


def shared_count(shape: dict[str, Any]) -> int:
    """Return the experts that every token takes: as said, by their width, or as the architecture has them."""
    known = int((architecture(shape) or {}).get("shared_experts") or 0)
    return size(shape, *_SHARED) or (1 if size(shape, *_SHARED_WIDTH) else known)


def expert_width(shape: dict[str, Any]) -> int:
    """Return the width of an expert."""
    return size(shape, "moe_intermediate_size", "expert_ffn_hidden_size") or _inner(shape)


def _mixers(shape: dict[str, Any], count: int) -> list[str]:
    """Return what mixes tokens in each layer."""
    kinds = shape.get("layer_types") or shape.get("layers_block_type")
    if isinstance(kinds, list) and len(kinds) >= count:
        return [str(MIXERS.get(kind, kind)) for kind in kinds[:count]]
    if isinstance(full := shape.get("full_attn_idxs"), list):  # LFM2 as first published
        return [ATTENTION if index in full else "conv" for index in range(count)]
    if isinstance(marks := shape.get("hybrid_layer_pattern"), list):  # MiMo: 1 is a window
        return [SLIDING if mark else ATTENTION for mark in marks[:count]]
    if isinstance(marks := shape.get("attn_type_list"), list):  # MiniMax: 0 is linear
        return [ATTENTION if mark else "lightning" for mark in marks[:count]]
    if every := size(shape, "full_attention_interval"):  # Qwen3-Next
        return [ATTENTION if (index + 1) % every == 0 else "delta" for index in range(count)]
    if every := size(shape, "attn_layer_period"):  # Jamba
        start = size(shape, "attn_layer_offset")
        return [ATTENTION if index % every == start else "mamba1" for index in range(count)]
    return [str((architecture(shape) or {}).get("mixer") or ATTENTION)] * count


def _has_experts(shape: dict[str, Any], index: int) -> bool:
    """Return whether a layer has experts."""
    every = shape.get("moe_layer_freq")
    if isinstance(every, list):
        return bool(every[index])
    if index in (shape.get("mlp_only_layers") or ()):
        return False
    if period := size(shape, "expert_layer_period"):  # Jamba
        return index % period == size(shape, "expert_layer_offset")
    if step := size(shape, "decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval"):
        return (index + 1) % step == 0 and index >= size(shape, "moe_layer_start_index")
    return index >= size(shape, "first_k_dense_replace") and index % max(int(every or 1), 1) == 0


def _matrices(shape: dict[str, Any]) -> int:
    """Return the matrices of a feed-forward network: 3 with a gate, 2 without."""
    return int((architecture(shape) or {}).get("block_matrices") or 3)


def _inner(shape: dict[str, Any], index: int = 0) -> int:
    """Return the width that a config calls its feed-forward network's; Gemma 3n has one for each layer."""
    said = entry(shape.get("intermediate_size"), index)
    return int(said or 4 * int(shape["hidden_size"]))


def _width(shape: dict[str, Any], index: int) -> int:
    """Return the width of the dense network of a layer."""
    said = size(shape, "intermediate_size_mlp", "dense_intermediate_size")
    if not experts_count(shape):
        said = said or size(shape, "shared_intermediate_size")  # Granite 4
    inner = said or _inner(shape, index)
    if shape.get("block_auto_adjust_ff_dim"):  # LFM2
        unit = size(shape, "block_multiple_of") or 1
        inner = -(-(2 * inner // 3) // unit) * unit
    return inner


def _latent(shape: dict[str, Any]) -> int | None:
    """Return the width in which experts work where it is not the model's."""
    return size(shape, "moe_latent_size", "routed_expert_hidden_size") or None


def _expert(shape: dict[str, Any]) -> int:
    """Return the parameters of one expert."""
    return _matrices(shape) * (_latent(shape) or int(shape["hidden_size"])) * expert_width(shape)


def _shared(shape: dict[str, Any]) -> int:
    """Return the parameters of a layer's shared experts."""
    width = size(shape, *_SHARED_WIDTH) or shared_count(shape) * expert_width(shape)
    return _matrices(shape) * int(shape["hidden_size"]) * width


def _embeddings(shape: dict[str, Any], layers: int) -> int:
    """Return the embeddings of tokens, of positions and of Gemma's layers, and the output layer unless it is tied."""
    hidden, per_layer = int(shape["hidden_size"]), size(shape, "hidden_size_per_layer_input")
    tables = 1 if is_tied(shape) else 2
    beside = per_layer * layers * (size(shape, "vocab_size_per_layer_input") + 3 * hidden)
    return size(shape, "vocab_size") * hidden * tables + size(shape, "n_positions") * hidden + beside


def is_tied(shape: dict[str, Any]) -> bool:
    """Return whether input and output embeddings are one; the default of the architecture where it is not said."""
    said = shape.get("tie_word_embeddings")
    return bool(said) if said is not None else (architecture(shape) or {}).get("tied") == "yes"


def _vision(shape: dict[str, Any]) -> int:
    """Return the parameters of the vision encoder beside a language model, with the mergers of Qwen-VL."""
    seen = shape.get("vision_config")
    if not isinstance(seen, dict):
        return 0
    hidden = size(seen, "hidden_size", "vt_hidden_size", "embed_dim")
    inner = size(seen, "intermediate_size", "vt_intermediate_size") or round(
        hidden * float(seen.get("mlp_ratio") or 4)
    )
    blocks = (
        size(seen, "depth", "num_hidden_layers", "vt_num_hidden_layers") * (4 * hidden + 2 * inner) * hidden
    )
    merged = hidden * size(seen, "spatial_merge_size") ** 2
    mergers = 1 + len(seen.get("deepstack_visual_indexes") or ())
    return blocks + mergers * merged * (merged + size(seen, "out_hidden_size"))
