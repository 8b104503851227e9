"""CSPNeXt, the backbone of RTMPose (Lyu et al. 2022, RTMDet): cross-stage partial blocks with
large depthwise kernels and channel attention.

Module names are those of the released checkpoints, so that a checkpoint loads key by key.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

# channels of each stage's input and output, blocks, whether blocks add their input, whether the
# stage begins with pyramid pooling; at width and depth 1
STAGES = (
    (64, 128, 3, True, False),
    (128, 256, 6, True, False),
    (256, 512, 6, True, False),
    (512, 1024, 3, False, True),
)
POOL_SIZES = (5, 9, 13)
LARGE_KERNEL = 5


class CspNext(nn.Module):
    """Images (batch, 3, height, width) -> features of stride 32, `out_channels` wide."""

    def __init__(self, *, depth: float, width: float):
        super().__init__()
        first = int(STAGES[0][0] * width)
        self.stem = nn.Sequential(
            ConvNormAct(3, first // 2, 3, stride=2),
            ConvNormAct(first // 2, first // 2, 3),
            ConvNormAct(first // 2, first, 3),
        )
        for number, (inner, outer, blocks, is_residual, has_pool) in enumerate(STAGES, start=1):
            channels = int(outer * width)
            parts: list[nn.Module] = [ConvNormAct(int(inner * width), channels, 3, stride=2)]
            if has_pool:
                parts.append(PyramidPooling(channels))
            parts.append(CspLayer(channels, max(round(blocks * depth), 1), is_residual))
            setattr(self, f"stage{number}", nn.Sequential(*parts))
        self.out_channels = int(STAGES[-1][1] * width)

    def forward(
        self, images: Float[Tensor, "batch 3 _height _width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """Features of the last stage."""
        features = self.stem(images)
        for number in range(1, len(STAGES) + 1):
            features = self.get_submodule(f"stage{number}")(features)
        return features


class ConvNormAct(nn.Module):
    """Convolution, batch normalization, SiLU."""

    def __init__(self, inner: int, outer: int, kernel: int, *, stride: int = 1, groups: int = 1):
        super().__init__()
        padding = kernel // 2
        self.conv = nn.Conv2d(inner, outer, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outer)

    def forward(self, features: Tensor) -> Tensor:
        """The same grid, or a half, a quarter, … of it by the stride."""
        return functional.silu(self.norm(self.conv(features)))


class SeparableConv(nn.Module):
    """Depthwise convolution with a large kernel, then a pointwise one."""

    def __init__(self, channels: int):
        super().__init__()
        self.depthwise_conv = ConvNormAct(channels, channels, LARGE_KERNEL, groups=channels)
        self.pointwise_conv = ConvNormAct(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        return self.pointwise_conv(self.depthwise_conv(features))


class CspNextBlock(nn.Module):
    """3x3 and large-kernel convolution, around which the input is added or not."""

    def __init__(self, channels: int, is_residual: bool):
        super().__init__()
        self.conv1 = ConvNormAct(channels, channels, 3)
        self.conv2 = SeparableConv(channels)
        self.is_residual = is_residual

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        changed = self.conv2(self.conv1(features))
        return changed + features if self.is_residual else changed


class ChannelAttention(nn.Module):
    """Every channel times a gate (hard sigmoid) that sees the mean of all."""

    def __init__(self, channels: int):
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        return features * functional.hardsigmoid(self.fc(features.mean(dim=(2, 3), keepdim=True)))


class CspLayer(nn.Module):
    """Half of the channels goes through blocks, half past them; then attention and mixing."""

    def __init__(self, channels: int, blocks: int, is_residual: bool):
        super().__init__()
        half = channels // 2
        self.main_conv = ConvNormAct(channels, half, 1)
        self.short_conv = ConvNormAct(channels, half, 1)
        self.blocks = nn.Sequential(*(CspNextBlock(half, is_residual) for _ in range(blocks)))
        self.attention = ChannelAttention(2 * half)
        self.final_conv = ConvNormAct(2 * half, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        both = [self.blocks(self.main_conv(features)), self.short_conv(features)]
        return self.final_conv(self.attention(torch.cat(both, dim=1)))


class PyramidPooling(nn.Module):
    """The features beside their maxima over three window sizes (He et al. 2015)."""

    def __init__(self, channels: int):
        super().__init__()
        half = channels // 2
        self.conv1 = ConvNormAct(channels, half, 1)
        self.conv2 = ConvNormAct(half * (len(POOL_SIZES) + 1), channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        narrow = self.conv1(features)
        pooled = [functional.max_pool2d(narrow, s, stride=1, padding=s // 2) for s in POOL_SIZES]
        return self.conv2(torch.cat([narrow, *pooled], dim=1))
