"""Precisions of torch models: conversion of the weights, and the evidence of what then computes."""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from collectors.workloads.loaded import Evidence
from collectors.workloads.torch_nf4 import Nf4Linear

FLOATS = {
    "fp64": torch.float64,
    "fp32": torch.float32,
    "tf32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
}
INT4_GROUP = 32  # weights that share a scale and a zero point
_FP8 = torch.float8_e4m3fn
_FP8_MAX = 448.0  # the largest finite e4m3fn
_ALIGN = 16  # rows and columns of the low-precision kernels


def convert(model: nn.Module, precision: str, device: str = "cpu") -> nn.Module:
    """Return a copy of a float32 model in a precision, on a device, in inference mode.

    Quantised precisions replace linear layers whose sides are multiples of 16 (int4: 32) by layers that call
    torch's low-precision kernels; embeddings, norms and convolutions stay as they are.
    """
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    model = copy.deepcopy(model)
    if precision in FLOATS:
        return model.to(device=device, dtype=FLOATS[precision]).eval()
    if device != "cpu":
        model = model.to(torch.bfloat16)  # what the CUDA kernels take beside the quantised weights
    _linearise(model)
    if precision == "int8-dynamic":
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # deprecated in favour of another package; the kernels are the same
            kinds = {nn.Linear, nn.LSTM, nn.GRU}
            return torch.ao.quantization.quantize_dynamic(model, kinds, dtype=torch.qint8).eval()
    _replace(model.to(device), LAYERS[precision])
    return model.eval()


class Int8WeightLinear(nn.Module):  # type: ignore[misc]
    """A linear layer with int8 weights, one scale per output row; bfloat16 inside, the only type that is vectorised.

    On processors with AVX2 the same kernel takes 20 to 30 times as long with float32 or float16 activations.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = weight.abs().amax(dim=1).clamp(min=1e-12) / 127.0
        self.register_buffer("weight_int8", torch.round(weight / scale[:, None]).to(torch.int8))
        self.register_buffer("scale", scale.to(torch.bfloat16))
        self.bias = linear.bias
        self.out_features = linear.out_features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x W' + b."""
        rows = x.reshape(-1, x.shape[-1]).contiguous().to(torch.bfloat16)
        out = torch._weight_int8pack_mm(rows, self.weight_int8, self.scale)
        out = out.to(x.dtype).reshape(*x.shape[:-1], self.out_features)
        return out if self.bias is None else out + self.bias


class Int4WeightLinear(nn.Module):  # type: ignore[misc]
    """A linear layer with 4-bit weights, two to a byte, scale and zero point per group of 32; bfloat16 inside."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        rows, columns = weight.shape
        groups = weight.float().reshape(rows, columns // INT4_GROUP, INT4_GROUP)
        low, high = groups.amin(dim=2), groups.amax(dim=2)
        scale = ((high - low) / 15.0).clamp(min=1e-8)
        levels = torch.round((groups - low[..., None]) / scale[..., None]).clamp(0, 15).to(torch.int32)
        levels = levels.reshape(rows, columns)
        if weight.is_cuda:
            packed = (levels[:, ::2] << 4 | levels[:, 1::2]).to(torch.uint8)
            self.register_buffer("weight_int4", torch._convert_weight_to_int4pack(packed, 8))
        else:
            self.register_buffer("weight_int4", torch._convert_weight_to_int4pack_for_cpu(levels, 1))
        # the kernel computes (level - 8) * scale + zero
        pairs = torch.stack([scale, low + 8.0 * scale], dim=2).transpose(0, 1).contiguous()
        self.register_buffer("scale_and_zero", pairs.to(torch.bfloat16))
        self.bias = linear.bias
        self.out_features = rows

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x W' + b."""
        rows = x.reshape(-1, x.shape[-1]).contiguous().to(torch.bfloat16)
        multiply = torch._weight_int4pack_mm if x.is_cuda else torch._weight_int4pack_mm_for_cpu
        out = multiply(rows, self.weight_int4, INT4_GROUP, self.scale_and_zero)
        out = out.to(x.dtype).reshape(*x.shape[:-1], self.out_features)
        return out if self.bias is None else out + self.bias


