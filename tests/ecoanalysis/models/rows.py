"""Measurement rows made by a known law."""

import math
from itertools import product

import numpy as np
import polars as pl

from ecoanalysis.models.configuration import configuration_of
from ecoanalysis.models.frame import describe
from ecoanalysis.store.queries import MEASUREMENT_SCHEMA

MODELS = (
    "Qwen3-8B", "Qwen3-14B", "Qwen3-32B", "Llama-3.1-8B", "Llama-3.1-70B", "Llama-3.3-70B", "gemma-2-9b",
    "gemma-2-27b", "Phi-3-mini", "Phi-3-medium", "Mistral-Nemo", "Mistral-7B-v0.3", "CodeLlama-13B", "starcoder2-7b",
)  # fmt: skip
LAW = {
    "weights": 0.7,
    "cache": 1.0,
    "flops": 2.0,
    "launch": 3.0,
    "transition": 4.0,
}  # c of each term; others 0


def measurement(
    model: str, device: str, batch: float, energy_j: float = 1.0, **other: object
) -> dict[str, object]:
    """Return one measurement of a served model."""
    known = {
        "dataset": "made", "device": device, "boundary": "board", "basis": "measured", "idle_treatment": "gross",
        "item_unit": "token", "energy_per_item_j": energy_j, "batch_size": batch, "task": "chat", "model": model,
        "framework": "vllm", "framework_version": "1", "precision": "bf16", "accelerators_count": 4,
        "output_tokens": 300.0, "input_tokens": 200.0, "licence": "made", "citation": "made", "source_name": "made",
    }  # fmt: skip
    return {name: (known | other).get(name) for name in MEASUREMENT_SCHEMA}


def made(noise: float = 0.02, arch_sd: float = 0.0, seed: int = 0) -> pl.DataFrame:
    """Return rows of the law on three devices, with noise and an offset per architecture [ln J]."""
    rng = np.random.default_rng(seed)
    offsets: dict[str, float] = {}
    rows = []
    pairs = product(MODELS, ("NVIDIA H100 SXM5 80GB", "NVIDIA A100 SXM4 80GB"), (8, 32, 128, 512))
    for number, (model, device, batch) in enumerate(pairs):
        row = measurement(model, device, float(batch))
        config = configuration_of(row)
        assert config is not None, model
        known = describe(config)
        offset = offsets.setdefault(known["arch"], rng.normal(0, arch_sd) if arch_sd else 0.0)
        energy_j = sum(c * known["term_" + name] for name, c in LAW.items())
        row["energy_per_item_j"] = energy_j * math.exp(offset + rng.normal(0, noise))
        rows.append(row | {"id": number})
    return pl.DataFrame(rows, schema=MEASUREMENT_SCHEMA)
