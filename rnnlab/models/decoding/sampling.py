"""Sampling: each token drawn from the model's own distribution."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.models.decoding.decoded import Decoded, Step
from rnnlab.models.decoding.roll_out import roll_out


def sample(
    step: Step,
    state: Tree,
    begin: Tensor,
    end: int | None,
    max_length: int,
    *,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Decoded:
    """Decode with a token drawn at every step; see :func:`roll_out` for the other arguments.

    Args:
        step: See there.
        state: See there.
        begin: See there.
        end: See there.
        max_length: See there.
        temperature: See :func:`draw`.
        generator: See :func:`draw`.
    """

    def choose(log_probabilities: Tensor) -> Tensor:
        return draw(log_probabilities, temperature, generator)

    return roll_out(step, state, begin, end, max_length, choose)


def draw(
    log_probabilities: Tensor, temperature: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Draw tokens ``(N,)`` with probabilities proportional to ``exp(log_p / temperature)``.

    By the Gumbel-max trick (Gumbel 1954; Maddison et al. 2014, arXiv:1411.0030): the largest of
    ``log_p / temperature - log(-log(u))``.

    Args:
        log_probabilities: ``(N, V)``, up to a constant for each row.
        temperature: 0 takes the likeliest token, 1 follows the model, more is more random.
        generator: Where randomness comes from, on any device; None for torch's own.

    Raises:
        ValueError: The temperature is below zero.
    """
    if temperature < 0:
        raise ValueError(f"temperature={temperature}: must be >= 0")
    if temperature == 0:
        return log_probabilities.argmax(1)
    device = log_probabilities.device if generator is None else generator.device
    waiting = torch.empty(log_probabilities.shape, device=device)
    waiting.exponential_(generator=generator)  # -log(u)
    noise = waiting.clamp(min=torch.finfo(waiting.dtype).tiny).log()
    scaled = log_probabilities.float() / temperature
    return (scaled - noise.to(log_probabilities.device)).argmax(1)
