"""Tasks with known answers for small networks: images, sounds, sentences, generated or bundled, learnt in seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from collectors.workloads.tabular_data import SEED, slices, table
from collectors.workloads.torch_language import windows

SAMPLES = 2000  # of a waveform, at 8 kHz: a quarter of a second
SIDE = 32  # of a segmentation image
LENGTH = 24  # of a keyword sentence


@dataclass(frozen=True, slots=True)
class Task:
    """Inputs and targets, split; `metric` names the score of (class scores, targets)."""

    train_x: torch.Tensor
    train_y: torch.Tensor
    test_x: torch.Tensor
    test_y: torch.Tensor
    metric: str
    epochs: int


@cache
def task(model: str) -> Task:
    """Return the task that a model learns."""
    return _TASKS[model]()


def learn(net: nn.Module, what: Task) -> nn.Module:
    """Return the network trained with Adam, in float32, from a fixed seed."""
    generator = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    net.train()
    for _ in range(what.epochs):
        for rows in torch.randperm(len(what.train_x), generator=generator).split(64):
            optimizer.zero_grad()
            functional.cross_entropy(net(what.train_x[rows]), what.train_y[rows]).backward()
            optimizer.step()
    return net.eval()


def score(answer: Callable[[torch.Tensor], torch.Tensor], what: Task, batch_size: int) -> float:
    """Return the score of an answering function on the held-out data, each item once."""
    if what.metric == "perplexity":
        return _perplexity(answer, what, batch_size)
    parts = [answer(what.test_x[part]) for part in slices(len(what.test_x), batch_size)]
    best = torch.cat([part.float() for part in parts]).argmax(dim=1)
    if what.metric == "accuracy":
        return float((best == what.test_y).double().mean())
    overlaps = []
    for kind in range(1, int(what.test_y.max()) + 1):  # mean intersection over union, background left out
        ours, true = best == kind, what.test_y == kind
        overlaps.append(float((ours & true).sum()) / max(float((ours | true).sum()), 1.0))
    return sum(overlaps) / len(overlaps)


def _perplexity(answer: Callable[[torch.Tensor], torch.Tensor], what: Task, batch_size: int) -> float:
    """exp(mean cross entropy per character); lower is better, 128 would be a blind guess."""
    parts = [answer(what.test_x[part]) for part in slices(len(what.test_x), batch_size)]
    return float(functional.cross_entropy(torch.cat([part.float() for part in parts]), what.test_y).exp())


def _split(x: Any, y: Any, metric: str, epochs: int) -> Task:
    cut = len(x) * 3 // 4
    tx, ty = torch.from_numpy(x), torch.from_numpy(y).long()
    return Task(tx[:cut], ty[:cut], tx[cut:], ty[cut:], metric, epochs)


def _digits(image: bool) -> Task:
    data = table("digits")
    parts = [torch.from_numpy(x.astype(np.float32)) for x in (data.train_x, data.test_x)]
    if image:
        parts = [x.reshape(-1, 1, 8, 8) for x in parts]
    targets = [torch.from_numpy(y).long() for y in (data.train_y, data.test_y)]
    return Task(parts[0], targets[0], parts[1], targets[1], "accuracy", 8)


def _tones() -> Task:
    """Six wave forms of random pitch in noise: sine, square, saw, chirp up, chirp down, hum with overtones."""
    rng = np.random.default_rng(SEED)
    count = 1200
    t = np.arange(SAMPLES) / 8000.0
    pitch = rng.uniform(150, 900, count)[:, None]
    phase = 2 * np.pi * (pitch * t + rng.uniform(0, 1, count)[:, None])
    sweep = 2 * np.pi * pitch * t**2
    forms = [
        np.sin(phase), np.sign(np.sin(phase)), (phase / np.pi) % 2 - 1, np.sin(phase + 3 * sweep),
        np.sin(phase - 2 * sweep), (np.sin(phase) + np.sin(2 * phase) + np.sin(3 * phase)) / 2,
    ]  # fmt: skip
    kinds = rng.integers(0, len(forms), count)
    waves = np.stack(forms)[kinds, np.arange(count)] + rng.normal(0, 0.5, (count, SAMPLES))
    return _split(waves.astype(np.float32)[:, None], kinds, "accuracy", 8)


def _shapes() -> Task:
    """A bright disc and a dark square on noise; the class of every pixel is asked."""
    rng = np.random.default_rng(SEED)
    count = 240
    row, column = np.mgrid[:SIDE, :SIDE]
    images = rng.normal(0, 0.35, (count, SIDE, SIDE)).astype(np.float32)
    labels = np.zeros((count, SIDE, SIDE), dtype=np.int64)
    for number in range(count):
        for kind in (1, 2):
            y, x, r = rng.integers(8, SIDE - 8), rng.integers(8, SIDE - 8), rng.integers(4, 8)
            far = np.hypot(row - y, column - x) if kind == 1 else np.maximum(abs(row - y), abs(column - x))
            labels[number][far <= r] = kind
        images[number] += np.array([0.0, 1.0, -1.0], dtype=np.float32)[labels[number]]
    return _split(images[:, None], labels, "mean_iou", 8)


def _keywords() -> Task:
    """Sentences of random words; the class is the one keyword in them."""
    rng = np.random.default_rng(SEED)
    count = 1600
    words = rng.integers(8, 256, (count, LENGTH))
    kinds = rng.integers(0, 4, count)
    words[np.arange(count), rng.integers(0, LENGTH, count)] = kinds
    return _split(words, kinds, "accuracy", 4)


def _characters() -> Task:
    train_x, train_y, test_x, test_y = windows()
    return Task(train_x, train_y, test_x, test_y, "perplexity", 8)


_TASKS: dict[str, Callable[[], Task]] = {
    "torch_mlp": lambda: _digits(image=False),
    "digits_cnn": lambda: _digits(image=True),
    "tone_cnn": _tones,
    "tone_net": _tones,
    "shape_unet": _shapes,
    "keyword_lstm": _keywords,
    "char_lm": _characters,
}
