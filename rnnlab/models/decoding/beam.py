"""Beam search: the best of several sequences kept side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.models.decoding.decoded import Decoded, Step
from rnnlab.recurrence.tree import index_select


def beam(
    step: Step,
    state: Tree,
    begin: Tensor,
    end: int | None,
    max_length: int,
    *,
    width: int,
    length_penalty: float = 0.0,
) -> Decoded:
    """Keep the ``width`` best beginnings of each example, and return the best sequence.

    Sequences are ranked by log P / ((5 + length) / 6) ** length_penalty (Wu et al. 2016,
    arXiv:1609.08144, eq. 14), ended ones beside those that go on. With ``width`` V ** max_length
    nothing is ever dropped: the search is exhaustive.

    Args:
        step: Gives the log-probabilities of the next tokens of N = B * width rows; rows
            ``b * width`` to ``(b + 1) * width - 1`` belong to example b.
        state: Before the first step, leaves ``(B, ...)``.
        begin: ``(B,)`` int64, read at the first step.
        end: The token that ends a sequence; None for sequences of ``max_length`` tokens.
        max_length: Most tokens, at least 1.
        width: W, sequences kept for each example.
        length_penalty: Exponent; 0 ranks by probability alone, more favours longer sequences.
    """
    B = begin.shape[0]
    first_row = torch.arange(B, device=begin.device).unsqueeze(1) * width  # (B, 1)
    rows = torch.arange(B, device=begin.device).repeat_interleave(width)
    state, tokens = index_select(state, rows), begin[rows]
    made = begin.new_empty(B, width, 0)
    lengths = begin.new_zeros(B, width)
    ended = torch.zeros_like(lengths, dtype=torch.bool)
    total = torch.full((B, width), -torch.inf, device=begin.device)
    total[:, 0] = 0  # all rows of an example are equal at first: only one may count
    for _ in range(max_length):
        log_probabilities, state = step(tokens, state)
        candidates = log_probabilities.unflatten(0, (B, width))  # (B, W, V)
        V = candidates.shape[2]
        if end is not None:
            only_end = torch.full_like(candidates[0, 0], -torch.inf)
            only_end[end] = 0
            candidates = torch.where(ended.unsqueeze(2), only_end, candidates)
        candidates = total.unsqueeze(2) + candidates
        lengths = lengths + ~ended
        ranked = candidates / ((5 + lengths.unsqueeze(2)) / 6) ** length_penalty
        best = ranked.flatten(1).topk(width).indices  # (B, W)
        origin, chosen = best // V, best % V
        total = candidates.flatten(1).gather(1, best)
        made = made.gather(1, origin.unsqueeze(2).expand_as(made))
        made = torch.cat([made, chosen.unsqueeze(2)], 2)
        lengths, ended = lengths.gather(1, origin), ended.gather(1, origin)
        tokens = chosen.flatten()
        state = index_select(state, (first_row + origin).flatten())
        if end is not None:
            ended = ended | (chosen == end)
            # Going on lowers a probability: without a penalty nothing can overtake an ended best.
            decided = ended[:, 0] if length_penalty == 0 else (ended | total.isinf()).all(1)
            if decided.all():
                break
    return Decoded(made[:, 0], lengths[:, 0], total[:, 0])
