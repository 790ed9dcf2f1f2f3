"""A choice among the ways to decode, with its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from rnnlab.cells.base import Tree
from rnnlab.errors import check_choice
from rnnlab.models.decoding.beam import beam
from rnnlab.models.decoding.decoded import Decoded, Step
from rnnlab.models.decoding.greedy import greedy
from rnnlab.models.decoding.sampling import sample

DecoderName = Literal["greedy", "beam", "sampling"]


@dataclass(frozen=True)
class Search:
    """Decodes tokens by the algorithm that a user named.

    Args:
        decoder: ``greedy``, ``beam`` or ``sampling``.
        beam_width: Sequences that beam search keeps for each example.
        length_penalty: Of beam search.
        temperature: Of sampling.
        seed: Of sampling; the same for every batch, so that equal batches get equal answers.

    Raises:
        ConfigError: There is no such decoder.
    """

    decoder: DecoderName = "greedy"
    beam_width: int = 4
    length_penalty: float = 0.0
    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice("decoder", self.decoder, get_args(DecoderName))

    @property
    def copies(self) -> int:
        """Rows for each example that ``step`` is called with."""
        return self.beam_width if self.decoder == "beam" else 1

    def __call__(
        self, step: Step, state: Tree, begin: Tensor, end: int | None, max_length: int
    ) -> Decoded:
        """Decode; see :func:`rnnlab.models.decoding.roll_out.roll_out` for the arguments."""
        if self.decoder == "greedy":
            return greedy(step, state, begin, end, max_length)
        if self.decoder == "beam":
            return beam(
                step,
                state,
                begin,
                end,
                max_length,
                width=self.beam_width,
                length_penalty=self.length_penalty,
            )
        return sample(
            step,
            state,
            begin,
            end,
            max_length,
            temperature=self.temperature,
            generator=torch.Generator().manual_seed(self.seed),
        )
