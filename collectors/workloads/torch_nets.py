"""Small networks in plain torch: published image networks, and ones small enough to train in seconds."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from collectors.workloads.torch_language import CharacterModel


class ResidualBlock(nn.Module):  # type: ignore[misc]
    """Two 3x3 convolutions, or the 1-3-1 bottleneck when `expansion` is 4, beside a shortcut."""

    def __init__(self, width_in: int, width: int, stride: int, expansion: int) -> None:
        super().__init__()
        out = width * expansion
        shapes = (
            [(width_in, width, 3, stride), (width, width, 3, 1)]
            if expansion == 1
            else [(width_in, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)]
        )
        layers: list[nn.Module] = []
        for a, b, kernel, step in shapes:
            layers += [nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.body = nn.Sequential(*layers[:-1])
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width_in != out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width_in, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return relu(body(x) + shortcut(x))."""
        return functional.relu(self.body(x) + self.shortcut(x))


def resnet(depth: int, classes: int = 1000) -> nn.Module:
    """Return ResNet-18, 34 or 50 (He et al. 2016, doi:10.1109/CVPR.2016.90)."""
    blocks, expansion = {18: ((2, 2, 2, 2), 1), 34: ((3, 4, 6, 3), 1), 50: ((3, 4, 6, 3), 4)}[depth]
    layers: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
    ]  # fmt: skip
    width_in = 64
    for stage, count in enumerate(blocks):
        width = 64 * 2**stage
        for number in range(count):
            stride = 2 if stage > 0 and number == 0 else 1
            layers.append(ResidualBlock(width_in, width, stride, expansion))
            width_in = width * expansion
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width_in, classes))


def mobilenet_v1(classes: int = 1000) -> nn.Module:
    """Return MobileNet 1.0 (Howard et al. 2017, arXiv:1704.04861)."""
    plan = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2)]
    plan += [(512, 512, 1)] * 5 + [(512, 1024, 2), (1024, 1024, 1)]
    layers: list[nn.Module] = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    for a, b, stride in plan:
        layers += [nn.Conv2d(a, a, 3, stride, 1, groups=a, bias=False), nn.BatchNorm2d(a), nn.ReLU()]
        layers += [nn.Conv2d(a, b, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, classes))


def perceptron(inputs: int, hidden: int, classes: int) -> nn.Module:
    """Return a perceptron with two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes)
    )


def digits_cnn(classes: int = 10) -> nn.Module:
    """Return a convolutional network for 8x8 digits [n, 1, 8, 8]."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, classes),
    )  # fmt: skip


def tone_net(classes: int = 6) -> nn.Module:
    """Return a network for waveforms [n, 1, 2000] like `tone_cnn`, of layers that can be exported to ONNX."""
    return nn.Sequential(*list(tone_cnn(classes))[:6], nn.AvgPool1d(2), nn.Flatten(),
                         nn.Linear(896, 256), nn.ReLU(), nn.Linear(256, classes))  # fmt: skip


def tone_cnn(classes: int = 6) -> nn.Module:
    """Return a one-dimensional convolutional network for waveforms [n, 1, samples]."""
    return nn.Sequential(
        nn.Conv1d(1, 32, 64, stride=8, padding=28), nn.ReLU(), nn.Conv1d(32, 64, 16, stride=4, padding=6), nn.ReLU(),
        nn.Conv1d(64, 128, 8, stride=4, padding=2), nn.ReLU(), nn.AdaptiveAvgPool1d(8), nn.Flatten(),
        nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, classes),
    )  # fmt: skip


class UNet(nn.Module):  # type: ignore[misc]
    """A two-level U-Net (Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28) for images [n, 1, h, w]."""

    def __init__(self, width: int = 16, classes: int = 3) -> None:
        super().__init__()
        self.down1, self.down2 = _pair(1, width), _pair(width, 2 * width)
        self.bottom = _pair(2 * width, 4 * width)
        self.up2, self.up1 = _pair(6 * width, 2 * width), _pair(3 * width, width)
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return class scores per pixel [n, classes, h, w]."""
        first = self.down1(x)
        second = self.down2(functional.max_pool2d(first, 2))
        deep = self.bottom(functional.max_pool2d(second, 2))
        second = self.up2(torch.cat([functional.interpolate(deep, scale_factor=2.0), second], dim=1))
        first = self.up1(torch.cat([functional.interpolate(second, scale_factor=2.0), first], dim=1))
        out: torch.Tensor = self.head(first)
        return out


class KeywordNet(nn.Module):  # type: ignore[misc]
    """An embedding, an LSTM and a head: which keyword comes first in a sentence of token ids [n, length]."""

    def __init__(self, words: int = 256, width: int = 128, classes: int = 4) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.recur = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return class scores [n, classes]."""
        states, _ = self.recur(self.embed(ids))
        out: torch.Tensor = self.head(states[:, -1])
        return out


def _pair(a: int, b: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(),
        nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(),
    )  # fmt: skip


NETS: dict[str, Any] = {
    "resnet18": lambda: resnet(18),
    "resnet34": lambda: resnet(34),
    "resnet50": lambda: resnet(50),
    "mobilenet_v1": mobilenet_v1,
    "torch_mlp": lambda: perceptron(64, 512, 10),
    "digits_cnn": digits_cnn,
    "tone_cnn": tone_cnn,
    "tone_net": tone_net,
    "shape_unet": UNet,
    "keyword_lstm": KeywordNet,
    "char_lm": CharacterModel,
}
