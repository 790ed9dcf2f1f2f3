import random

import numpy as np
import pytest
import torch

from rnnlab.training import random_state
from rnnlab.training.checkpoint_files import write
from rnnlab.training.checkpoint_reading import read


@pytest.fixture(autouse=True)
def _others_draw_on_undisturbed():
    before = random_state.capture()
    yield
    random_state.restore(before)


def draws():
    """Draw from all generators, in ways that leave half a draw behind."""
    return [
        torch.rand(3).tolist(), torch.randperm(7).tolist(), torch.randn(5).tolist(),
        np.random.rand(), np.random.standard_normal(3).tolist(), np.random.randint(9),  # noqa: NPY002
        random.random(), random.gauss(0, 1), random.sample(range(99), 3),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_the_same_is_drawn_again(seed, before):
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    for _ in range(before):
        draws()
    state = random_state.capture()
    expected = [draws(), draws()]
    for _ in range(2):
        random_state.restore(state)
        assert [draws(), draws()] == expected
    assert draws() != expected[0]


def test_it_survives_a_checkpoint(tmp_path):
    draws()
    write({"random": random_state.capture()}, tmp_path / "x.ckpt")
    expected = draws()
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    random_state.restore(read(tmp_path / "x.ckpt")["random"])
    assert draws() == expected


def test_states_of_accelerators_that_are_not_there_are_left_out():
    state = random_state.capture()
    expected = draws()
    several = {**state, "cuda": [state["torch"]] * 99}
    random_state.restore(several)
    assert draws() == expected
