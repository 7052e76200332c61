"""A character language model small enough to train in seconds, scored by its perplexity on text it has not seen."""

from pathlib import Path

import torch
from torch import nn

WINDOW = 64  # characters
_STRIDE = 16
# Lincoln 1863 and 1865, Jefferson 1776, US Constitution
TEXT = Path(__file__).parent / "text" / "public_domain.txt"


class CharacterModel(nn.Module):  # type: ignore[misc]
    """A causal transformer of two layers over characters [n, length]; gives scores [n, characters, length]."""

    def __init__(self, characters: int = 128, width: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(characters, width)
        self.place = nn.Embedding(WINDOW, width)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(layers))
        self.head = nn.Linear(width, characters)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the scores of the next character at every place."""
        x = self.embed(ids) + self.place(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        out: torch.Tensor = self.head(x).transpose(1, 2)
        return out


class _Block(nn.Module):  # type: ignore[misc]
    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x after causal attention and the feed-forward layers."""
        n, length, width = x.shape
        parts = self.mix(self.norm1(x)).reshape(n, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(n, length, width))
        out: torch.Tensor = x + self.feed(self.norm2(x))
        return out


def windows() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return inputs and next characters of the first four fifths of the text, then of the rest.

    Windows for training overlap; held-out windows do not, and share no character with the others.
    """
    codes = torch.tensor([min(ord(letter), 127) for letter in TEXT.read_text()])
    cut = len(codes) * 4 // 5
    train = codes[:cut].unfold(0, WINDOW + 1, _STRIDE)
    test = codes[cut:].unfold(0, WINDOW + 1, WINDOW + 1)
    return (
        train[:, :-1].contiguous(),
        train[:, 1:].contiguous(),
        test[:, :-1].contiguous(),
        test[:, 1:].contiguous(),
    )
