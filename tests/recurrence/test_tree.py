from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.recurrence import tree


class Pair(NamedTuple):
    a: Tensor
    b: dict[str, Tensor]


def make(value: float) -> tuple[Pair, list[Tensor], None]:
    return (
        Pair(torch.full((3, 2), value), {"k": torch.full((3,), value)}),
        [torch.full((3, 1, 2), value)],
        None,
    )


def test_structure_is_kept() -> None:
    doubled = tree.map_tensors(lambda leaf: 2 * leaf, make(1.0))
    assert isinstance(doubled[0], Pair)
    assert doubled[2] is None
    assert [leaf.unique().item() for leaf in tree.leaves(doubled)] == [2.0, 2.0, 2.0]


def test_a_tensor_and_nothing_are_trees_too() -> None:
    leaf = torch.ones(2)
    assert tree.leaves(leaf) == [leaf]
    assert tree.leaves(None) == []
    assert tree.detach(None) is None


def test_select_takes_whole_rows() -> None:
    chosen = tree.select(torch.tensor([True, False, True]), make(1.0), make(0.0))
    for leaf in tree.leaves(chosen):
        assert leaf.reshape(3, -1)[:, 0].tolist() == [1.0, 0.0, 1.0]
        assert leaf.reshape(3, -1)[:, -1].tolist() == [1.0, 0.0, 1.0]


def test_index_select_reorders_and_repeats_rows() -> None:
    state = (torch.arange(3.0), torch.arange(6.0).reshape(3, 2))
    first, second = tree.index_select(state, torch.tensor([2, 2, 0, 1]))
    assert first.tolist() == [2, 2, 0, 1]
    assert second[:, 0].tolist() == [4, 4, 0, 2]


def test_detach_cuts_history() -> None:
    leaf = torch.ones(2, requires_grad=True)
    state = tree.detach((leaf * 2, [leaf * 3]))
    assert not any(part.requires_grad for part in tree.leaves(state))
    assert leaf.requires_grad


def test_stack_and_unbind_are_inverse() -> None:
    trees = [make(value) for value in (1.0, 2.0, 3.0)]
    stacked = tree.stack(trees, 1)
    assert stacked[0].a.shape == (3, 3, 2)
    for tensors in (stacked[:2], stacked[0].a):
        back = tree.unbind(tensors, 1)
        assert len(back) == 3
        assert [tree.leaves(part)[0].unique().item() for part in back] == [1.0, 2.0, 3.0]
    assert isinstance(tree.unbind(stacked[:2], 1)[0][0], Pair)


def test_alike_compares_structure_and_shapes() -> None:
    assert tree.alike(make(1.0), make(2.0))
    pair, tensors, _ = make(1.0)
    assert not tree.alike(make(1.0), (pair, tuple(tensors), None))
    assert not tree.alike(make(1.0), (pair, [tensors[0][:, :, :1]], None))
    assert not tree.alike(torch.zeros(2), (torch.zeros(2),))


def trees() -> st.SearchStrategy[Any]:
    """Trees of every kind of node, with leaves that are no tensors between the others."""
    tensor = st.lists(st.integers(0, 3), max_size=3).map(torch.rand)
    other = st.none() | st.integers(0, 5) | st.booleans()
    return st.recursive(
        tensor | other,
        lambda children: (
            st.lists(children, max_size=3)
            | st.lists(children, max_size=3).map(tuple)
            | st.dictionaries(st.sampled_from("abc"), children, max_size=3)
            | st.tuples(tensor, st.dictionaries(st.just("k"), tensor)).map(lambda p: Pair(*p))
        ),
        max_leaves=8,
    )


@settings(deadline=None, max_examples=100)
@given(trees())
def test_with_leaves_is_the_inverse_of_leaves(original: Any) -> None:
    found = tree.leaves(original)
    others = [torch.full_like(leaf, number + 7) for number, leaf in enumerate(found)]
    filled = tree.with_leaves(original, others)
    assert tree.alike(original, filled)
    assert all(a is b for a, b in zip(tree.leaves(filled), others, strict=True))
    assert all(a is b for a, b in zip(tree.leaves(original), found, strict=True))
    back = tree.with_leaves(filled, found)
    assert tree.alike(original, back)
    assert all(a is b for a, b in zip(tree.leaves(back), found, strict=True))
    # What is no tensor is passed through.
    structure = tree.map_tensors(lambda leaf: 0, original)
    assert tree.map_tensors(lambda leaf: 0, filled) == structure
    for wrong in (others[:-1], [*others, torch.zeros(1)]):
        if len(wrong) != len(others):
            with pytest.raises(ValueError, match=f"of {len(others)} tensors .* {len(wrong)}"):
                tree.with_leaves(original, wrong)


def test_paths_say_where_each_tensor_is() -> None:
    assert tree.paths(make(1.0)) == ["0.a", "0.b.k", "1.0"]
    assert tree.paths(torch.ones(1)) == [""]
    assert tree.paths(None) == []
