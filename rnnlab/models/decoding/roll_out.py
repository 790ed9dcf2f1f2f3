"""Decoding token by token, each choice being final."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.models.decoding.decoded import Decoded, Step


def roll_out(
    step: Step,
    state: Tree,
    begin: Tensor,
    end: int | None,
    max_length: int,
    choose: Callable[[Tensor], Tensor],
) -> Decoded:
    """Decode until every row has met the end token.

    Args:
        step: Gives the log-probabilities of the next tokens.
        state: Before the first step, leaves ``(B, ...)``.
        begin: ``(B,)`` int64, read at the first step.
        end: The token that ends a sequence; None for sequences of ``max_length`` tokens.
        max_length: Most tokens, at least 1.
        choose: Log-probabilities ``(B, V)`` to tokens ``(B,)``.
    """
    tokens, made = begin, []
    alive = torch.ones_like(begin, dtype=torch.bool)
    lengths = torch.zeros_like(begin)
    total: Tensor | float = 0.0
    for _ in range(max_length):
        log_probabilities, state = step(tokens, state)
        tokens = choose(log_probabilities)
        if end is not None:
            tokens = tokens.masked_fill(~alive, end)
        made.append(tokens)
        chosen = log_probabilities.gather(1, tokens.unsqueeze(1)).squeeze(1)
        total = total + chosen.masked_fill(~alive, 0.0)
        lengths = lengths + alive
        if end is not None:
            alive = alive & (tokens != end)
            if not alive.any():
                break
    return Decoded(torch.stack(made, 1), lengths, torch.as_tensor(total))
