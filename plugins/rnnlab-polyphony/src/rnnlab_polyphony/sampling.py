"""A trained model goes on with a piece, step by step."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.errors import ConfigError
from rnnlab.models.sequence_model import SequenceModel


def continue_roll(
    model: SequenceModel,
    roll: Tensor,
    steps: int,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Read a roll, then draw each key by its probability and read what was drawn.

    Args:
        model: Of ``task=multilabel``, trained on what sounds next.
        roll: ``(T, K)`` zeros and ones, T at least 1.
        steps: How many steps to add.
        generator: Where randomness comes from; None for torch's own.

    Returns:
        The added steps, ``(steps, K)`` of zeros and ones.

    Raises:
        ConfigError: The model does not foretell its own next input.
    """
    if not model.spec.next_step:
        raise ConfigError("only a model of the next step can go on")
    made: list[Tensor] = []
    with torch.inference_mode():
        output = model(Batch(roll.float().unsqueeze(0)))
        logits, state = output.values[:, -1], output.state
        for _ in range(steps):
            if made:
                logits, state = model.step(made[-1], state)
            made.append(logits.sigmoid().bernoulli(generator=generator))
    return torch.cat(made) if made else roll[:0].float()
