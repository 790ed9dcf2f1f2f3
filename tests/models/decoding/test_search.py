from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.errors import ConfigError
from rnnlab.models.decoding import Search, Step, beam, greedy, sample

Maker = Callable[..., tuple[Step, Tensor]]


def test_calls_what_was_named(random_model: Maker) -> None:
    step, states = random_model(5, 12)
    begin = torch.full((12,), 5)
    given = (step, states, begin, 1, 6)
    generator = torch.Generator().manual_seed(3)
    expected = {
        Search(): greedy(*given),
        Search("beam", beam_width=7, length_penalty=1.0): beam(*given, width=7, length_penalty=1.0),
        Search("sampling", temperature=2.0, seed=3): sample(
            *given, temperature=2.0, generator=generator
        ),
    }
    for search, decoded in expected.items():
        assert torch.equal(search(*given).tokens, decoded.tokens)
    made = [tuple(decoded.tokens.flatten().tolist()) for decoded in expected.values()]
    assert len(set(made)) == 3
    assert [search.copies for search in expected] == [1, 7, 1]


def test_equal_batches_get_equal_samples(random_model: Maker) -> None:
    step, states = random_model(5, 12)
    search = Search("sampling")
    first, second = (search(step, states, torch.full((12,), 5), None, 6) for _ in range(2))
    assert torch.equal(first.tokens, second.tokens)


def test_wrong_decoder_is_named() -> None:
    with pytest.raises(ConfigError, match="decoder=bean: unknown; did you mean beam"):
        Search("bean")  # type: ignore[arg-type]
