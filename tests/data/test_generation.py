import torch

from rnnlab.data.generation import PARTS, part_generator, splits_sha256
from rnnlab.data.split import TensorSplit


def test_each_seed_and_part_has_numbers_of_its_own() -> None:
    drawn = {
        tuple(torch.rand(3, generator=part_generator(seed, part)).tolist())
        for seed in (0, 1, -1)
        for part in PARTS
        for _ in range(2)
    }

    assert len(drawn) == 9


def test_the_hash_sees_every_part_and_lengths() -> None:
    split = TensorSplit(torch.zeros(2, 3), torch.zeros(2))
    other = TensorSplit(torch.zeros(2, 3), torch.zeros(2), lengths=torch.tensor([3, 2]))

    hashes = {
        splits_sha256({**dict.fromkeys(PARTS, split), part: changed})
        for part in PARTS
        for changed in (split, other)
    }

    assert len(hashes) == 4
