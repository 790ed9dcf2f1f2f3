from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.models.decoding import DecoderName, Search, Step

END = 1
Maker = Callable[..., tuple[Step, Tensor]]


@pytest.mark.parametrize("decoder", ["greedy", "beam", "sampling"])
def test_every_decoder_fills_what_follows_the_end_and_scores_what_precedes_it(
    decoder: DecoderName, random_model: Maker
) -> None:
    step, first = random_model(3, 6)
    search = Search(decoder, beam_width=3)
    decoded = search(step, first, torch.full((6,), 3), END, 5)

    assert decoded.tokens.dtype == decoded.lengths.dtype == torch.int64
    for row in range(6):
        tokens, length = decoded.tokens[row].tolist(), int(decoded.lengths[row])
        assert END not in tokens[: length - 1]
        assert set(tokens[length:]) <= {END}
        state, earlier, total = first[row : row + 1], 3, 0.0
        for token in tokens[:length]:
            scores, state = step(torch.tensor([earlier]), state)
            total += float(scores[0, token])
            earlier = token
        assert float(decoded.log_probabilities[row]) == pytest.approx(total, rel=1e-5)
