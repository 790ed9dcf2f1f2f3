"""Scheduled sampling: now and then the decoder reads its own answer while it trains."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.models.decoder import Decoder, Source
from rnnlab.models.decoding.sampling import draw
from rnnlab.recurrence.sequence import mask_padding


class ScheduledSampling:
    """How often the decoder reads its own answer (Bengio et al. 2015, arXiv:1506.03099).

    The probability rises linearly from 0 in epoch 0 to its final value. A task and its model share
    one: the task moves it on, the model reads it.

    Args:
        final: The probability in the end; 0 for teacher forcing alone.
        epochs: The epoch from which on it is final; 0 for the whole training.
    """

    def __init__(self, final: float = 0.0, epochs: int = 0) -> None:
        self.final, self.epochs = final, epochs
        self.on_epoch(0)

    def on_epoch(self, epoch: int) -> None:
        """Set the probability of training epoch ``epoch``, from 0."""
        reached = 1.0 if self.epochs == 0 else min(1.0, epoch / self.epochs)
        self.probability = self.final * reached


def unroll_sampled(
    decoder: Decoder,
    target: Tensor,
    source: Source,
    state: Tree,
    lengths: Tensor | None,
    probability: float,
) -> Tensor:
    """Return the values ``(B, L, K)`` of a decoder that reads a mixture of truth and answers.

    At each step and in each row by itself it reads with ``probability`` its own answer, drawn from
    its distribution (tokens) or taken as it is (reals), without a gradient, else the true target.
    The other arguments are those of :meth:`Decoder.forward`.
    """
    truth = mask_padding(target, lengths)
    earlier, made = decoder.begin(source), []
    for t in range(target.shape[1]):
        values, state = decoder.step(earlier, source, state)
        made.append(values)
        own = values.detach()
        if decoder.target.categorical:
            own = draw(own.log_softmax(1))
        chosen = torch.rand(len(own), device=own.device) < probability
        chosen = chosen.reshape(-1, *(1,) * (own.dim() - 1))
        earlier = torch.where(chosen, own, truth[:, t].to(own.dtype))
    return torch.stack(made, 1)
