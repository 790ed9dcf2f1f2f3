from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from rnnlab.data.spec import Field
from rnnlab.errors import ConfigError
from rnnlab.models.embed import ConvolutionalEncoder, Embed


def test_tokens_are_looked_up_with_and_without_a_time_axis() -> None:
    embed = Embed(Field("tokens", 5, sequence=True), embedding_size=3)
    tokens = torch.tensor([[0, 4], [2, 2]])
    table = next(embed.parameters())
    assert embed.output_size == 3
    assert torch.equal(embed(tokens), table[tokens])
    assert torch.equal(embed(tokens[:, 0]), table[tokens[:, 0]])


def test_reals_stay_as_they_are() -> None:
    embed = Embed(Field("reals", 4, sequence=True))
    x = torch.randn(2, 3, 4)
    assert embed.output_size == 4
    assert torch.equal(embed(x), x)
    assert not list(embed.parameters())


def test_flattened_frames_keep_their_order() -> None:
    embed = Embed(Field("image", 24, sequence=True, shape=(2, 3, 4)))
    frames = torch.randn(5, 7, 2, 3, 4)
    assert embed.output_size == 24
    assert torch.equal(embed(frames)[1, 2], frames[1, 2].flatten())
    assert torch.equal(embed(frames[:, 0])[1], frames[1, 0].flatten())


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 1, 1), (2, 5, 11)])
def test_network_of_frames_sees_each_frame_alone(shape: tuple[int, int, int]) -> None:
    size = shape[0] * shape[1] * shape[2]
    field = Field("image", size, sequence=True, shape=shape)
    embed = Embed(field, embedding_size=6, image_encoder="cnn").double()
    frames = torch.randn(2, 3, *shape, dtype=torch.float64)
    features = embed(frames)
    assert features.shape == (2, 3, embed.output_size) == (2, 3, 6)
    for b in range(2):
        for t in range(3):
            torch.testing.assert_close(features[b, t], embed(frames[b, t][None])[0])


def test_network_equals_its_written_out_layers() -> None:
    encoder = ConvolutionalEncoder((1, 8, 8), 5).double()
    images = torch.randn(3, 1, 8, 8, dtype=torch.float64)
    x = F.conv2d(images, encoder.first.weight, encoder.first.bias, padding=1).clamp(min=0)
    x = x.reshape(3, 16, 4, 2, 4, 2).amax((3, 5))
    x = F.conv2d(x, encoder.second.weight, encoder.second.bias, padding=1).clamp(min=0)
    x = x.reshape(3, 32, 2, 2, 2, 2).amax((3, 5)).reshape(3, -1)
    expected = (x @ encoder.output.weight.T + encoder.output.bias).clamp(min=0)
    torch.testing.assert_close(encoder(images), expected)


def test_wrong_encoder_is_named() -> None:
    with pytest.raises(ConfigError, match=r"image_encoder=cn: unknown; .*valid: flatten, cnn"):
        Embed(Field("reals", 4, sequence=True), image_encoder="cn")  # type: ignore[arg-type]


def test_image_without_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        Embed(Field("image", 4, sequence=False))
