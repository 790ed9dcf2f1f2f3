import hashlib

import torch

from rnnlab.data.content import content_sha256


def test_it_is_the_sha256_of_headed_pieces() -> None:
    assert content_sha256(b"ab", "c") == hashlib.sha256(b"bytes 2\nabstr 1\nc").hexdigest()


def test_it_changes_with_values_shapes_types_and_borders() -> None:
    zeros = torch.zeros(2, 3)
    one = zeros.clone()
    one[1, 2] = 1
    hashes = {
        content_sha256(zeros),
        content_sha256(one),
        content_sha256(zeros.reshape(3, 2)),
        content_sha256(torch.zeros(2, 3, dtype=torch.int32)),
        content_sha256("ab", "c"),
        content_sha256("a", "bc"),
        content_sha256("abc"),
    }
    assert len(hashes) == 7


def test_it_does_not_depend_on_memory_layout() -> None:
    values = torch.arange(6.0).reshape(2, 3)
    assert content_sha256(values) == content_sha256(values.T.contiguous().T)
