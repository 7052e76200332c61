"""One forward pass per item with the transformers library: text, images, audio; and speech recognition in full."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from collectors.workloads.case import Case, Facts
from collectors.workloads.hf_build import base
from collectors.workloads.loaded import Evidence, Loaded, Stage
from collectors.workloads.tabular_data import SEED
from collectors.workloads.torch_count import RULE, active_params_count, flops, params_count
from collectors.workloads.torch_models import cast, synchronizer
from collectors.workloads.torch_precision import convert, evidence

_START_TOKEN = 1


def load(case: Case, cache_folder: Path) -> Loaded:
    """Return a model whose step answers one batch of texts, images or recordings."""
    original, origin = base(case.model)
    model = convert(original, case.precision, case.device)
    given = {name: cast(rows, case) for name, rows in inputs(original, case, case.batch_size).items()}
    answer = answerer(case)
    runner = torch.compile(model) if case.variant == "compiled" else model

    def step() -> int:
        with torch.inference_mode():
            answer(runner, given)
        return case.batch_size

    def inspect() -> tuple[Facts, Evidence]:
        return _inspect(case, model, original, origin)

    return Loaded((Stage("infer", step),), inspect, None, synchronizer(case.device))


def inputs(model: Any, case: Case, batch_size: int) -> dict[str, torch.Tensor]:
    """Return one seeded batch: token ids [n, size], pixels [n, 3, size, size], or audio features."""
    generator = torch.Generator().manual_seed(SEED)
    if case.modality == "text":
        words = int(model.config.vocab_size)
        return {"input_ids": torch.randint(5, words, (batch_size, case.size), generator=generator)}
    if case.modality == "vision":
        return {"pixel_values": torch.randn(batch_size, 3, case.size, case.size, generator=generator)}
    if case.task == "speech-recognition":
        bands = int(model.config.num_mel_bins)
        return {"input_features": torch.randn(batch_size, bands, case.size, generator=generator)}
    if hasattr(model.config, "num_mel_bins"):
        return {
            "input_values": torch.randn(batch_size, case.size, model.config.num_mel_bins, generator=generator)
        }
    return {"input_values": torch.randn(batch_size, case.size, generator=generator)}


def answerer(case: Case) -> Callable[[Any, dict[str, torch.Tensor]], object]:
    """Return what one batch is put through: a forward pass, or encoder and decoder with a cache."""
    if case.task != "speech-recognition":
        return lambda model, given: model(**given)

    def recognise(model: Any, given: dict[str, torch.Tensor]) -> object:
        from transformers import DynamicCache, EncoderDecoderCache

        encoded = model.get_encoder()(given["input_features"])
        caches = EncoderDecoderCache(DynamicCache(), DynamicCache())
        token = torch.full((len(given["input_features"]), 1), _START_TOKEN, device=case.device)
        for _ in range(case.output_tokens):
            out = model(
                encoder_outputs=encoded, decoder_input_ids=token, past_key_values=caches, use_cache=True
            )
            token = out.logits[:, -1:].argmax(dim=-1)
        return token

    return recognise


def _inspect(case: Case, model: nn.Module, original: nn.Module, origin: str) -> tuple[Facts, Evidence]:
    import transformers

    one = inputs(original, case, 1)
    given = {name: cast(rows, case) for name, rows in one.items()}
    answer = answerer(case)
    proof = evidence(model, lambda converted: answer(converted, given))
    params, active = params_count(original), active_params_count(original)
    held = sum(proof.bytes_by_dtype.values())
    first = next(iter(given.values()))
    facts = Facts(
        params_count=params,
        active_params_count=active,
        weight_bytes=held,
        active_weight_bytes=round(held * active / params),
        flops_per_item=flops(lambda: answer(original, one)),
        item_bytes=float(first.numel() * first.element_size()),
        input_shape="x".join(str(side) for side in first.shape[1:]),
        item_unit="image" if case.modality == "vision" else "inference",
        source=RULE,
        framework_version=transformers.__version__,
        weights=origin,
    )
    return facts, proof
