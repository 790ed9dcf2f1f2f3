"""Single examples as one batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnlab.data.batch import Batch


def collate_tokens(examples: list[Batch]) -> Batch:
    """Put examples of token sequences together, padded with zeros on the right.

    Args:
        examples: Batches of one example, ``(1, T)``, with lengths; targets are classes ``(1,)`` or
            sequences ``(1, L)`` with lengths of their own.
    """
    targets = [example.target for example in examples if example.target is not None]
    return Batch(
        pad_sequence([example.input[0] for example in examples], batch_first=True),
        pad_sequence([target[0] for target in targets], batch_first=True)
        if targets[0].ndim > 1
        else torch.cat(targets),
        _together([example.lengths for example in examples]),
        _together([example.target_lengths for example in examples]),
    )


def _together(lengths: list[Tensor | None]) -> Tensor | None:
    known = [length for length in lengths if length is not None]
    return torch.cat(known) if known else None
