"""The face detector's network: small, anchor-free, three strides, five landmarks.

Based on YuNet (Wu, Peng and Yu, 2023): every cell of the maps of strides 8, 16 and 32 outputs the
probability that a face's centre is near, its box and its landmarks. Depthwise separable blocks
limit the network to about 100,000 parameters. Input BGR 0 to 255, any height and width divisible
by 32.
"""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False

import torch
from torch import Tensor, nn

STRIDES_PX = (8, 16, 32)
# score, dx dy log-w log-h, then five landmarks x y: all in strides from the cell's centre
CHANNELS = 15


class Separable(nn.Module):
    """A depthwise 3x3 and a pointwise convolution, with a shortcut where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.has_shortcut = inputs == outputs and stride == 1

    def forward(self, features: Tensor) -> Tensor:
        changed = self.norm(self.pointwise(self.depthwise(features)))
        return torch.relu(changed + features if self.has_shortcut else changed)


def build_stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    first = Separable(inputs, outputs, stride=2)
    return nn.Sequential(first, *(Separable(outputs, outputs) for _ in range(blocks - 1)))


class DetectorNet(nn.Module):
    """Maps (n, 3, h, w) to three maps (n, 15, h/s, w/s); the first channel is a logit."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)
        )
        self.quarter = build_stage(16, 32, 2)
        self.fine, self.middle, self.coarse = (
            build_stage(32, 64, 3),
            build_stage(64, 96, 3),
            build_stage(96, 128, 3),
        )
        self.narrow_middle, self.narrow_coarse = nn.Conv2d(96, 64, 1), nn.Conv2d(128, 64, 1)
        self.mix = nn.ModuleList(Separable(64, 64) for _ in STRIDES_PX)
        self.heads = nn.ModuleList(nn.Conv2d(64, CHANNELS, 1) for _ in STRIDES_PX)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
            head.bias.data[0] = -4.0

    def forward(self, image: Tensor) -> list[Tensor]:
        quarter = self.quarter(self.stem((image - 127.5) / 64.0))
        fine = self.fine(quarter)
        middle = self.middle(fine)
        coarse = self.mix[2](self.narrow_coarse(self.coarse(middle)))
        middle = self.mix[1](self.narrow_middle(middle) + upsample(coarse))
        fine = self.mix[0](fine + upsample(middle))
        levels = zip(self.heads, (fine, middle, coarse), strict=True)
        return [head(features) for head, features in levels]


def upsample(features: Tensor) -> Tensor:
    return nn.functional.interpolate(features, scale_factor=2.0, mode="nearest")


class ExportedDetector(nn.Module):
    """The network of the ONNX file: its score is a probability."""

    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        maps = self.net(image)
        return tuple(torch.cat([torch.sigmoid(m[:, :1]), m[:, 1:]], dim=1) for m in maps)
