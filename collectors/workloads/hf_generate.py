"""Text generation with the transformers library: prefill and decode apart, with a key-value cache or without."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from collectors.workloads.case import Case, Facts
from collectors.workloads.hf_build import base, taken
from collectors.workloads.hf_quality import scorer
from collectors.workloads.loaded import Evidence, Loaded, Stage
from collectors.workloads.tabular_data import SEED
from collectors.workloads.torch_count import RULE, active_params_count, flops, params_count
from collectors.workloads.torch_models import synchronizer
from collectors.workloads.torch_precision import evidence


def load(case: Case, cache_folder: Path) -> Loaded:
    """Return a language model with two stages: prefill of `size` tokens, and decode of `output_tokens` after it."""
    original, origin = base(case.model)
    model = taken(case.model, case.precision, case.device)
    prompt = _prompt(original, case)
    decoder = (
        Decoder(model, prompt, case.output_tokens)
        if case.variant != "no_cache"
        else Recomputer(model, prompt, case)
    )

    def prefill() -> int:
        with torch.inference_mode():
            model(prompt, use_cache=True, logits_to_keep=1)
        return int(prompt.numel())

    stages = (Stage("prefill", prefill), Stage("decode", decoder.step))
    return Loaded(
        stages,
        lambda: _inspect(case, model, original, origin),
        scorer(model, origin, case.device),
        synchronizer(case.device),
    )


class Decoder:
    """Decodes token after token behind the prompt, and goes back to the prompt when the answer is full."""

    def __init__(self, model: nn.Module, prompt: torch.Tensor, output_tokens: int) -> None:
        self._model, self._prompt, self._output_tokens = model, prompt, output_tokens
        self._cache: Any = None
        self._token = prompt[:, -1:]
        self._done = 0

    def step(self) -> int:
        """Decode one token of every sequence; the prompt is filled in once, at the first step, in warm-up."""
        from transformers import DynamicCache

        with torch.inference_mode():
            if self._cache is None:
                self._cache = DynamicCache()
                self._model(self._prompt, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
            out = self._model(self._token, past_key_values=self._cache, use_cache=True)
            self._token = out.logits[:, -1:].argmax(dim=-1)
        self._done += 1
        if self._done == self._output_tokens:
            self._cache.crop(-self._output_tokens)  # negative: take off that many tokens
            self._done = 0
        return int(self._token.numel())


class Recomputer:
    """Decodes without a cache: every token costs a pass over the whole sequence."""

    def __init__(self, model: nn.Module, prompt: torch.Tensor, case: Case) -> None:
        self._model, self._prompt, self._output_tokens = model, prompt, case.output_tokens
        self._sequence = prompt

    def step(self) -> int:
        """Decode one token of every sequence."""
        with torch.inference_mode():
            logits = self._model(self._sequence, use_cache=False, logits_to_keep=1).logits
        token = logits[:, -1:].argmax(dim=-1)
        self._sequence = torch.cat([self._sequence, token], dim=1)
        if self._sequence.shape[1] >= self._prompt.shape[1] + self._output_tokens:
            self._sequence = self._prompt
        return int(token.numel())


def _prompt(model: Any, case: Case) -> torch.Tensor:
    generator = torch.Generator().manual_seed(SEED)
    words = int(model.config.vocab_size)
    return torch.randint(0, words, (case.batch_size, case.size), generator=generator).to(case.device)


def _inspect(case: Case, model: nn.Module, original: nn.Module, origin: str) -> tuple[Facts, Evidence]:
    """Count a decode step in the middle of the answer: flops_per_item is that of a decoded token."""
    import transformers

    one = _prompt(original, case)[:1]
    proof = evidence(model, lambda converted: converted(one, logits_to_keep=1))
    params, active = params_count(original), active_params_count(original)
    held = sum(proof.bytes_by_dtype.values())
    decoder = Decoder(original, one.cpu(), case.output_tokens + 1)
    for _ in range(case.output_tokens // 2 + 1):
        decoder.step()
    facts = Facts(
        params_count=params,
        active_params_count=active,
        weight_bytes=held,
        active_weight_bytes=round(held * active / params),
        flops_per_item=flops(decoder.step),
        item_bytes=_cache_bytes(model, case),
        input_shape=str(case.size),
        item_unit="token",
        source=f"{RULE}; per decoded token",
        framework_version=transformers.__version__,
        weights=origin,
    )
    return facts, proof


def _cache_bytes(model: Any, case: Case) -> float:
    """Bytes of keys and values that one decoded token reads, half way through the answer."""
    config = model.config
    layers = int(config.num_hidden_layers)
    heads = int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)
    width = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
    size = next(tensor.element_size() for tensor in model.parameters() if tensor.is_floating_point())
    return float(2 * layers * heads * width * size * (case.size + case.output_tokens / 2))
