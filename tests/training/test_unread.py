import math

import pytest
import torch
from torch import nn

from rnnlab.errors import NonFinite
from rnnlab.training.gradient_norms import ParameterGroups
from rnnlab.training.unread import Unread


def make() -> Unread:
    return Unread(ParameterGroups(nn.Linear(2, 1)))


def step(unread: Unread, number: int, loss: float, *norms: float, scaled: bool = False) -> None:
    unread.add_loss(number, torch.tensor(loss))
    found = torch.tensor(norms)
    unread.add_norms(number, found, found.norm(), may_be_infinite=scaled)


def test_the_newest_values_are_read_and_every_total() -> None:
    unread = make()
    step(unread, 0, 2.0, 3.0, 4.0)
    step(unread, 1, 1.0, 6.0, 8.0)
    read = unread.read()
    assert (read.loss, read.norms, read.totals) == (1.0, [6.0, 8.0], [5.0, 10.0])


def test_what_was_read_is_forgotten() -> None:
    unread = make()
    step(unread, 0, 2.0, 3.0, 4.0)
    unread.read()
    read = unread.read()
    assert (read.loss, read.norms, read.totals) == (None, None, [])


def test_the_first_fault_is_told_with_its_step() -> None:
    unread = make()
    step(unread, 6, 2.0, 3.0, 4.0)
    step(unread, 7, 1.0, 3.0, math.inf)
    step(unread, 8, math.nan, math.nan, math.nan)
    with pytest.raises(NonFinite, match=r"gradient of bias is not finite at step 7"):
        unread.read()


def test_a_loss_comes_before_its_own_gradients() -> None:
    unread = make()
    step(unread, 7, math.inf, math.nan, math.nan)
    with pytest.raises(NonFinite, match=r"loss is inf at step 7"):
        unread.read()


def test_a_scaler_may_meet_infinite_gradients_but_no_such_loss() -> None:
    unread = make()
    step(unread, 7, 1.0, 1.0, math.inf, scaled=True)
    assert unread.read().totals == [math.inf]
    step(unread, 8, math.nan, 1.0, 1.0, scaled=True)
    with pytest.raises(NonFinite, match=r"loss is nan at step 8"):
        unread.read()


def test_it_is_full_after_fifty_batches() -> None:
    unread = make()
    for number in range(49):
        unread.add_loss(number, torch.tensor(1.0))
    assert not unread.full
    unread.add_loss(49, torch.tensor(1.0))
    assert unread.full
