"""Linear layers in NF4 (Dettmers et al. 2023, arXiv:2305.14314), by the kernels of bitsandbytes.

Where the processor has AVX-512 with bfloat16 the kernel multiplies packed weights; elsewhere it widens a layer's
weights for every call, which saves memory and costs time. Either is what a user of NF4 gets there.
"""

from typing import Any

import torch
from torch import nn

BLOCK = 64  # weights that share a scale, as in QLoRA


class Nf4Linear(nn.Module):  # type: ignore[misc]
    """A linear layer with 4-bit normal-float weights, two to a byte, one float32 scale per block of 64."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        from bitsandbytes.functional import quantize_4bit

        packed, state = quantize_4bit(linear.weight.detach().contiguous(), blocksize=BLOCK, quant_type="nf4")
        self.register_buffer("weight_nf4", packed)
        self.register_buffer("scale", state.absmax)
        self.state: Any = state
        self.bias = linear.bias
        self.out_features = linear.out_features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x W' + b."""
        from bitsandbytes import matmul_4bit

        out: torch.Tensor = matmul_4bit(x, self.weight_nf4.t(), quant_state=self.state, bias=self.bias)
        return out
