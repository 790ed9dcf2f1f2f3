"""From what a batch holds to features: tokens, reals, images and frames."""

from __future__ import annotations

from math import ceil
from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab.data.spec import Field
from rnnlab.errors import check_choice

ImageEncoder = Literal["flatten", "cnn"]


class Embed(nn.Module):
    """Turns an input or an earlier target into features ``(..., E)``, with or without a time axis.

    Args:
        field: What goes in. Tokens ``(...)`` int64 are looked up in a table, reals ``(..., F)``
            stay as they are (E = F), images ``(..., C, H, W)`` are flattened or go through a small
            convolutional network, each frame of a video by itself.
        embedding_size: E for tokens and for images through the network.
        image_encoder: ``flatten`` (E = C*H*W) or ``cnn``.

    Attributes:
        output_size: E.

    Raises:
        ConfigError: There is no such ``image_encoder``.
        ValueError: An image field has no shape.
    """

    output_size: int

    def __init__(
        self, field: Field, embedding_size: int = 64, image_encoder: ImageEncoder = "flatten"
    ) -> None:
        super().__init__()
        check_choice("image_encoder", image_encoder, get_args(ImageEncoder))
        self.features: nn.Module
        if field.kind == "tokens":
            self.features, self.output_size = (
                nn.Embedding(field.size, embedding_size),
                embedding_size,
            )
        elif field.kind == "reals":
            self.features, self.output_size = nn.Identity(), field.size
        elif field.shape is None:
            raise ValueError("an image field needs a shape (channels, height, width)")
        elif image_encoder == "flatten":
            self.features, self.output_size = nn.Flatten(-3), field.size
        else:
            self.features = ConvolutionalEncoder(field.shape, embedding_size)
            self.output_size = embedding_size

    def forward(self, x: Tensor) -> Tensor:
        """Return features ``(..., E)``."""
        features: Tensor = self.features(x)
        return features


class ConvolutionalEncoder(nn.Module):
    """Two 3x3 convolutions, each with relu and 2x2 max pooling, then a linear layer.

    Before a recurrence it makes the CNN-LSTM (Donahue et al. 2015, arXiv:1411.4389). Nothing is
    normalised over the batch, so that padded frames cannot leak into valid ones.

    Args:
        shape: (C, H, W) of the images.
        output_size: E.
        channels: Channels after the first convolution; twice as many after the second.
    """

    def __init__(self, shape: tuple[int, int, int], output_size: int, channels: int = 16) -> None:
        super().__init__()
        depth, height, width = shape
        self.first = nn.Conv2d(depth, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        pooled = ceil(ceil(height / 2) / 2) * ceil(ceil(width / 2) / 2)
        self.output = nn.Linear(2 * channels * pooled, output_size)

    def forward(self, images: Tensor) -> Tensor:
        """Return features ``(..., E)`` of images ``(..., C, H, W)``."""
        x = images.flatten(0, -4) if images.dim() > 4 else images  # (N, C, H, W)
        for convolution in (self.first, self.second):
            x = F.max_pool2d(convolution(x).relu(), 2, ceil_mode=True)
        features: Tensor = self.output(x.flatten(-3)).relu()
        return features.unflatten(0, images.shape[:-3]) if images.dim() > 4 else features
