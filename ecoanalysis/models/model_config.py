"""Model facts from a published config.json, or from a number of parameters alone."""

import json
import math
import re
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.models import ModelFacts, all_models, find_model, near_models

_SUFFIX = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_COUNT = re.compile(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([kmbt]?)", re.IGNORECASE)
_NEEDED = ("num_hidden_layers", "hidden_size", "num_attention_heads")


def model_facts(answer: str) -> tuple[ModelFacts, list[str]]:
    """Return a model's facts and what was assumed, from its name, the path of a config.json, or a size such as 7e9.

    Raises `EcoError` for a name that the tables do not have, and for a size that is not positive.
    """
    path = Path(answer)
    if answer.endswith(".json"):
        return facts_of_config(path), []
    if match := _COUNT.fullmatch(answer.strip()):
        count = float(match[1]) * _SUFFIX.get(match[2].lower(), 1.0)
        if not count > 0 or not math.isfinite(count):
            raise EcoError(f"a model of {answer} parameters does not exist", "--model 7e9")
        return _facts_of_size(count)
    found = find_model(answer)
    if found is None:
        near = near_models(answer)
        known = f"; known and alike: {', '.join(near)}" if near else ""
        raise EcoError(
            f"unknown model {answer!r}{known}", "--model path/to/config.json, or its parameters: --model 7e9"
        )
    return found, []


def facts_of_config(path: Path) -> ModelFacts:
    """Return the facts of a Hugging Face config.json, its parameters counted from the shapes.

    Raises `EcoError` where the file is missing or lacks layers, hidden size or heads.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except OSError as error:
        raise EcoError(f"cannot read {path}: {error.strerror}", "--model path/to/config.json") from error
    except ValueError as error:
        raise EcoError(f"{path} is not JSON", "download config.json of the model once more") from error
    shape = content.get("text_config", content)
    missing = [name for name in _NEEDED if not isinstance(shape.get(name), int) or shape[name] <= 0]
    if missing:
        raise EcoError(f"{path} lacks {', '.join(missing)}", "give the config.json of a language model")
    return _facts_of_shape(path, shape)


def _facts_of_shape(path: Path, shape: dict[str, Any]) -> ModelFacts:
    """Return the facts of a transformer's shape: attention, gated feed-forward, embeddings."""
    layers, hidden, heads = (int(shape[name]) for name in _NEEDED)
    kv_heads = int(shape.get("num_key_value_heads") or heads)
    head_dim = int(shape.get("head_dim") or hidden // heads)
    vocab, inner = int(shape.get("vocab_size") or 32000), int(shape.get("intermediate_size") or 4 * hidden)
    experts = int(
        shape.get("num_experts") or shape.get("num_local_experts") or shape.get("n_routed_experts") or 0
    )
    chosen = int(shape.get("num_experts_per_tok") or 0)
    expert_inner = int(shape.get("moe_intermediate_size") or inner)
    attention = hidden * head_dim * (2 * heads + 2 * kv_heads)
    embeddings = vocab * hidden * (1 if shape.get("tie_word_embeddings") else 2)
    block = 3 * hidden * (expert_inner * experts if experts else inner)
    active_block = 3 * hidden * (expert_inner * chosen if experts else inner)
    return ModelFacts(
        name=path.parent.name or path.stem, family=str(shape.get("model_type") or "unknown"), modality="text",
        kind="moe" if experts else "dense", year=None,
        params_count=embeddings + layers * (attention + block),
        active_params_count=embeddings + layers * (attention + active_block), denoiser_params_count=None,
        layers_count=layers, hidden_size=hidden, heads_count=heads, kv_heads_count=kv_heads, head_dim=head_dim,
        intermediate_size=inner, vocab_size=vocab, experts_count=experts or None, experts_per_token=chosen or None,
        shared_experts_count=None, expert_intermediate_size=expert_inner if experts else None,
        moe_layers_count=layers if experts else None, attention=None, window_tokens=shape.get("sliding_window"),
        attention_layers_count=layers, full_attention_layers_count=0 if shape.get("sliding_window") else layers,
        kv_latent_dim=None, flops_per_item=None, status="confident", source=str(path), url=None, note=None,
    )  # fmt: skip


def _facts_of_size(count: float) -> tuple[ModelFacts, list[str]]:
    """Return the facts of the dense model nearest in size, with the size that was asked for."""
    from dataclasses import replace

    dense = [
        fact
        for fact in all_models()
        if fact.kind == "dense" and fact.layers_count and fact.params_count and fact.hidden_size
    ]
    alike = min(dense, key=lambda fact: abs(math.log((fact.params_count or 1) / count)))
    size = round(count)
    named = replace(
        alike, name=f"{count:.3g} parameters", params_count=size, active_params_count=size, family="unknown"
    )
    return named, [f"architecture assumed: dense, shaped like {alike.name}; a config.json narrows this"]
