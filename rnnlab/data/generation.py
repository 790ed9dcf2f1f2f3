"""What generated datasets share: a generator for each part, and the hash of what it gave."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

from rnnlab.data.dataset import Part
from rnnlab.data.split import TensorSplit

PARTS: tuple[Part, ...] = ("train", "val", "test")


def part_generator(split_seed: int, part: Part) -> torch.Generator:
    """Return a generator that depends on the seed of the split and the part, and nothing else."""
    digest = hashlib.sha256(f"{split_seed} {part}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def tensors_sha256(splits: Mapping[Part, TensorSplit]) -> str:
    """Return the hash of the tensors of all parts: type, shape and values of each."""
    digest = hashlib.sha256()
    for part in PARTS:
        split = splits[part]
        for tensor in (split.input, split.target, split.lengths, split.target_lengths):
            if tensor is not None:
                digest.update(_bytes(tensor))
    return digest.hexdigest()


def _bytes(tensor: Tensor) -> bytes:
    head = f"{tensor.dtype} {tuple(tensor.shape)} "
    return head.encode() + tensor.contiguous().numpy().tobytes()