class Fp8Linear(nn.Module):  # type: ignore[misc]
    """A linear layer in e4m3: weights with one scale, activations scaled on the fly, bfloat16 out of the kernel."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = (weight.abs().amax().float() / _FP8_MAX).clamp(min=1e-12)
        self.register_buffer("weight_fp8", (weight / scale).to(_FP8))
        self.register_buffer("scale", scale)
        self.bias = linear.bias
        self.out_features = linear.out_features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x W' + b."""
        rows = x.reshape(-1, x.shape[-1]).contiguous()
        scale = (rows.abs().amax().float() / _FP8_MAX).clamp(min=1e-12)
        out = torch._scaled_mm(
            (rows / scale).to(_FP8),
            self.weight_fp8.t(),
            scale_a=scale,
            scale_b=self.scale,
            out_dtype=torch.bfloat16,
        )
        out = out.to(x.dtype).reshape(*x.shape[:-1], self.out_features)
        return out if self.bias is None else out + self.bias


LAYERS: dict[str, Callable[[nn.Linear], nn.Module]] = {
    "int8-weight": Int8WeightLinear,
    "int4-weight": Int4WeightLinear,
    "nf4": Nf4Linear,
    "fp8": Fp8Linear,
}
_PACKED = {"weight_int4": "int4-packed", "weight_nf4": "nf4-packed"}  # buffers whose type hides two weights
_WORKERS = (
    "linear",
    "mm",
    "conv",
    "lstm",
    "gru",
    "4bit",
)  # what the names of kernels that do the work contain


def evidence(model: nn.Module, forward: Callable[[nn.Module], object]) -> Evidence:
    """Return the stored types, the types that layers gave out, and the kernels that one forward pass called."""
    types: set[str] = set()

    def see(_module: nn.Module, _inputs: Any, out: Any) -> None:
        first = out[0] if isinstance(out, tuple) else out
        if isinstance(first, torch.Tensor) and first.is_floating_point():
            types.add(_compute_type(first))

    hooks = [layer.register_forward_hook(see) for layer in model.modules() if not list(layer.children())]
    with (
        torch.inference_mode(),
        torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile,
    ):
        forward(model)
    for hook in hooks:
        hook.remove()
    named = {event.key for event in profile.key_averages()}
    kernels = sorted(name for name in named if any(word in name for word in _WORKERS))
    return Evidence(stored_bytes(model), tuple(sorted(types)), tuple(kernels))


def stored_bytes(model: nn.Module) -> dict[str, int]:
    """Return the bytes of all weights by stored type; a tensor shared by two layers counts once."""
    sizes: dict[str, int] = {}
    tensors = {
        id(tensor): (path, tensor) for path, tensor in [*model.named_parameters(), *model.named_buffers()]
    }
    hidden = [("", tensor) for layer in model.modules() for tensor in _dynamic_weights(layer)]
    for path, tensor in [*tensors.values(), *hidden]:
        name = _PACKED.get(path.rpartition(".")[2], str(tensor.dtype).removeprefix("torch."))
        sizes[name] = sizes.get(name, 0) + tensor.numel() * tensor.element_size()
    return {name: size for name, size in sizes.items() if size > 0}


def _dynamic_weights(layer: nn.Module) -> list[torch.Tensor]:
    """The weights of a dynamically quantised layer, which hides them from `parameters`."""
    if "quantized.dynamic" not in type(layer).__module__:
        return []
    if hasattr(layer, "get_weight"):  # recurrent layers: a dictionary of packed matrices
        return [tensor for tensor in layer.get_weight().values() if isinstance(tensor, torch.Tensor)]
    return [layer.weight()] if callable(getattr(layer, "weight", None)) else []


def _compute_type(tensor: torch.Tensor) -> str:
    if tensor.dtype == torch.float32 and tensor.is_cuda and torch.backends.cuda.matmul.allow_tf32:
        return "tf32" if torch.cuda.get_device_capability(tensor.device) >= (8, 0) else "float32"
    return str(tensor.dtype).removeprefix("torch.")


def _linearise(model: nn.Module) -> None:
    """Turn GPT-2's transposed `Conv1D` into the linear layer that it is, so that quantisation sees it."""
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if type(layer).__name__ == "Conv1D" and hasattr(layer, "nf"):
                linear = nn.Linear(layer.weight.shape[0], layer.nf, dtype=layer.weight.dtype)
                linear.weight = nn.Parameter(layer.weight.detach().t().contiguous())
                linear.bias = layer.bias
                setattr(parent, name, linear)


def _replace(model: nn.Module, make: Callable[[nn.Linear], nn.Module]) -> None:
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if type(layer) is nn.Linear and _fits(layer):
                setattr(parent, name, make(layer))


def _fits(linear: nn.Linear) -> bool:
    return bool(linear.in_features % (2 * _ALIGN) == 0 and linear.out_features % _ALIGN == 0)
