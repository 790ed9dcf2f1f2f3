"""Free-running generation: a model of the next step goes on from a prompt."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.errors import ConfigError
from rnnlab.models.decoding.sampling import draw
from rnnlab.models.sequence_model import SequenceModel


def generate(
    model: SequenceModel,
    prompt: Tensor,
    steps: int,
    *,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Read a prompt, then read what the model itself gives, one step at a time.

    The state is carried, so that a step costs the same however long the sequence is.

    Args:
        model: Of a dataset whose target is the input one step later, with a causal backbone.
        prompt: Tokens ``(B, P)`` int64 or scaled reals ``(B, P, F)``, P at least 1.
        steps: How many steps to add.
        temperature: For tokens: 0 takes the likeliest, 1 follows the model. Reals have none: the
            value itself is fed back.
        generator: Where randomness comes from; None for torch's own.

    Returns:
        The added steps, tokens ``(B, steps)`` or reals ``(B, steps, F)``.

    Raises:
        ConfigError: The model cannot generate.
    """
    spec = model.spec
    if not (spec.next_step and model.readout == "every" and model.backbone.causal):
        raise ConfigError("only a causal model of the next input can generate")
    output = model(Batch(prompt))
    state, values = output.state, output.values
    assert values is not None
    made: list[Tensor] = []
    scores = values[:, -1]
    for _ in range(steps):
        if made:
            scores, state = model.step(made[-1], state)
        made.append(
            draw(scores.log_softmax(1), temperature, generator)
            if spec.target.categorical
            else scores
        )
    return torch.stack(made, 1) if made else prompt[:, :0]
