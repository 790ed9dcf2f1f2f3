"""What generated datasets share: a generator for each part, and the hash of what it gave."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch

from rnnlab.data.content import content_sha256
from rnnlab.data.dataset import Part
from rnnlab.data.split import TensorSplit

PARTS: tuple[Part, ...] = ("train", "val", "test")


def part_generator(split_seed: int, part: Part) -> torch.Generator:
    """Return a generator that depends on the seed of the split and the part, and nothing else."""
    digest = hashlib.sha256(f"{split_seed} {part}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def splits_sha256(splits: Mapping[Part, TensorSplit]) -> str:
    """Return the hash of the tensors of all parts."""
    split_tensors = (
        (split.input, split.target, split.lengths, split.target_lengths)
        for split in (splits[part] for part in PARTS)
    )
    return content_sha256(
        *(tensor for tensors in split_tensors for tensor in tensors if tensor is not None)
    )
