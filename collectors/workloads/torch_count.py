"""Parameters, operations and bytes of a torch model, counted in the model itself.

params_count: every parameter once, shared tensors once. active_params_count: those that one item multiplies:
all but lookup tables (embeddings not also used as an output layer, positions), which give one row per token.
flops_per_item: torch's own counter over one forward pass at batch 1 (a multiply-add is 2), and for recurrent
layers, which it does not count, 2 x weights x length.
"""

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

RULE = "counted in the model by the rules of collectors/workloads/torch_count.py"


def params_count(model: nn.Module) -> int:
    """Return the number of parameters; a tensor shared by two layers counts once."""
    return sum(int(tensor.numel()) for tensor in model.parameters())


def active_params_count(model: nn.Module) -> int:
    """Return the parameters that one item multiplies: all but pure lookup tables."""
    tables = {
        id(layer.weight): layer.weight.numel() for layer in model.modules() if isinstance(layer, nn.Embedding)
    }
    multiplied = {
        id(layer.weight) for layer in model.modules() if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d)
    }
    lookups = sum(size for key, size in tables.items() if key not in multiplied)
    return params_count(model) - int(lookups)


def flops(run: Callable[[], object]) -> float:
    """Return the floating-point operations of one call."""
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops())


def recurrent_flops(model: nn.Module, length: int) -> float:
    """Return the operations of the recurrent layers over a sequence of `length` tokens."""
    layers = [layer for layer in model.modules() if isinstance(layer, nn.RNNBase)]
    return sum(2.0 * params_count(layer) * length for layer in layers)
