from __future__ import annotations

import pytest
import torch

from rnnlab.errors import ConfigError
from rnnlab.models.attention import LuongAttention

DOUBLE = torch.float64


@pytest.mark.parametrize("score", ["dot", "general"])
def test_equals_its_equations_written_as_loops(score: str) -> None:
    attention = LuongAttention(4, 4, score).double()  # type: ignore[arg-type]
    query, memory = torch.randn(2, 3, 4, dtype=DOUBLE), torch.randn(2, 5, 4, dtype=DOUBLE)
    lengths = [5, 2]
    result = attention(query, memory, torch.tensor(lengths))
    for b in range(2):
        for t in range(3):
            h = query[b, t]
            steps = memory[b, : lengths[b]]
            keys = steps if attention.key is None else [attention.key.weight @ m for m in steps]
            weights = torch.stack([h @ key for key in keys]).exp()
            weights = weights / weights.sum()
            found = sum(w * m for w, m in zip(weights, steps, strict=True))
            assert isinstance(found, torch.Tensor)
            expected = (attention.output.weight @ torch.cat([found, h])).tanh()
            torch.testing.assert_close(result[b, t], expected)


@pytest.mark.parametrize("score", ["dot", "general"])
def test_padding_changes_nothing_and_gets_no_gradient(score: str) -> None:
    attention = LuongAttention(4, 4, score)  # type: ignore[arg-type]
    query = torch.randn(3, 2, 4, requires_grad=True)
    clean = torch.randn(3, 5, 4)
    lengths = torch.tensor([5, 2, 0])
    results = []
    for garbage in (0.0, 1e6, torch.nan):
        memory = clean.clone()
        memory[1, 2:] = memory[2] = garbage
        memory.requires_grad_()
        query.grad = None
        attention.zero_grad()
        output = attention(query, memory, lengths)
        output.square().sum().backward()
        assert memory.grad is not None
        assert query.grad is not None
        assert torch.equal(memory.grad[1, 2:], torch.zeros(3, 4))
        assert torch.equal(memory.grad[2], torch.zeros(5, 4))
        assert (memory.grad[0].abs().sum(1) > 0).all()
        weights = [p.grad.clone() for p in attention.parameters() if p.grad is not None]
        results.append([output.detach(), query.grad.clone(), memory.grad, *weights])
    for result in results[1:]:
        torch.testing.assert_close(result, results[0], rtol=0, atol=0)


def test_sizes_may_differ_for_the_general_score_only() -> None:
    general = LuongAttention(4, 6, "general")
    assert general(torch.randn(1, 2, 4), torch.randn(1, 3, 6)).shape == (1, 2, 4)
    with pytest.raises(ConfigError, match=r"attention=dot: .*equal sizes; valid: general"):
        LuongAttention(4, 6, "dot")
    with pytest.raises(ConfigError, match="attention=concat: unknown"):
        LuongAttention(4, 6, "concat")  # type: ignore[arg-type]
