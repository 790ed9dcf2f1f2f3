"""Attention of a decoder over the steps of an encoder."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from rnnlab.data.batch import valid_steps
from rnnlab.errors import ConfigError, check_choice

Score = Literal["dot", "general"]


class LuongAttention(nn.Module):
    r"""Global attention of Luong et al. 2015 (arXiv:1508.04025, eq. 5 to 8), without input feeding.

    .. math::
        a_{ts} &= softmax_s(score(h_t, m_s)) \\
        \tilde h_t &= \tanh(W [\textstyle\sum_s a_{ts} m_s; h_t])

    with the score :math:`h_t \cdot m_s` (``dot``) or :math:`h_t \cdot A m_s` (``general``). The
    decoder does not read :math:`\tilde h_{t-1}`, so that all its steps can be attended at once.

    Args:
        query_size: H, the size of the decoder's output.
        memory_size: M, the size of the encoder's output.
        score: ``dot`` or ``general``.

    Attributes:
        output_size: H.

    Raises:
        ConfigError: There is no such score, or ``dot`` is to compare different sizes.
    """

    def __init__(self, query_size: int, memory_size: int, score: Score = "general") -> None:
        super().__init__()
        check_choice("attention", score, get_args(Score))
        if score == "dot" and query_size != memory_size:
            raise ConfigError(
                f"the encoder gives {memory_size} features and the decoder {query_size}; "
                "their dot product needs equal sizes",
                key="attention",
                value=score,
                valid=["general"],
            )
        self.key = nn.Linear(memory_size, query_size, bias=False) if score == "general" else None
        self.output = nn.Linear(memory_size + query_size, query_size, bias=False)
        self.output_size = query_size

    def forward(self, query: Tensor, memory: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the attentional output ``(B, L, H)``.

        Args:
            query: The decoder's output ``(B, L, H)``.
            memory: The encoder's output ``(B, T, M)``; what is in its padding changes nothing.
            lengths: ``(B,)`` valid steps of ``memory``, or None for T. A row of none attends to
                nothing.
        """
        padding = ~valid_steps(lengths, memory.shape[1], memory).unsqueeze(1)  # (B, 1, T)
        memory = memory.masked_fill(padding.transpose(1, 2), 0.0)
        key = memory if self.key is None else self.key(memory)
        scores = query @ key.transpose(1, 2)  # (B, L, T)
        scores = scores.masked_fill(padding, torch.finfo(scores.dtype).min)
        weights = scores.softmax(-1).masked_fill(padding, 0.0)
        return torch.tanh(self.output(torch.cat([weights @ memory, query], dim=-1)))
