"""Perplexity of a language model whose weights are real, on the public-domain text that comes with the suite."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from collectors.workloads.hf_build import SEEDED
from collectors.workloads.loaded import Quality
from collectors.workloads.torch_language import TEXT

WINDOW = 128  # tokens


def scorer(model: Any, origin: str, device: str) -> Callable[[], Quality] | None:
    """Return what scores a loaded model, or None where its weights are random or it has no tokenizer beside it.

    `origin` is where the weights come from: a folder, or a name in the hub's cache.
    """
    if origin.startswith(SEEDED):
        return None
    ids = _token_ids(origin)
    return None if ids is None else lambda: Quality(perplexity(model, ids, device), "perplexity")


def perplexity(model: Any, ids: torch.Tensor, device: str) -> float:
    """Return exp(mean cross entropy per token) over windows of 128 tokens, each predicted from those before it."""
    losses, count = 0.0, 0
    with torch.inference_mode():
        for window in ids.split(WINDOW):
            if len(window) < 2:
                continue
            logits = model(window[None].to(device)).logits[0, :-1].float().cpu()
            losses += float(functional.cross_entropy(logits, window[1:], reduction="sum"))
            count += len(window) - 1
    return float(torch.tensor(losses / count).exp())


def _token_ids(origin: str) -> torch.Tensor | None:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(origin, local_files_only=True)
    except (OSError, ValueError):  # no tokenizer was saved with the weights
        return None
    return torch.tensor(tokenizer(TEXT.read_text()).input_ids)
