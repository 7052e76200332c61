"""One forward pass per item with the transformers library: text, images, audio; and speech recognition in full."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from collectors.workloads.case import Case, Facts
from collectors.workloads.hf_build import base, taken
from collectors.workloads.loaded import Evidence, Loaded, Stage
from collectors.workloads.tabular_data import SEED
from collectors.workloads.torch_count import RULE, active_params_count, flops, params_count
from collectors.workloads.torch_models import cast, synchronizer
from collectors.workloads.torch_precision import evidence
from collectors.workloads.variants import PADDING

_START_TOKEN = 1
_SAMPLES_PER_S = 16_000

Answer = Callable[[Any, dict[str, torch.Tensor]], object]


def load(case: Case, cache_folder: Path) -> Loaded:
    """Return a model whose step answers one batch of texts, images or recordings."""
    original, origin = base(case.model)
    model = taken(case.model, case.precision, case.device)
    reply = _replier(case, model, original)

    def step() -> int:
        with torch.inference_mode():
            reply()
        return case.batch_size

    def inspect() -> tuple[Facts, Evidence]:
        return _inspect(case, model, original, origin)

    return Loaded((Stage("infer", step),), inspect, None, synchronizer(case.device))


def _replier(case: Case, model: Any, original: Any) -> Callable[[], object]:
    """Return what answers one batch: speech from its waveform on, the rest from prepared inputs."""
    answer = answerer(case)
    if case.task == "speech-recognition":
        hear = listener(original, case)
        return lambda: answer(model, hear())
    given = {name: cast(rows, case) for name, rows in inputs(original, case, case.batch_size).items()}
    return _variant(case, model, given, answer)


def listener(model: Any, case: Case) -> Callable[[], dict[str, torch.Tensor]]:
    """Return what turns one seeded batch of waveforms at 16 kHz into the log-mel features of the model."""
    from transformers import WhisperFeatureExtractor

    seconds = case.size // 100  # a frame is 10 ms
    extract = WhisperFeatureExtractor(feature_size=int(model.config.num_mel_bins), chunk_length=seconds)
    generator = torch.Generator().manual_seed(SEED)
    waves = 0.1 * torch.randn(case.batch_size, seconds * _SAMPLES_PER_S, generator=generator)

    def hear() -> dict[str, torch.Tensor]:
        heard = extract(list(waves.numpy()), sampling_rate=_SAMPLES_PER_S, return_tensors="pt")
        return {"input_features": cast(heard.input_features, case)}

    return hear


def _variant(case: Case, model: Any, given: dict[str, torch.Tensor], answer: Answer) -> Callable[[], object]:
    """Return how the case's variant answers its batch."""
    if case.variant == "compiled":
        compiled = torch.compile(model)
        return lambda: answer(compiled, given)
    if case.variant == "row_loop":
        rows = [{name: part[i : i + 1] for name, part in given.items()} for i in range(case.batch_size)]
        return lambda: [answer(model, row) for row in rows]
    if case.variant == "upcast":
        wide = {name: part.float() if part.is_floating_point() else part for name, part in given.items()}
        return lambda: answer(copy.deepcopy(model).float(), wide)
    if case.variant == "padded":
        padded = {
            name: functional.pad(part, (0, (PADDING - 1) * part.shape[1])) for name, part in given.items()
        }
        padded["attention_mask"] = functional.pad(
            torch.ones_like(given["input_ids"]), (0, (PADDING - 1) * case.size)
        )
        return lambda: answer(model, padded)
    return lambda: answer(model, given)


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


def answerer(case: Case) -> Answer:
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
        source=f"{RULE}; without the log-mel features" if case.task == "speech-recognition" else RULE,
        framework_version=transformers.__version__,
        weights=origin,
    )
    return facts, proof
