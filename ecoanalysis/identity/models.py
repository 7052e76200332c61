"""What is known of a model from its published configuration."""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from ecoanalysis.identity.key import model_key
from ecoanalysis.identity.suffix import bare_names
from ecoanalysis.identity.table import count, read_rows

_PACKAGE = "ecoanalysis.identity"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model by its published configuration. None is unknown.

    modality: text, vision, audio, tabular, multimodal.
    kind: dense, moe, hybrid, recurrent, per-layer-embedding, encoder, encoder-decoder, cnn, vision-transformer,
    detector, vision-language, diffusion, recommendation.
    `params_count` counts all weights once; `active_params_count` those that one token touches (all but the
    experts not chosen). For diffusion pipelines `denoiser_params_count` is the part that runs at every step.
    attention: mha, gqa, mqa, mla, sliding, chunked, blocksparse, hybrid-…, none. `attention_layers_count` layers
    have a key-value cache, `full_attention_layers_count` of them without a window; the others see
    `window_tokens`. `kv_latent_dim` is MLA's cached width per layer (latent and rope parts).
    `flops_per_item` counts two operations per multiply-add. status: confident, recalled, unverified.
    """

    name: str
    family: str
    modality: str
    kind: str
    year: int | None
    params_count: int | None
    active_params_count: int | None
    denoiser_params_count: int | None
    layers_count: int | None
    hidden_size: int | None
    heads_count: int | None
    kv_heads_count: int | None
    head_dim: int | None
    intermediate_size: int | None
    vocab_size: int | None
    experts_count: int | None
    experts_per_token: int | None
    shared_experts_count: int | None
    expert_intermediate_size: int | None
    moe_layers_count: int | None
    attention: str | None
    window_tokens: int | None
    attention_layers_count: int | None
    full_attention_layers_count: int | None
    kv_latent_dim: int | None
    flops_per_item: int | None
    status: str
    source: str
    url: str | None
    note: str | None


def find_model(name: str | None) -> ModelFacts | None:
    """Return the facts of the model of that name, None for a name that the tables do not have.

    Spellings are equal that differ in case, punctuation or owner ("meta-llama/…"), or in what says how the weights
    are stored ("-AWQ", "-Q4_K_M.gguf"); fine-tunes and variants of the same architecture need a row in
    `tables/model_aliases.csv`. Nothing is matched by similarity.
    """
    index = _index()
    return next((index[key] for text in bare_names(name or "") if (key := model_key(text)) in index), None)


def published_format(name: str) -> str | None:
    """Return the number format in which the weights of a model of the tables are published, where it is not 16 bits."""
    rows = read_rows(_PACKAGE, "model_formats")
    return next((row["precision"] for row in rows if row["model"] == name), None)


def doubt_of(name: str | None) -> str | None:
    """Return as what a name is taken that several models bear, None for any other; with its owner it is of one."""
    rows = read_rows(_PACKAGE, "model_doubts")
    return next((row["doubt"] for row in rows if model_key(row["model"]) == model_key(name or "")), None)


def near_models(name: str, limit: int = 4) -> list[str]:
    """Return names of known models that look like `name`, for an error message; never used to match."""
    index = _index()
    bare = list(bare_names(name))[-1:]
    keys = [
        key for text in bare for key in get_close_matches(model_key(text), index, n=limit * 3, cutoff=0.6)
    ]
    return list(dict.fromkeys(index[key].name for key in keys))[:limit]


def all_models() -> list[ModelFacts]:
    """Return every model of the table, in its order."""
    return [_facts(row) for row in read_rows(_PACKAGE, "models")]


@cache
def _index() -> dict[str, ModelFacts]:
    """Return the models by key: names first, then aliases, which never replace a name."""
    facts = {fact.name: fact for fact in all_models()}
    index = {_key_as_written(name): fact for name, fact in facts.items()}
    for row in read_rows(_PACKAGE, "model_aliases"):
        index.setdefault(_key_as_written(row["alias"]), facts[row["name"]])
    return index


def _key_as_written(name: str) -> str:
    """Return the key of a name of the tables, nothing but its owner dropped."""
    return model_key(next(bare_names(name)))


def _facts(row: dict[str, str]) -> ModelFacts:
    """Return a row of the model table as a record."""
    return ModelFacts(
        name=row["name"],
        family=row["family"],
        modality=row["modality"],
        kind=row["kind"],
        year=count(row["year"]),
        params_count=count(row["params"]),
        active_params_count=count(row["active_params"]),
        denoiser_params_count=count(row["denoiser_params"]),
        layers_count=count(row["layers"]),
        hidden_size=count(row["hidden"]),
        heads_count=count(row["heads"]),
        kv_heads_count=count(row["kv_heads"]),
        head_dim=count(row["head_dim"]),
        intermediate_size=count(row["intermediate"]),
        vocab_size=count(row["vocab"]),
        experts_count=count(row["experts"]),
        experts_per_token=count(row["experts_per_token"]),
        shared_experts_count=count(row["shared_experts"]),
        expert_intermediate_size=count(row["expert_intermediate"]),
        moe_layers_count=count(row["moe_layers"]),
        attention=row["attention"] or None,
        window_tokens=count(row["window"]),
        attention_layers_count=count(row["attention_layers"]),
        full_attention_layers_count=count(row["full_attention_layers"]),
        kv_latent_dim=count(row["kv_latent"]),
        flops_per_item=count(row["flops_per_item"]),
        status=row["status"],
        source=row["source"],
        url=row["url"] or None,
        note=row["note"] or None,
    )
