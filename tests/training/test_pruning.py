from unittest.mock import MagicMock

import pytest
import torch

from rnnlab.errors import RunFailed
from rnnlab.training.pruning import Pruning


def trainer_at(epoch, value=0.5, *, max_epochs=10, max_steps=-1, steps=0, stops=False):
    trainer = MagicMock()
    trainer.current_epoch, trainer.global_step = epoch, steps
    trainer.max_epochs, trainer.max_steps, trainer.should_stop = max_epochs, max_steps, stops
    trainer.callback_metrics = {"val/loss": torch.tensor(value), "train/loss": torch.tensor(9.0)}
    return trainer


def test_the_judge_is_told_epochs_and_score_and_ends_the_training():
    told = []

    def judge(epochs, value, last):
        told.append((epochs, value, last))
        return "is hopeless" if epochs == 2 else None

    pruning = Pruning("val/loss", judge)
    first, second = trainer_at(0, 0.5), trainer_at(1, 0.75)
    pruning.on_validation_end(first, MagicMock())
    assert (first.should_stop, pruning.cause) == (False, None)
    pruning.on_validation_end(second, MagicMock())
    assert (second.should_stop, pruning.cause) == (True, "is hopeless")
    assert told == [(1, 0.5, False), (2, 0.75, False)]
    again = Pruning("val/loss", judge)
    again.load_state_dict(pruning.state_dict())
    assert again.cause == "is hopeless"


@pytest.mark.parametrize(
    ("trainer", "last"),
    [
        (trainer_at(8), False),
        (trainer_at(9), True),
        (trainer_at(9, max_epochs=-1), False),
        (trainer_at(9, max_epochs=None), False),
        (trainer_at(0, max_steps=7, steps=6), False),
        (trainer_at(0, max_steps=7, steps=7), True),
        (trainer_at(0, stops=True), True),
    ],
)
def test_what_ends_anyway_is_told_to_be_the_last(trainer, last):
    told = []
    Pruning("val/loss", lambda *said: told.append(said)).on_validation_end(trainer, MagicMock())
    assert [said[2] for said in told] == [last]


def test_a_score_that_no_validation_gives_is_told():
    with pytest.raises(RunFailed, match=r"no validation gives val/bleu; valid: val/loss$"):
        Pruning("val/bleu", lambda *_: None).on_validation_end(trainer_at(0), MagicMock())
