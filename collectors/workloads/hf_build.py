"""Models of the transformers library: from a local path or the hub's cache when there, else from their dimensions.

A model built from its published dimensions has the shapes and the work of the real one, and random weights:
its energy is real, its answers are not, so its quality is null.
"""

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from collectors.workloads.catalogue import ModelEntry, catalogue
from collectors.workloads.tabular_data import SEED
from collectors.workloads.torch_precision import convert

MODELS_VARIABLE = "ECO_MODELS"  # a folder with one folder per model name, as `save_pretrained` writes it
SEEDED = "seeded random"  # what the origin of weights begins with that nobody trained
_KEPT_PARAMS = 3e8
_BIG_PARAMS = 2e9  # above this, the copy kept in memory is bfloat16


@cache
def base(name: str) -> tuple[nn.Module, str]:
    """Return a model in inference mode (float32, big ones bfloat16) and where its weights come from."""
    entry = catalogue()[name]
    kind = _class(entry)
    place = Path(os.environ.get(MODELS_VARIABLE, "")) / name
    if os.environ.get(MODELS_VARIABLE) and place.is_dir():
        return kind.from_pretrained(place, local_files_only=True).float().eval(), str(place)
    if entry.hub and _cached(entry.hub):
        return kind.from_pretrained(entry.hub, local_files_only=True).float().eval(), entry.hub
    config = configuration(entry)
    dtype = torch.bfloat16 if entry.params_approx > _BIG_PARAMS else torch.float32
    with _default_type(dtype), _no_initialisation():
        model = kind(config)
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for path, tensor in model.named_parameters():
            _fill(path, tensor, generator)
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    # frozen: torch's operation counter stumbles where a layer takes a trainable tensor as its input (YOLOS does)
    return model.eval().requires_grad_(False), f"{SEEDED} ({SEED})"


def taken(name: str, precision: str, device: str) -> nn.Module:
    """Return a fresh copy of a model in a precision on a device.

    The converted model is kept, as a quantised checkpoint would be, so that loading it again converts nothing;
    models above 300 million parameters are converted every time, for there would be no room.
    """
    if catalogue()[name].params_approx > _KEPT_PARAMS or device != "cpu":
        return convert(base(name)[0], precision, device)
    return copy.deepcopy(_kept(name, precision))


@cache
def _kept(name: str, precision: str) -> nn.Module:
    return convert(base(name)[0], precision)


def configuration(entry: ModelEntry) -> Any:
    """Return the library's configuration with the entry's dimensions."""
    dimensions = {key: value for key, value in entry.architecture.items() if key != "class"}
    return _class(entry).config_class(**dimensions)


def _class(entry: ModelEntry) -> Any:
    import transformers

    return getattr(transformers, entry.architecture["class"])


def _cached(hub: str) -> bool:
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    return (home / "hub" / f"models--{hub.replace('/', '--')}" / "snapshots").is_dir()


def _fill(path: str, tensor: torch.Tensor, generator: torch.Generator) -> None:
    """Seeded normal weights of spread 0.02; ones and zeros where a norm or a bias wants them."""
    if path.endswith("bias"):
        tensor.zero_()
    elif tensor.ndim < 2:
        tensor.fill_(1.0)
    else:
        tensor.normal_(0.0, 0.02, generator=generator)


@contextmanager
def _default_type(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _no_initialisation() -> Iterator[None]:
    """Skip the library's own slow random start: every parameter is filled afterwards."""
    names = ("normal_", "uniform_", "kaiming_uniform_", "xavier_uniform_", "trunc_normal_")
    kept = {name: getattr(nn.init, name) for name in names}
    for name in names:
        setattr(nn.init, name, lambda tensor, *_args, **_options: tensor)
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(nn.init, name, function)
